// SPDX-License-Identifier: Apache-2.0
// yates model summary, init, forward and profile through the built program: files in, files out,
// refusals.
#include <cstring>
#include <filesystem>
#include <span>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "base/file.hpp"
#include "base/json.hpp"
#include "io/checkpoint/safetensors.hpp"
#include "model/network_plan.hpp"
#include "model/parameter_spec.hpp"
#include "tests/support/command.hpp"
#include "tests/support/formula_values.hpp"
#include "tests/support/temporary_directory.hpp"

namespace yates {
namespace {

using testing::CommandResult;
using testing::run_yates;

constexpr std::int64_t kSide = 32;

template <typename T>
io::TensorEntry entry(const std::string& name,
                      io::Dtype dtype,
                      std::vector<std::int64_t> shape,
                      const std::vector<T>& values) {
  return {.name = name,
          .dtype = dtype,
          .shape = std::move(shape),
          .data = std::as_bytes(std::span<const T>(values))};
}

/// The golden input, labels and weights of width 8 as files.
class ModelVerb : public ::testing::Test {
 protected:
  void SetUp() override {
    const std::vector<float> x = testing::formula_image("input", 4 * kSide * kSide * kSide, 1.5);
    io::write_safetensors(path("x"),
                          std::vector{entry("x", io::Dtype::F32, {1, 4, kSide, kSide, kSide}, x)});
    const std::vector<std::int64_t> y = testing::formula_labels("labels", kSide * kSide * kSide);
    io::write_safetensors(path("y"),
                          std::vector{entry("y", io::Dtype::I64, {1, kSide, kSide, kSide}, y)});
    model::ModelOptions options;
    options.width = 8;
    const auto specs = model::parameter_specs(model::network_layers(options));
    std::vector<std::vector<float>> values;
    std::vector<io::TensorEntry> weights;
    for (const model::ParameterSpec& spec : specs) {
      values.push_back(testing::formula_parameter(spec.name, spec.shape));
      weights.push_back(entry(spec.name, io::Dtype::F32, spec.shape, values.back()));
    }
    io::write_safetensors(path("w"), weights);
    weights.erase(weights.begin() + 3);
    weights[0].name = "vit.nowhere";
    io::write_safetensors(path("broken"), weights);
  }

  [[nodiscard]] std::string path(const std::string& name) const {
    return (directory_.path() / (name + ".safetensors")).string();
  }

  [[nodiscard]] CommandResult forward(const std::string& weights,
                                      const std::vector<std::string>& more) const {
    std::vector<std::string> arguments = {"model",
                                          "forward",
                                          "--weights",
                                          path(weights),
                                          "--input",
                                          path("x"),
                                          "--output",
                                          path("out"),
                                          "--labels",
                                          path("y")};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return run_yates(arguments);
  }

