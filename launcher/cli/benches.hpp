// SPDX-License-Identifier: Apache-2.0
// The measurements of `yates bench`, one function each in bench_NAME.cpp, one line here and one in
// the table of cmd_bench.cpp.
#pragma once

#include "launcher/cli/bench.hpp"

namespace yates::cli {

Bench bench_allreduce();
Bench bench_augment();
Bench bench_checkpoint();
Bench bench_conv1d();
Bench bench_hd95();
Bench bench_import();
Bench bench_instance_norm();
Bench bench_loader();
Bench bench_plan();
Bench bench_prune();
Bench bench_scaling();
Bench bench_scan();
Bench bench_step();

}  // namespace yates::cli
