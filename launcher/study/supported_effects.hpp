// SPDX-License-Identifier: Apache-2.0
// The effects that an incomplete design carries without any assumption.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "launcher/study/contrast.hpp"
#include "launcher/study/design.hpp"

namespace yates::study {

/// An effect that the run cells support without any assumption, averaged over as many factors as
/// possible: "R|L=0", "R x P|L=0", "R x P x W".
struct SupportedEffect {
  std::string text;
  Contrast contrast;
};

/// For every set of components the settings of fewest other factors at which all needed cells were
/// run. Lower orders first.
std::vector<SupportedEffect> supported_effects(const Design& design, std::size_t largest_order);

}  // namespace yates::study
