// SPDX-License-Identifier: Apache-2.0
#include "launcher/campaign/stages.hpp"

#include <algorithm>
#include <cctype>
#include <csignal>
#include <cstdlib>

#include <fmt/format.h>
#include <unistd.h>

#include "base/csv.hpp"
#include "base/error.hpp"
#include "base/file.hpp"

namespace yates::campaign {
namespace {

bool has_cases(const std::filesystem::path& run_directory) {
  std::error_code ignored;
  return std::filesystem::is_regular_file(run_directory / "cases.csv", ignored);
}

bool has_predictions(const std::filesystem::path& run_directory) {
  std::error_code ignored;
  for (const auto& entry :
       std::filesystem::directory_iterator(run_directory / "predictions", ignored)) {
    const std::string name = entry.path().filename().string();
    if (name.ends_with(".nii.gz") || name.ends_with(".nii")) {
      return true;
    }
  }
  return false;
}

std::string upper(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(), [](unsigned char c) {
    return static_cast<char>(std::toupper(c));
  });
  return text;
}

std::string absolute_text(const std::filesystem::path& path) {
  return std::filesystem::absolute(path).lexically_normal().string();
}

Command external_command(const config::StudyArm& arm,
                         const PlannedRun& run,
                         const std::filesystem::path& directory) {
  Command command;
  command.words = arm.command;
  command.words.front() = arm.program;
  command.directory = directory;
  command.environment = {{"YATES_RUN_DIR", absolute_text(directory)},
                         {"YATES_SEED", std::to_string(run.seed)},
                         {"YATES_DATA_DIR", absolute_text(arm.config.data.dir)},
                         {"YATES_SPLIT", absolute_text(arm.config.data.split)}};
  for (const auto& [factor, level] : arm.levels) {
    command.environment["YATES_LEVEL_" + upper(factor)] = level;
  }
  return command;
}

void keep_mpi_files_in(const MpiFolders& folders, Command& command) {
  if (!folders.sessions.empty()) {
    command.environment["TMPDIR"] = folders.sessions.string();
  }
  // Of Open MPI 4 and 5.
  for (const char* name :
       {"OMPI_MCA_btl_vader_backing_directory", "OMPI_MCA_btl_sm_backing_directory"}) {
    if (!folders.shared_memory.empty() && std::getenv(name) == nullptr) {
      command.environment[name] = folders.shared_memory.string();
    }
  }
}

/// Open MPI binds ranks to the first cores by default, those of every run to the same ones; and it
/// refuses root, which containers run as, unless told twice.
Command train_command(const std::filesystem::path& directory, const StageOptions& options) {
  Command command;
  if (!options.launch.empty()) {
    command.words = options.launch;
    // srun answers SIGTERM by killing its tasks, and passes SIGUSR2 on to all of them.
    command.stop_signal = SIGUSR2;
  } else if (options.ranks > 1) {
    command.words = {
        "mpirun", "-np", std::to_string(options.ranks), "--oversubscribe", "--bind-to", "none"};
    if (::geteuid() == 0) {
      command.environment = {{"OMPI_ALLOW_RUN_AS_ROOT", "1"},
                             {"OMPI_ALLOW_RUN_AS_ROOT_CONFIRM", "1"}};
    }
    keep_mpi_files_in(options.mpi, command);
  }
  for (const std::string& word : {options.yates.string(),
                                  std::string("train"),
                                  std::string("--config"),
                                  (directory / "run.yaml").string()}) {
    command.words.push_back(word);
  }
  if (!options.data.empty()) {
    command.words.insert(command.words.end(), {"--data", options.data.string()});
  }
  return command;
}

}  // namespace

std::string next_stage(const config::StudyArm& arm,
                       const RunRecord& record,
                       const std::filesystem::path& run_directory) {
  if (!record.has_passed(kTrain)) {
    return kTrain;
  }
  if (!arm.is_external() && !record.has_passed(kPredict)) {
    return kPredict;
  }
  const bool brought_cases = arm.is_external() && has_cases(run_directory);
  return record.has_passed(kEvaluate) || brought_cases ? "" : kEvaluate;
}

Command stage_command(const config::StudyFile& study,
                      const PlannedRun& run,
                      const std::string& stage,
                      std::int64_t start,
                      const StageOptions& options) {
  const std::filesystem::path directory = run_directory(study, run);
  const config::StudyArm& arm = study.arms[run.arm];
  const std::string predictions = (directory / "predictions").string();
  Command command;
  if (stage == kTrain) {
    command = arm.is_external() ? external_command(arm, run, directory)
                                : train_command(directory, options);
  } else if (stage == kPredict) {
    command.words = {options.yates.string(),
                     "predict",
                     "--run",
                     directory.string(),
                     "--data",
                     options.data.empty() ? arm.config.data.dir : options.data.string(),
                     "--out",
                     predictions,
                     "--tta",
                     arm.config.evaluate.tta};
  } else {
    command.words = {options.yates.string(),
                     "evaluate",
                     "--predictions",
                     predictions,
                     "--references",
                     options.references.string(),
                     "--out",
                     (directory / "cases.csv").string(),
                     "--convention",
                     options.convention};
  }
  command.log = absolute_text(directory / "log" / fmt::format("{:04}-{}.txt", start, stage));
  return command;
}

void prepare_run(const config::StudyFile& study, const PlannedRun& run) {
  const std::filesystem::path directory = run_directory(study, run);
  make_directories(directory / "log");
  config::RunConfig config = study.arms[run.arm].config;
  config.train.seed = run.seed;
  config.run_dir = directory.string();
  config.origins["train.seed"] = study.path.string() + " (design.seeds)";
  config.origins["run.dir"] = study.path.string() + " (study.out)";
  write_file_atomic(directory / "run.yaml", config::resolved_yaml(config));
}

std::string missing_results(const std::filesystem::path& run_directory) {
  if (!has_cases(run_directory)) {
    return has_predictions(run_directory)
               ? ""
               : "ended with 0 but left neither cases.csv nor label maps in predictions/";
  }
  try {
    const CsvTable table = read_csv(run_directory / "cases.csv");
    for (const char* name : {"case", "region", "dice"}) {
      (void)table.column(name);
    }
    return table.rows.empty() ? "left a cases.csv without cases" : "";
  } catch (const Error& error) {
    return std::string("left a cases.csv that cannot be read: ") + error.what();
  }
}

}  // namespace yates::campaign
