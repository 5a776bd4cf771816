// SPDX-License-Identifier: Apache-2.0
#include "launcher/study/supported_effects.hpp"

#include <algorithm>
#include <utility>

#include "base/text.hpp"
#include "launcher/study/choices.hpp"

namespace yates::study {
namespace {

bool includes(const Levels& setting, const Levels& part) {
  return std::all_of(part.begin(), part.end(), [&](const auto& fixed) {
    const auto found = setting.find(fixed.first);
    return found != setting.end() && found->second == fixed.second;
  });
}

std::string effect_text(const Design& design,
                        const std::vector<Component>& parts,
                        const Levels& at) {
  std::vector<std::string> names;
  for (const Component& part : parts) {
    names.push_back(part.label);
  }
  const std::string setting = design.describe(at);
  std::string text = join(names, " x ") + (setting.empty() ? "" : "|" + setting);
  // "R x P|L=0, W=32" reads as two effects in a list; the comma alone keeps it one.
  for (std::size_t place = 0; (place = text.find(", ", place)) != std::string::npos;) {
    text.erase(place + 1, 1);
  }
  return text;
}

/// The supported settings of one set of components, none containing another.
void add_supported(const Design& design,
                   const std::vector<Component>& parts,
                   std::vector<SupportedEffect>& found) {
  const std::vector<std::size_t> others = other_factors(design, parts);
  std::vector<Levels> settled;
  for (std::size_t count = 0; count <= others.size(); ++count) {
    for_each_choice(others, count, [&](const std::vector<std::size_t>& fixed) {
      for (const Levels& at : settings_of(design, fixed)) {
        const bool covered = std::any_of(
            settled.begin(), settled.end(), [&](const Levels& part) { return includes(at, part); });
        if (covered) {
          continue;
        }
        Contrast contrast = make_contrast(design, parts, at);
        if (is_supported(design, contrast)) {
          settled.push_back(at);
          found.push_back({effect_text(design, parts, at), std::move(contrast)});
        }
      }
      return false;
    });
    if (settled.size() == 1 && settled[0].empty()) {
      return;
    }
  }
}

}  // namespace

std::vector<SupportedEffect> supported_effects(const Design& design, std::size_t largest_order) {
  std::vector<SupportedEffect> found;
  for (const auto& parts : component_sets(design, largest_order)) {
    add_supported(design, parts, found);
  }
  return found;
}

}  // namespace yates::study
