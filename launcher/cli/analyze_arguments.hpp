// SPDX-License-Identifier: Apache-2.0
// The command line of yates analyze.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include <CLI/App.hpp>

#include "launcher/study/factor.hpp"
#include "launcher/study/study_spec.hpp"

namespace yates::cli {

/// As given; empty texts and lists are what was left out.
struct AnalyzeArguments {
  std::string study;
  std::string runs;
  std::string results;
  std::string table;
  std::vector<std::string> factors;
  std::vector<std::string> responses;
  std::vector<std::string> levels;
  std::vector<std::string> where;
  std::vector<std::string> lower_is_better;
  std::string block;
  std::string convention;
  std::optional<double> noise_sd;
  std::string noise_pairs;
  std::string contrast;
  std::vector<std::string> at;
  double alpha = 0.05;
  std::optional<double> delta;
  bool exploratory = false;
  std::string out;
  std::string r_script;
  std::string json_path;
};

/// Adds all options of the verb; they end in `arguments`.
void add_analyze_options(CLI::App& verb, AnalyzeArguments& arguments);

/// Throws Error{Usage} unless exactly one source of results is named and fits the rest.
void check_sources(const AnalyzeArguments& arguments);

/// "factor=level" in each text; `option` names it in errors. Throws Error{Usage}.
study::Levels parse_levels(const std::vector<std::string>& texts, const std::string& option);

/// "width=48,32" in each text: the order of a factor's levels. Throws Error{Usage}.
std::vector<study::Factor> parse_orders(const std::vector<std::string>& texts);

/// Throws Error{Usage} of this verb.
[[noreturn]] void fail_usage(std::string what, std::string allowed);

}  // namespace yates::cli
