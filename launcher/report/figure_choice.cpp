// SPDX-License-Identifier: Apache-2.0
// What the figures show where only one thing can be shown.
#include <algorithm>

#include "base/text.hpp"
#include "launcher/report/figures.hpp"
#include "launcher/study/contrast.hpp"
#include "launcher/study/primary_contrast.hpp"

namespace yates::report {

const study::Response& shown_response(const study::Analysis& analysis) {
  const auto& responses = analysis.data.responses;
  const auto& primary = analysis.options.primary;
  const auto shown =
      std::find_if(responses.begin(), responses.end(), [&](const study::Response& response) {
        return primary ? study::same_metric(response.metric, primary->metric) &&
                             response.region == primary->region
                       : response.region == "mean";
      });
  return shown == responses.end() ? responses.front() : *shown;
}

std::vector<std::size_t> drawn_factors(const study::Analysis& analysis) {
  const auto& factors = analysis.data.design.factors();
  std::vector<std::size_t> drawn;
  if (analysis.options.primary) {
    const auto primary = study::parse_contrast(
        analysis.data.design, analysis.options.primary->contrast, analysis.options.primary->at);
    for (const std::string& part : split(primary.name, ':')) {
      const auto factor = study::find_factor(factors, part.substr(0, part.find_first_of(".[")));
      if (factor && drawn.size() < 2) {
        drawn.push_back(*factor);
      }
    }
  }
  for (std::size_t f = 0; f < factors.size() && drawn.size() < 2; ++f) {
    if (std::find(drawn.begin(), drawn.end(), f) == drawn.end()) {
      drawn.push_back(f);
    }
  }
  return drawn;
}

const study::LenthSummary* shown_lenth(const study::Analysis& analysis) {
  const study::Response& shown = shown_response(analysis);
  const auto found = std::find_if(
      analysis.lenth.begin(), analysis.lenth.end(), [&](const study::LenthSummary& row) {
        return row.metric == shown.metric && row.region == shown.region;
      });
  if (found != analysis.lenth.end()) {
    return &*found;
  }
  return analysis.lenth.empty() ? nullptr : &analysis.lenth.front();
}

}  // namespace yates::report
