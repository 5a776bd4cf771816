// SPDX-License-Identifier: Apache-2.0
// The optimisation protocol of a run; defaults are the paper's Table 4.
#pragma once

#include <cstdint>
#include <string>

namespace yates::train {

struct TrainOptions {
  std::int64_t seed = 1;
  std::int64_t epochs = 300;
  std::int64_t steps_per_epoch = 250;
  std::int64_t global_batch = 2;  ///< Samples per step over all ranks; part of the experiment.
  double lr = 0.01;
  double momentum = 0.99;
  double weight_decay = 1.0e-5;
  double poly_power = 0.9;
  double clip_norm = 12.0;
  std::string precision = "auto";   ///< auto, fp32, fp16, bf16
  std::string reduction = "tree";   ///< tree (bits independent of the rank count), fast
  std::int64_t threads = 1;         ///< Per rank; part of the numerics on CPU.
  std::string watchdog_s = "auto";  ///< Seconds without progress before a hang is declared.
  bool deterministic = true;
  std::int64_t validate_every = 10;   ///< epochs
  std::int64_t checkpoint_every = 1;  ///< epochs
  std::int64_t keep_checkpoints = 2;
  std::string device = "auto";  ///< auto, cpu, cuda
};

}  // namespace yates::train