  testing::TemporaryDirectory directory_;
};

double scalar(const io::SafetensorsFile& file, const std::string& name) {
  const io::TensorEntry* tensor = file.find(name);
  double value = 0;
  std::memcpy(&value, tensor->data.data(), sizeof value);
  return value;
}

TEST_F(ModelVerb, ForwardInFloat64GivesTheReferenceLossAndAllGradients) {
  const CommandResult result =
      forward("w", {"--gradients", path("g"), "--dtype", "float64", "model.width=8"});
  ASSERT_EQ(result.exit_code, 0) << result.error;
  const Json golden = read_json(std::string(YATES_GOLDEN_DIR) + "/model/forward_c8_base.json");
  const io::SafetensorsFile out(path("out"));
  EXPECT_EQ(out.find("logits")->shape, (std::vector<std::int64_t>{1, 4, kSide, kSide, kSide}));
  EXPECT_EQ(out.find("loss")->dtype, io::Dtype::F64);
  EXPECT_NEAR(scalar(out, "loss"), golden.at("loss").get<double>(), 1e-9);
  EXPECT_EQ(io::SafetensorsFile(path("g")).entries().size(), 215U);
}

TEST_F(ModelVerb, EveryWrongTensorIsNamedAtOnce) {
  const CommandResult broken = forward("broken", {"model.width=8"});
  EXPECT_EQ(broken.exit_code, 65);
  for (const std::string name : {"vit.downsample_layers.0.0.weight' is missing",
                                 "vit.downsample_layers.1.0.bias' is missing",
                                 "vit.nowhere' is unknown"}) {
    EXPECT_NE(broken.error.find(name), std::string::npos) << broken.error;
  }
  const CommandResult wide = forward("w", {"model.width=16"});
  EXPECT_EQ(wide.exit_code, 65);
  EXPECT_NE(wide.error.find("the network needs [16, 16, 3, 3, 3]"), std::string::npos);
  EXPECT_FALSE(std::filesystem::exists(path("out")));
}

TEST_F(ModelVerb, WrongInputsAreRefusedWithTheirFile) {
  const std::vector<float> small(4 * 16 * 16 * 16);
  io::write_safetensors(path("x"),
                        std::vector{entry("x", io::Dtype::F32, {1, 4, 16, 16, 16}, small)});
  const CommandResult result = forward("w", {"model.width=8"});
  EXPECT_EQ(result.exit_code, 65);
  EXPECT_NE(result.error.find("x.safetensors"), std::string::npos) << result.error;
  EXPECT_NE(result.error.find("multiples of 16"), std::string::npos) << result.error;
  const CommandResult usage = run_yates({"model",
                                         "forward",
                                         "--weights",
                                         path("w"),
                                         "--input",
                                         path("x"),
                                         "--output",
                                         path("o"),
                                         "--gradients",
                                         path("g"),
                                         "model.width=8"});
  EXPECT_EQ(usage.exit_code, 2);
}

TEST_F(ModelVerb, LabelsOutOfRangeAreRefused) {
  std::vector<std::int64_t> y(kSide * kSide * kSide, 0);
  y[5] = 4;
  io::write_safetensors(path("y"),
                        std::vector{entry("y", io::Dtype::I64, {1, kSide, kSide, kSide}, y)});
  const CommandResult result = forward("w", {"model.width=8"});
  EXPECT_EQ(result.exit_code, 65);
  EXPECT_NE(result.error.find("labels 0 to 4"), std::string::npos) << result.error;
}

TEST_F(ModelVerb, InitWritesTheSameBytesForTheSameSeed) {
  for (const auto& [name, seed] : {std::pair{"a", "3"}, {"b", "3"}, {"c", "4"}}) {
    const CommandResult result =
        run_yates({"model", "init", "--out", path(name), "--seed", seed, "model.width=8"});
    ASSERT_EQ(result.exit_code, 0) << result.error;
  }
  EXPECT_EQ(read_file(path("a")), read_file(path("b")));
  EXPECT_NE(read_file(path("a")), read_file(path("c")));
  EXPECT_EQ(forward("a", {"model.width=8"}).exit_code, 0);
}

TEST(ModelSummary, PrintsTheCountsOfThePaper) {
  const CommandResult result =
      run_yates({"model", "summary", "--json", "-", "model.width=32", "model.mamba_stages=[0,1]"});
  ASSERT_EQ(result.exit_code, 0) << result.error;
  const Json json = parse_json(result.output, "stdout");
  EXPECT_EQ(json.at("parameters").get<std::int64_t>(), 60686588);
  EXPECT_NEAR(json.at("gflop").get<double>(), 1693.928477696, 1e-9);
  EXPECT_NEAR(json.at("gflop_hooks").get<double>(), 1677.872681984, 1e-9);
  EXPECT_EQ(json.at("modules").size(), 25U);
}

TEST_F(ModelVerb, ForegroundHeadsAddTheirLossesAndLogits) {
  const std::vector<std::string> arm = {
      "model.width=8", "model.fce.enabled=true", "model.fce.alignment=0.5", "model.fce.bce=2"};
  std::vector<std::string> init = {"model", "init", "--out", path("f")};
  init.insert(init.end(), arm.begin(), arm.end());
  ASSERT_EQ(run_yates(init).exit_code, 0);
  std::vector<std::string> more = {"--gradients", path("g"), "--dtype", "float64"};
  more.insert(more.end(), arm.begin(), arm.end());
  const CommandResult with = forward("f", more);
  ASSERT_EQ(with.exit_code, 0) << with.error;
  const io::SafetensorsFile out(path("out"));
  EXPECT_EQ(out.find("fce.2")->shape, (std::vector<std::int64_t>{1, 1, 4, 4, 4}));
  const double added = 2 * scalar(out, "fce_bce") + 0.5 * scalar(out, "fce_alignment");
  const double loss = scalar(out, "loss");
  EXPECT_EQ(io::SafetensorsFile(path("g")).entries().size(), 215U + 6U);
  more.insert(more.end(), {"model.fce.bce=0", "model.fce.alignment=0"});
  ASSERT_EQ(forward("f", more).exit_code, 0);
  EXPECT_NEAR(loss, scalar(io::SafetensorsFile(path("out")), "loss") + added, 1e-12);
}

TEST(ModelProfile, ListsEveryModuleAndTable5) {
  const CommandResult result = run_yates({"model",
                                          "profile",
                                          "--repeats",
                                          "1",
                                          "--json",
                                          "-",
                                          "model.width=8",
                                          "data.patch=[32,32,32]"});
  ASSERT_EQ(result.exit_code, 0) << result.error;
  const Json json = parse_json(result.output, "stdout");
  ASSERT_EQ(json.at("modules").size(), 25U);
  double sum = 0;
  double share = 0;
  for (const Json& row : json.at("modules")) {
    sum += row.at("ms").get<double>();
    share += row.at("share_pct").get<double>();
    EXPECT_GT(row.at("gflop").get<double>(), 0) << row.at("name");
  }
  EXPECT_NEAR(sum, json.at("total_ms").get<double>(), 1e-9 * sum);
  EXPECT_NEAR(share, 100, 1e-9);
  EXPECT_EQ(json.at("table5").size(), 8U);
  EXPECT_EQ(json.at("table5").at(2).at("name").get<std::string>(), "Stage 2 Mamba x2 (L=64)");
}

TEST(ModelSummary, BadOptionsExitWith78) {
  EXPECT_EQ(run_yates({"model", "summary", "model.width=12"}).exit_code, 78);
  EXPECT_EQ(run_yates({"model", "summary", "model.mamba_stages=[2,2]"}).exit_code, 78);
  EXPECT_EQ(run_yates({"model", "summary", "data.patch=[16,16,16]"}).exit_code, 78);
  for (const std::string bad : {"model.prune.scorer=r3", "model.fce.pretrain_epochs=1"}) {
    EXPECT_EQ(run_yates({"model", "summary", "model.prune.enabled=true", bad}).exit_code, 78);
  }
  EXPECT_EQ(run_yates({"model",
                       "summary",
                       "model.fce.enabled=true",
                       "model.mamba_stages=[]",
                       "model.prune.keep_rates=[]"})
                .exit_code,
            78);
}

}  // namespace
}  // namespace yates
