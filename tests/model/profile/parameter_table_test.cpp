// SPDX-License-Identifier: Apache-2.0
// Parameters of Tables 6-9 exactly, FLOP counts against the reference's own sums.
#include "model/profile/parameter_table.hpp"

#include <map>
#include <string>

#include <gtest/gtest.h>

#include "base/json.hpp"

namespace yates::model {
namespace {

constexpr std::array<std::int64_t, 3> kPaperPatch = {128, 128, 128};

Json golden(const std::string& file) {
  return read_json(std::string(YATES_GOLDEN_DIR) + "/model/" + file);
}

ModelOptions arm(const std::string& name) {
  ModelOptions options;
  options.width = std::stoi(name.substr(1, name.find('_') - 1));
  if (name.find("relocate") != std::string::npos) {
    options.mamba_stages = {0, 1};
  }
  options.conv_lt = name.find("convlt") != std::string::npos;
  return options;
}

TEST(ParameterTable, PaperTotalsAreExact) {
  const std::map<std::string, std::int64_t> totals = {{"c48_base", 138776824},
                                                      {"c40_base", 96393114},
                                                      {"c32_base", 61711100},
                                                      {"c48_relocate", 136520056},
                                                      {"c40_relocate", 94812634},
                                                      {"c32_relocate", 60686588},
                                                      {"c48_relocate_convlt", 84099700},
                                                      {"c32_relocate_convlt", 37403300},
                                                      {"c48_base_convlt", 86356468}};
  for (const auto& [name, parameters] : totals) {
    EXPECT_EQ(parameter_table(arm(name), kPaperPatch).parameters, parameters) << name;
  }
}

TEST(ParameterTable, EveryModuleHasTheReferenceCount) {
  const Json counts = golden("counts.json");
  for (const auto& [name, expected] : counts.items()) {
    const ParameterTable table = parameter_table(arm(name), kPaperPatch);
    EXPECT_EQ(table.parameters, expected.at("parameters").get<std::int64_t>()) << name;
    EXPECT_EQ(table.tensors, expected.at("tensors").get<std::int64_t>()) << name;
    ASSERT_EQ(table.modules.size(), expected.at("by_module").size()) << name;
    for (const ModuleRow& row : table.modules) {
      EXPECT_EQ(row.parameters, expected.at("by_module").at(row.name).get<std::int64_t>())
          << name << " " << row.name;
    }
  }
}

TEST(ParameterTable, FlopsEqualTheReferenceSums) {
  const Json arms = golden("flops.json").at("arms");
  for (const auto& [name, expected] : arms.items()) {
    if (name.find("pointwise") != std::string::npos) {
      continue;
    }
    const ParameterTable table = parameter_table(arm(name), kPaperPatch);
    EXPECT_EQ(table.flop.matrix, expected.at("matrix").get<std::int64_t>()) << name;
    EXPECT_EQ(table.flop.hooks, expected.at("hooks").get<std::int64_t>()) << name;
    if (expected.contains("matrix_by_module")) {
      for (const ModuleRow& row : table.modules) {
        EXPECT_EQ(row.flop.matrix, expected.at("matrix_by_module").at(row.name).get<std::int64_t>())
            << name << " " << row.name;
      }
    }
  }
}

TEST(ParameterTable, PruningChangesTheFlopsAsInTheReference) {
  const Json arms = golden("flops.json").at("arms");
  for (const auto& [name, expected] : arms.items()) {
    if (!expected.contains("prune_change")) {
      continue;
    }
    ModelOptions options = arm(name);
    const ParameterTable dense = parameter_table(options, kPaperPatch);
    options.prune.enabled = true;
    const ParameterTable pruned = parameter_table(options, kPaperPatch);
    const Json& change = expected.at("prune_change");
    EXPECT_EQ(static_cast<double>(pruned.flop.matrix - dense.flop.matrix),
              change.at("matrix").get<double>())
        << name;
    EXPECT_EQ(static_cast<double>(pruned.flop.hooks - dense.flop.hooks),
              change.at("hooks").get<double>())
        << name;
    EXPECT_EQ(pruned.parameters, dense.parameters);
  }
}

}  // namespace
}  // namespace yates::model
