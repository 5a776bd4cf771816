// SPDX-License-Identifier: Apache-2.0
// yates evaluate: Dice, HD95 and more of label maps against references, in named conventions.
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "base/file.hpp"
#include "base/log.hpp"
#include "io/dataset/split.hpp"
#include "launcher/cli/app.hpp"
#include "launcher/cli/output.hpp"
#include "launcher/cli/verbs.hpp"
#include "launcher/eval/cases_table.hpp"
#include "launcher/eval/evaluation.hpp"
#include "launcher/eval/summary.hpp"

namespace yates::cli {
namespace {

struct EvaluateArguments {
  std::string predictions;
  std::string references;
  std::string out;
  std::string convention = "segmamba";
  std::string labels = "brats2023";
  std::string cases;
  std::int64_t jobs = 0;
  std::string json_path;
};

/// The cases of a list: a split.json's test cases, or the lines of a text file.
std::optional<std::vector<std::string>> cases_of(const std::string& path) {
  if (path.empty()) {
    return std::nullopt;
  }
  return path.ends_with(".json") ? io::read_split(path).test : io::read_id_list(path);
}

eval::EvaluationRequest request_of(const EvaluateArguments& arguments) {
  const auto cores = static_cast<std::int64_t>(std::thread::hardware_concurrency());
  return {.predictions = arguments.predictions,
          .references = arguments.references,
          .conventions = eval::conventions_named(arguments.convention),
          .labels = eval::label_set_named(arguments.labels),
          .cases = cases_of(arguments.cases),
          .jobs = arguments.jobs > 0 ? arguments.jobs : cores};
}

void evaluate(const EvaluateArguments& arguments) {
  const Output output(arguments.json_path);
  std::optional<Progress> progress;
  const eval::Evaluation evaluation =
      eval::evaluate_folders(request_of(arguments), [&](std::int64_t done, std::int64_t total) {
        if (!progress) {
          progress.emplace("evaluate", total, "case");
        }
        progress->update(done);
      });
  progress.reset();
  write_file_atomic(arguments.out, eval::cases_csv(evaluation));
  if (evaluation.converted_files > 0) {
    log_info("{} files hold label 3 and no 4: taken as converted already",
             evaluation.converted_files);
  }
  if (evaluation.other_references > 0) {
    log_info("{} references of other cases are passed over", evaluation.other_references);
  }
  output.text("{} cases", evaluation.cases.size());
  for (const std::string& line : eval::summary_lines(evaluation)) {
    output.text("{}", line);
  }
  output.text("written: {}", arguments.out);
  output.json(eval::summary_json(evaluation));
}

}  // namespace

void register_evaluate(CLI::App& app) {
  auto arguments = std::make_shared<EvaluateArguments>();
  CLI::App* verb = app.add_subcommand("evaluate", "score label maps against references");
  verb->add_option("--predictions", arguments->predictions, "folder of <case>.nii.gz")
      ->type_name("DIR")
      ->required();
  verb->add_option("--references",
                   arguments->references,
                   "folder of <case>.nii.gz, <case>-seg.nii.gz or BraTS case folders")
      ->type_name("DIR")
      ->required();
  verb->add_option("--out", arguments->out, "table of cases, regions and conventions to write")
      ->type_name("FILE.csv")
      ->required();
  verb->add_option("--convention",
                   arguments->convention,
                   "segmamba, brats2023, medpy, monai, lesionwise2023, or all")
      ->type_name("NAME")
      ->capture_default_str();
  verb->add_option("--labels",
                   arguments->labels,
                   "brats2023: 0 1 2 3; brats2021: 0 1 2 4, and files that hold 3 but no 4")
      ->type_name("SET")
      ->capture_default_str();
  verb->add_option("--cases",
                   arguments->cases,
                   "score these alone: the test cases of a split.json, or a list of ids [what "
                   "yates predict was asked for, else every reference]")
      ->type_name("FILE");
  verb->add_option("--jobs", arguments->jobs, "cases measured at a time (default: all cores)")
      ->type_name("N")
      ->check(CLI::PositiveNumber);
  add_json_option(*verb, arguments->json_path);
  set_example(*verb,
              "yates evaluate --predictions runs/base/predictions --references raw "
              "--out cases.csv --convention all");
  verb->callback([arguments] { evaluate(*arguments); });
}

}  // namespace yates::cli
