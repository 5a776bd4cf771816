// SPDX-License-Identifier: Apache-2.0
// The sections of a study file, each read on its own; study_file.cpp puts them together.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "launcher/config/assignment.hpp"
#include "launcher/config/map_reader.hpp"
#include "launcher/config/study_file.hpp"

namespace yates::config {

/// `command: [program, args...]`: the words as written, and the program that they mean.
struct ExternalCommand {
  std::vector<std::string> words;
  std::string program;

  [[nodiscard]] bool empty() const { return words.empty(); }
};

/// What one level of a factor changes.
struct LevelSettings {
  std::string level;
  Place place;
  std::vector<Assignment> assignments;
  ExternalCommand command;
  bool good = true;  ///< False if something in it was reported.
};

struct FactorSettings {
  std::string name;
  std::vector<LevelSettings> levels;
};

/// `factors`: names, levels, what each sets. Reports keys set by two factors, too.
std::vector<FactorSettings> read_factors(const YamlNode* node, std::vector<Problem>& problems);

/// `design`: exclusions and seeds, checked against `spec.factors`.
void read_design(const YamlNode* node, study::StudySpec& spec, std::vector<Problem>& problems);

/// `analysis`: convention, primary contrast, sequential plan; needs factors and seeds in `spec`.
void read_analysis(const YamlNode* node, study::StudySpec& spec, std::vector<Problem>& problems);

/// `budget`, `retry` and `slurm`.
void read_resources(MapReader& root, StudyFile& study, std::vector<Problem>& problems);

/// A map factor -> level (an exclusion, `at`), checked against `factors`.
study::Levels read_levels(const YamlNode& node,
                          const std::string& what,
                          const std::vector<study::Factor>& factors,
                          std::vector<Problem>& problems);

/// `command: [program, args...]` of a base or level. Nothing was reported if the result is not
/// empty.
ExternalCommand read_command(const YamlEntry& entry, std::vector<Problem>& problems);

}  // namespace yates::config
