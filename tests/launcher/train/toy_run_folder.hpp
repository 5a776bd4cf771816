// SPDX-License-Identifier: Apache-2.0
// A folder for toy runs, and one that fails.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

#include <gtest/gtest.h>

#include "base/error.hpp"
#include "base/json.hpp"
#include "tests/launcher/train/toy_run.hpp"
#include "tests/support/temporary_directory.hpp"

namespace yates::train {

/// Toy runs in a folder of their own.
class TrainerTest : public ::testing::Test {
 protected:
  [[nodiscard]] std::filesystem::path dir(const std::string& name = "run") const {
    return folder_ / name;
  }
  [[nodiscard]] Json status(const std::string& name = "run") const {
    return read_json(dir(name) / "status.json");
  }
  /// A run to its end without interruption, on one rank.
  RunBytes unbroken(const ToyRun& run = {}) {
    train_locally(run, dir("unbroken"), 1);
    return bytes_of_run(dir("unbroken"));
  }

  testing::TemporaryDirectory folder_;
};

/// A toy run whose sample (step, slot) cannot be made.
inline ToyRun failing_at(std::int64_t step, std::int64_t slot) {
  ToyRun run;
  run.before_sample = [step, slot](TrainingSample& sample) {
    if (sample.step == step && sample.slot == slot) {
      throw Error(ExitCode::BadData,
                  Problem{.what = "case toy is damaged", .where = "", .allowed = "", .fix = ""});
    }
  };
  return run;
}

}  // namespace yates::train
