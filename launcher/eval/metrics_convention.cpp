// SPDX-License-Identifier: Apache-2.0
#include "launcher/eval/metrics_convention.hpp"

#include "base/error.hpp"
#include "base/text.hpp"

namespace yates::eval {

const char* convention_name(Convention convention) {
  constexpr std::array<const char*, 5> kNames = {
      "segmamba", "brats2023", "medpy", "monai", "lesionwise2023"};
  return kNames[static_cast<std::size_t>(convention)];
}

const char* convention_rule(Convention convention) {
  constexpr std::array<const char*, 5> kRules = {
      "MedPy HD95 at spacing 1; either mask empty: Dice 0, HD95 50 mm",
      "area-weighted HD95; both empty: 1 and 0 mm, one empty: 0 and 374 mm",
      "pooled HD95; both empty: Dice 1; any empty: HD95 undefined",
      "larger directed HD95, float32; no reference: Dice undefined; any empty: HD95 undefined",
      "mean over lesions above 50 mm3 and false components (0 and 374 mm)"};
  return kRules[static_cast<std::size_t>(convention)];
}

std::vector<Convention> conventions_named(const std::string& name) {
  if (name == "all") {
    return {kConventions.begin(), kConventions.end()};
  }
  std::vector<std::string> names = {"all"};
  for (const Convention convention : kConventions) {
    names.emplace_back(convention_name(convention));
    if (name == names.back()) {
      return {convention};
    }
  }
  throw Error(ExitCode::Usage,
              Problem{.what = "unknown convention '" + name + "'",
                      .where = "--convention",
                      .allowed = join(names, ", "),
                      .fix = suggestion(name, names)});
}

}  // namespace yates::eval
