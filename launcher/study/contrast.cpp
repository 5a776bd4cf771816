// SPDX-License-Identifier: Apache-2.0
#include "launcher/study/contrast.hpp"

#include <algorithm>
#include <optional>
#include <set>
#include <utility>

#include "base/error.hpp"
#include "base/text.hpp"
#include "launcher/study/polynomial.hpp"
#include "launcher/study/summary.hpp"

namespace yates::study {
namespace {

std::string degree_label(std::size_t degree) {
  constexpr const char* kNames[] = {"lin", "quad", "cubic"};
  return degree <= std::size(kNames) ? kNames[degree - 1] : fmt::format("poly{}", degree);
}

Component difference(const Factor& factor, std::size_t index, std::size_t high, std::size_t low) {
  Component part{
      .factor = index,
      .label = fmt::format("{}[{}-{}]", factor.name, factor.levels[high], factor.levels[low]),
      .weights = std::vector<double>(factor.levels.size(), 0.0)};
  part.weights[high] = 1;
  part.weights[low] = -1;
  return part;
}

std::vector<double> scores_of(const Factor& factor) {
  std::vector<double> scores;
  for (const std::string& level : factor.levels) {
    if (const auto score = parse_number(level)) {
      scores.push_back(*score);
    }
  }
  return scores;
}

/// A difference of two levels written as name[high-low], or nothing.
std::optional<Component> parse_difference(const Factor& factor,
                                          std::size_t index,
                                          std::string_view name) {
  for (std::size_t high = 0; high < factor.levels.size(); ++high) {
    for (std::size_t low = 0; low < factor.levels.size(); ++low) {
      Component part = difference(factor, index, high, low);
      if (high != low && part.label == name) {
        return part;
      }
    }
  }
  return std::nullopt;
}

Component parse_component(const Design& design, std::string_view name) {
  std::vector<std::string> allowed;
  for (std::size_t f = 0; f < design.factors().size(); ++f) {
    for (Component& part : components(design, f)) {
      if (part.label == name) {
        return std::move(part);
      }
      allowed.push_back(part.label);
    }
    if (auto part = parse_difference(design.factors()[f], f, name)) {
      return *std::move(part);
    }
  }
  throw Error(ExitCode::BadConfig,
              Problem{.what = fmt::format("'{}' is no comparison of this design", name),
                      .where = "contrast",
                      .allowed = join(allowed, ", ") + ", or factor[level-level]; joined by ':'",
                      .fix = suggestion(name, allowed)});
}

void check_disjoint(const Design& design, const std::vector<Component>& parts, const Levels& at) {
  std::set<std::string> used;
  for (const Component& part : parts) {
    const std::string& name = design.factors()[part.factor].name;
    if (!used.insert(name).second || at.count(name) > 0) {
      throw Error(ExitCode::BadConfig,
                  Problem{.what = fmt::format("the contrast uses factor '{}' twice", name),
                          .where = "contrast",
                          .allowed = "each factor once, compared or fixed by 'at'",
                          .fix = ""});
    }
  }
}

}  // namespace

std::vector<Component> components(const Design& design, std::size_t factor) {
  const Factor& declared = design.factors()[factor];
  if (declared.levels.size() == 2) {
    return {{.factor = factor, .label = declared.name, .weights = {-1, 1}}};
  }
  std::vector<Component> parts;
  const std::vector<double> scores = scores_of(declared);
  if (scores.size() == declared.levels.size()) {
    const auto polynomials = orthogonal_polynomials(scores);
    for (std::size_t degree = 1; degree <= polynomials.size(); ++degree) {
      parts.push_back({.factor = factor,
                       .label = declared.name + "." + degree_label(degree),
                       .weights = polynomials[degree - 1]});
    }
    return parts;
  }
  for (std::size_t level = 1; level < declared.levels.size(); ++level) {
    parts.push_back(difference(declared, factor, level, 0));
  }
  return parts;
}

std::vector<std::size_t> other_factors(const Design& design, const std::vector<Component>& parts) {
  std::vector<std::size_t> others;
  for (std::size_t f = 0; f < design.factors().size(); ++f) {
    const bool compared = std::any_of(
        parts.begin(), parts.end(), [&](const Component& part) { return part.factor == f; });
    if (!compared) {
      others.push_back(f);
    }
  }
  return others;
}

std::vector<Levels> settings_of(const Design& design, const std::vector<std::size_t>& factors) {
  std::vector<Levels> settings = {{}};
  for (const std::size_t f : factors) {
    std::vector<Levels> longer;
    for (const Levels& setting : settings) {
      for (const std::string& level : design.factors()[f].levels) {
        longer.push_back(setting);
        longer.back()[design.factors()[f].name] = level;
      }
    }
    settings = std::move(longer);
  }
  return settings;
}

double Contrast::squared_length() const {
  double sum = 0;
  for (const double weight : weights) {
    sum += weight * weight;
  }
  return sum;
}

double Contrast::estimate(const std::vector<double>& cell_means) const {
  std::vector<double> terms;
  for (std::size_t cell = 0; cell < weights.size(); ++cell) {
    if (weights[cell] != 0) {
      terms.push_back(weights[cell] * cell_means[cell]);
    }
  }
  return compensated_sum(terms);
}

Contrast make_contrast(const Design& design,
                       const std::vector<Component>& parts,
                       const Levels& at) {
  check_levels(design.factors(), at);
  check_disjoint(design, parts, at);
  Contrast contrast{.name = "", .at = at, .order = parts.size(), .weights = {}};
  double averaged = 1;
  std::vector<std::optional<std::size_t>> fixed(design.factors().size());
  for (std::size_t f = 0; f < design.factors().size(); ++f) {
    const Factor& factor = design.factors()[f];
    const bool compared = std::any_of(
        parts.begin(), parts.end(), [&](const Component& part) { return part.factor == f; });
    if (const auto level = at.find(factor.name); level != at.end()) {
      fixed[f] = find_level(factor, level->second);
    } else if (!compared) {
      averaged *= static_cast<double>(factor.levels.size());
    }
  }
  for (std::size_t i = 0; i < parts.size(); ++i) {
    contrast.name += (i == 0 ? "" : ":") + parts[i].label;
  }
  contrast.weights.assign(design.size(), 0.0);
  for (std::size_t cell = 0; cell < design.size(); ++cell) {
    bool inside = true;
    for (std::size_t f = 0; f < fixed.size() && inside; ++f) {
      inside = !fixed[f] || design.level(cell, f) == *fixed[f];
    }
    if (!inside) {
      continue;
    }
    double weight = 1 / averaged;
    for (const Component& part : parts) {
      weight *= part.weights[design.level(cell, part.factor)];
    }
    contrast.weights[cell] = weight;
  }
  return contrast;
}

Contrast parse_contrast(const Design& design, std::string_view name, const Levels& at) {
  std::vector<Component> parts;
  for (const std::string& part : split(name, ':')) {
    parts.push_back(parse_component(design, trim(part)));
  }
  return make_contrast(design, parts, at);
}

std::vector<std::vector<Component>> component_sets(const Design& design,
                                                   std::size_t largest_order) {
  std::vector<std::vector<Component>> sets;
  std::vector<std::vector<Component>> shorter = {{}};
  for (std::size_t order = 1; order <= std::min(largest_order, design.factors().size()); ++order) {
    std::vector<std::vector<Component>> current;
    for (const auto& set : shorter) {
      const std::size_t first = set.empty() ? 0 : set.back().factor + 1;
      for (std::size_t f = first; f < design.factors().size(); ++f) {
        for (const Component& part : components(design, f)) {
          current.push_back(set);
          current.back().push_back(part);
        }
      }
    }
    sets.insert(sets.end(), current.begin(), current.end());
    shorter = std::move(current);
  }
  return sets;
}

std::vector<Contrast> all_contrasts(const Design& design, std::size_t largest_order) {
  std::vector<Contrast> contrasts;
  for (const auto& parts : component_sets(design, largest_order)) {
    contrasts.push_back(make_contrast(design, parts, {}));
    if (parts.size() == design.factors().size()) {
      continue;
    }
    for (const Levels& at : settings_of(design, other_factors(design, parts))) {
      contrasts.push_back(make_contrast(design, parts, at));
    }
  }
  return contrasts;
}

bool is_supported(const Design& design, const Contrast& contrast) {
  for (std::size_t cell = 0; cell < design.size(); ++cell) {
    if (contrast.weights[cell] != 0 && !design.is_run(cell)) {
      return false;
    }
  }
  return true;
}

}  // namespace yates::study
