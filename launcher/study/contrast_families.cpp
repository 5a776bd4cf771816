// SPDX-License-Identifier: Apache-2.0
#include "launcher/study/contrast_families.hpp"

#include <cstddef>
#include <map>
#include <string>
#include <tuple>

#include "launcher/study/multiplicity.hpp"
#include "launcher/study/primary_contrast.hpp"

namespace yates::study {

void adjust_families(std::vector<ContrastSummary>& rows, const AnalysisOptions& options) {
  using Family = std::tuple<int, std::string, std::string, std::size_t, std::string, std::string>;
  std::map<Family, std::vector<std::size_t>> families;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const ContrastSummary& row = rows[i];
    const std::string method = to_string(row.estimate.method);
    if (!is_primary_contrast(row, options)) {
      families[{2, method, row.target, row.order, row.metric, row.region}].push_back(i);
    } else if (same_response(row, *options.primary)) {
      families[{0, method, row.target, 0, "", ""}].push_back(i);
    } else {
      families[{1, method, row.target, 0, "", ""}].push_back(i);
    }
  }
  for (const auto& [family, members] : families) {
    std::vector<double> p;
    for (const std::size_t i : members) {
      p.push_back(rows[i].p);
    }
    const std::vector<double> by_holm = holm(p);
    const std::vector<double> by_hochberg = hochberg(p);
    const std::vector<double> by_bh = benjamini_hochberg(p);
    const std::vector<double> by_by = benjamini_yekutieli(p);
    for (std::size_t i = 0; i < members.size(); ++i) {
      ContrastSummary& row = rows[members[i]];
      row.p_holm = by_holm[i];
      row.p_hochberg = by_hochberg[i];
      row.p_bh = by_bh[i];
      row.p_by = by_by[i];
      row.simultaneous =
          t_interval(row.estimate, options.alpha / static_cast<double>(members.size()));
    }
  }
}

}  // namespace yates::study
