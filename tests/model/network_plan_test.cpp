// SPDX-License-Identifier: Apache-2.0
// The layer list gives the published tensors in the published order at every width.
#include "model/network_plan.hpp"

#include <string>

#include <gtest/gtest.h>

#include "base/json.hpp"
#include "model/parameter_spec.hpp"

namespace yates::model {
namespace {

ModelOptions arm(std::int64_t width, bool relocate) {
  ModelOptions options;
  options.width = width;
  if (relocate) {
    options.mamba_stages = {0, 1};
  }
  return options;
}

void expect_state_dict(const ModelOptions& options, const std::string& file) {
  const std::string path = std::string(YATES_GOLDEN_DIR) + "/model/" + file;
  const Json golden = read_json(path);
  const auto specs = parameter_specs(network_layers(options));
  ASSERT_EQ(specs.size(), golden.at("state_dict").size());
  for (std::size_t i = 0; i < specs.size(); ++i) {
    const Json& entry = golden.at("state_dict").at(i);
    EXPECT_EQ(specs[i].name, entry.at(0).get<std::string>());
    EXPECT_EQ(specs[i].shape, entry.at(1).get<std::vector<std::int64_t>>()) << specs[i].name;
  }
}

TEST(NetworkPlan, TensorsAreThePublishedOnesInOrder) {
  expect_state_dict(arm(48, false), "state_dict_c48.json");
  expect_state_dict(arm(32, false), "state_dict_c32.json");
  expect_state_dict(arm(48, true), "state_dict_c48_relocate.json");
  expect_state_dict(arm(32, true), "state_dict_c32_relocate.json");
}

TEST(NetworkPlan, ConvLtHasTheReconstructedTensors) {
  ModelOptions options = arm(32, true);
  options.conv_lt = true;
  expect_state_dict(options, "state_dict_c32_convlt.json");
}

TEST(NetworkPlan, KeepRatesFollowTheOrderOfTheMambaStages) {
  ModelOptions options = arm(16, false);
  options.mamba_stages = {1, 3};
  EXPECT_EQ(keep_rate(options, 1), 1.0) << "pruning is off";
  options.prune.enabled = true;
  EXPECT_EQ(keep_rate(options, 0), 1.0);
  EXPECT_EQ(keep_rate(options, 1), 0.5);
  EXPECT_EQ(keep_rate(options, 2), 1.0);
  EXPECT_EQ(keep_rate(options, 3), 0.7);
}

}  // namespace
}  // namespace yates::model
