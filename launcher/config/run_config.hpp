// SPDX-License-Identifier: Apache-2.0
// The complete configuration of one run: read from YAML and `key=value` overrides, or the defaults.
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "io/dataset/options.hpp"
#include "launcher/eval/options.hpp"
#include "launcher/train/options.hpp"
#include "model/options.hpp"

namespace yates::config {

/// Everything a run depends on. A default-constructed one holds the paper's values.
struct RunConfig {
  model::ModelOptions model;
  io::DataOptions data;
  train::TrainOptions train;
  eval::EvaluateOptions evaluate;
  /// Run directory. This and `data.dir`, `data.split` are relative to the current directory.
  std::string run_dir = "runs/example";
  /// Where each value came from, by key ("model.width" -> "arm.yaml:4:10"); absent: the default.
  std::map<std::string, std::string> origins;
};

/// Reads a run configuration file (an empty path: the defaults), then applies `overrides`, each
/// `key=value` with a YAML scalar or flow value, in order. Throws Error{InputMissing}, or
/// Error{BadConfig} with all findings at once: unknown, repeated or missing keys, values of a wrong
/// type or out of range, values that do not go together.
RunConfig load_run_config(const std::filesystem::path& path,
                          const std::vector<std::string>& overrides = {});

/// The configuration as YAML with every key and, as a comment, where its value came from. Reading
/// it back gives the same values and origins. Deterministic.
std::string resolved_yaml(const RunConfig& config);

/// True if every key has the same value in both; origins are not compared.
bool same_values(const RunConfig& a, const RunConfig& b);

/// The keys that decide the result of a run and differ from their default, with their values, in
/// the order of the schema. Leaves out how a run is executed (run.dir, threads, device, workers,
/// ...).
std::vector<std::pair<std::string, std::string>> changed_values(const RunConfig& config);

/// `changed_values` as lines `key=value`: what the identity of a run is made of. Neither moving a
/// run nor a new key of a later version changes what it is.
std::string identity_text(const RunConfig& config);

}  // namespace yates::config
