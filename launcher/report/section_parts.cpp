// SPDX-License-Identifier: Apache-2.0
#include "launcher/report/section_parts.hpp"

#include <cmath>
#include <utility>

#include "launcher/report/labels.hpp"
#include "launcher/study/primary_contrast.hpp"

namespace yates::report {

using study::Analysis;

Section empty_section(std::string title) {
  return {.title = std::move(title), .paragraphs = {}, .tables = {}, .figures = {}};
}

std::string place_label(const Analysis& analysis, const study::ContrastPlace& place) {
  return contrast_label(analysis.data.design, place.contrast, place.at);
}

std::string place_response(const study::ContrastPlace& place) {
  return response_label(place.metric, place.region);
}

bool is_chosen(const Analysis& analysis, const study::ContrastPlace& place) {
  return !analysis.options.primary || (place.contrast == analysis.options.primary->contrast &&
                                       place.at == analysis.options.primary->at);
}

bool is_shown(const Analysis& analysis, const study::ContrastSummary& row) {
  return row.headline && std::isfinite(row.estimate.se) &&
         (row.order == 2 || study::is_primary_contrast(row, analysis.options));
}

}  // namespace yates::report
