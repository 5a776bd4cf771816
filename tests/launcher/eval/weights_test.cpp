// SPDX-License-Identifier: Apache-2.0
#include "launcher/eval/weights.hpp"

#include <array>
#include <vector>

#include <ATen/TensorOperators.h>
#include <ATen/ops/zeros.h>
#include <gtest/gtest.h>

#include "base/error.hpp"
#include "tests/support/temporary_directory.hpp"

namespace yates::eval {
namespace {

constexpr std::array<float, 4> kValues = {1, 2, 3, 4};

io::TensorEntry entry(const std::string& name, std::vector<std::int64_t> shape) {
  return {.name = name,
          .dtype = io::Dtype::F32,
          .shape = std::move(shape),
          .data = std::as_bytes(std::span(kValues))};
}

TEST(LoadWeights, ConvertsAndPassesOverWhatACheckpointAdds) {
  const testing::TemporaryDirectory folder;
  const std::vector<io::TensorEntry> entries = {entry("w", {2, 2}), entry("momentum.w", {2, 2})};
  io::write_safetensors(folder / "w.safetensors", entries);
  const std::vector<WeightTarget> targets = {{"w", at::zeros({2, 2}, at::kDouble)}};
  load_weights(io::SafetensorsFile(folder / "w.safetensors"), targets);
  EXPECT_EQ(targets[0].value[1][0].item<double>(), 3.0);
}

TEST(LoadWeights, NamesEveryTensorThatDoesNotFitAndChangesNothing) {
  const testing::TemporaryDirectory folder;
  const std::vector<io::TensorEntry> entries = {
      entry("good", {4}), entry("shape", {4}), entry("unknown", {4})};
  io::write_safetensors(folder / "w.safetensors", entries);
  const std::vector<WeightTarget> targets = {
      {"good", at::zeros({4})}, {"shape", at::zeros({2, 2})}, {"missing", at::zeros({1})}};
  try {
    load_weights(io::SafetensorsFile(folder / "w.safetensors"), targets);
    FAIL() << "accepted";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ExitCode::BadData);
    EXPECT_EQ(error.problems().size(), 3U);
  }
  EXPECT_EQ(targets[0].value.sum().item<double>(), 0.0);
}

}  // namespace
}  // namespace yates::eval
