// SPDX-License-Identifier: Apache-2.0
// What `yates bench scaling` measured, and its figure.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "launcher/cli/bench.hpp"

namespace yates::cli {

/// Steps of one layout. Rates are samples per second over all ranks.
struct ScalingPoint {
  bool weak = true;    ///< Samples per rank fixed; else the global batch.
  std::string loader;  ///< "drawn" or "real".
  std::int64_t ranks = 1;
  std::int64_t hosts = 1;
  std::int64_t batch = 1;  ///< Global.
  Spread step_s;
  Spread comm_wait_s;
  Spread data_wait_s;
  Spread efficiency;  ///< 1 is perfect; against the series' first point.

  [[nodiscard]] Spread rate() const;
};

/// An SVG of four panels: weak and strong, each with samples per second beside perfect scaling and
/// with seconds per step split into computing, waiting for the other ranks and waiting for data.
/// Whiskers are the spread over runs. Equal points give equal bytes.
std::string scaling_figure(const std::vector<ScalingPoint>& points);

}  // namespace yates::cli
