// SPDX-License-Identifier: Apache-2.0
// Designs that several tests of the study mathematics share.
#pragma once

#include <string>
#include <vector>

#include "launcher/study/design.hpp"

namespace yates::study::testing {

/// A 2^k design with one-letter factors and levels "0", "1".
inline Design letters(const std::string& names) {
  std::vector<Factor> factors;
  for (const char name : names) {
    factors.push_back({std::string(1, name), {"0", "1"}});
  }
  return Design(factors);
}

/// Tables 6 and 7 of the paper: factors R, P, L, W; the cells with R=0, L=1 were never run.
inline Design paper_design() {
  return Design({{"R", {"0", "1"}}, {"P", {"0", "1"}}, {"L", {"0", "1"}}, {"W", {"48", "32"}}},
                {{{"R", "0"}, {"L", "1"}}});
}

}  // namespace yates::study::testing
