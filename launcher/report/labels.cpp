// SPDX-License-Identifier: Apache-2.0
#include "launcher/report/labels.hpp"

#include <cmath>

#include <fmt/format.h>

#include "base/text.hpp"

namespace yates::report {
namespace {

constexpr const char* kNothing = "-";

}  // namespace

std::string response_label(const std::string& metric, const std::string& region) {
  if (metric == "dice") {
    return fmt::format("Dice {} (points)", region);
  }
  if (metric == "hd95_mm") {
    return fmt::format("HD95 {} (mm)", region);
  }
  return metric;
}

std::string effect_unit(const std::string& metric) {
  return metric == "dice" ? "Dice points" : metric == "hd95_mm" ? "mm" : metric;
}

std::string contrast_label(const study::Design& design,
                           const std::string& name,
                           const study::Levels& at) {
  const std::string setting = design.describe(at);
  return join(split(name, ':'), " x ") + (setting.empty() ? "" : " | " + setting);
}

std::string signed_number(double value, int decimals) {
  return std::isnan(value) ? kNothing : fmt::format("{:+.{}f}", value, decimals);
}

std::string plain_number(double value, int decimals) {
  return std::isnan(value) ? kNothing : fmt::format("{:.{}f}", value, decimals);
}

std::string p_text(double p) {
  if (std::isnan(p)) {
    return kNothing;
  }
  return p < 0.001 ? "< 0.001" : fmt::format("{:.3f}", p);
}

std::string interval_text(const study::Interval& interval, int decimals) {
  if (std::isnan(interval.low)) {
    return kNothing;
  }
  return fmt::format("[{:+.{}f}, {:+.{}f}]", interval.low, decimals, interval.high, decimals);
}

std::string method_label(study::Method method) {
  switch (method) {
    case study::Method::PerSeedT: return "per-seed t";
    case study::Method::Blocked: return "blocked by seed";
    case study::Method::Pooled: return "pooled";
    case study::Method::Welch: return "Welch";
    case study::Method::Mixed: return "mixed model";
    case study::Method::Lenth: return "Lenth";
    case study::Method::None: return "none (single runs)";
  }
  return kNothing;
}

}  // namespace yates::report
