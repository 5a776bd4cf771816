// SPDX-License-Identifier: Apache-2.0
// The paper's own figures of BraTS 2023 (Tables 2, 3, 15 to 18 and the threshold of G.5), beside
// which `yates data stats --compare-paper` puts those of a data set.
#pragma once

#include <string>
#include <vector>

#include "base/json.hpp"

namespace yates::io {

/// One printed figure and ours.
struct PaperComparison {
  std::string table;      ///< "2", "15", "G.5", ...; "18 box" is Table 18 read as windows over the
                          ///< aligned boxes of 50 cases, ratios to the stored volume.
  std::string statistic;  ///< Place in the object of `data stats`, e.g. "bbox_ratio.tight.p50".
  double paper;
  double ours;  ///< NaN where the data set has no such value.
};

/// All printed figures in the order of the tables. `stats` is the object of statistics_json.
std::vector<PaperComparison> compare_with_paper(const Json& stats);

/// [{"table", "statistic", "paper", "ours"}], in the same order.
Json to_json(const std::vector<PaperComparison>& rows);

}  // namespace yates::io
