// SPDX-License-Identifier: Apache-2.0
// Measurements that need several ranks: `yates bench` starts itself under mpirun for them,
// or under srun inside a job of Slurm.
#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "base/json.hpp"
#include "dist/communicator.hpp"
#include "launcher/cli/app.hpp"
#include "launcher/cli/bench.hpp"

namespace yates::cli {

/// Work of one rank; what rank 0 returns is the result.
using RankJob = std::function<Json(const Json& arguments, dist::Communicator& communicator)>;

/// Runs the job of that name on `ranks` processes of this machine or allocation. Throws
/// Error{Internal} with the command if it fails, Error{Usage} when called from inside an MPI start.
Json run_rank_job(const std::string& job, std::int64_t ranks, const Json& arguments);

/// The hidden verb `bench rank JOB ARGUMENTS`, that mpirun starts.
void register_rank_job(CLI::App& bench);

/// The numbers of ranks in "1,2,4". Throws Error{Usage}.
std::vector<std::int64_t> rank_counts(const std::string& text);

Json to_json(const Spread& spread);
Spread spread_from(const Json& json);

/// In bench_allreduce.cpp, bench_plan_rank.cpp and bench_scaling_rank.cpp.
Json allreduce_on_rank(const Json& arguments, dist::Communicator& communicator);
Json plan_on_rank(const Json& arguments, dist::Communicator& communicator);
Json scaling_on_rank(const Json& arguments, dist::Communicator& communicator);

}  // namespace yates::cli
