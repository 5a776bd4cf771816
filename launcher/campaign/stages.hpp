// SPDX-License-Identifier: Apache-2.0
// The programs that take one run from nothing to metrics: train, predict, evaluate.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "launcher/campaign/child_process.hpp"
#include "launcher/campaign/plan.hpp"
#include "launcher/campaign/run_record.hpp"
#include "launcher/config/study_file.hpp"

namespace yates::campaign {

/// Names of the stages, in their order.
inline constexpr const char* kTrain = "train";
inline constexpr const char* kPredict = "predict";
inline constexpr const char* kEvaluate = "evaluate";

/// Folders for what mpirun and its ranks keep while they run. An empty one: as Open MPI does.
struct MpiFolders {
  std::filesystem::path sessions = {};
  std::filesystem::path shared_memory = {};
};

/// How the stages of this campaign are started.
struct StageOptions {
  std::int64_t ranks = 1;  ///< MPI ranks of one training.
  /// What starts the ranks of a training, e.g. srun and its options; empty: mpirun.
  std::vector<std::string> launch = {};
  std::filesystem::path yates;       ///< This program.
  std::filesystem::path references;  ///< Label maps that predictions are compared with.
  std::filesystem::path data = {};   ///< Copy of the run's data set to read; empty: the original.
  std::string convention = "segmamba";
  MpiFolders mpi = {};
};

/// The first stage that has not been passed; empty when the run is complete. An external arm has no
/// `predict`, and `evaluate` only if it left no cases.csv.
std::string next_stage(const config::StudyArm& arm,
                       const RunRecord& record,
                       const std::filesystem::path& run_directory);

/// The program of a stage, logging to RUN/log/NNNN-STAGE.txt with NNNN = `start`.
Command stage_command(const config::StudyFile& study,
                      const PlannedRun& run,
                      const std::string& stage,
                      std::int64_t start,
                      const StageOptions& options);

/// Makes the run directory and writes run.yaml for a start of its training.
void prepare_run(const config::StudyFile& study, const PlannedRun& run);

/// What is wrong with what an external trainer left behind, or an empty text: it must leave a
/// readable cases.csv or label maps in predictions/.
std::string missing_results(const std::filesystem::path& run_directory);

}  // namespace yates::campaign
