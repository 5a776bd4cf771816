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
