// SPDX-License-Identifier: Apache-2.0
#include "launcher/study/primary_contrast.hpp"

namespace yates::study {

bool same_metric(const std::string& a, const std::string& b) {
  const auto plain = [](const std::string& name) {
    return name.ends_with("_mm") ? name.substr(0, name.size() - 3) : name;
  };
  return plain(a) == plain(b);
}

bool is_primary_contrast(const ContrastSummary& row, const AnalysisOptions& options) {
  return options.primary && row.name == options.primary->contrast && row.at == options.primary->at;
}

bool same_response(const ContrastSummary& row, const PrimaryContrast& primary) {
  return same_metric(row.metric, primary.metric) && row.region == primary.region;
}

std::optional<double> margin_of(const std::string& metric, const AnalysisOptions& options) {
  if (!options.primary) {
    return options.delta;
  }
  return same_metric(metric, options.primary->metric) ? options.primary->delta : std::nullopt;
}

}  // namespace yates::study
