// SPDX-License-Identifier: Apache-2.0
// yates evaluate: Dice, HD95 and more of label maps against references, in named conventions.
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "base/error.hpp"
#include "base/file.hpp"
#include "base/log.hpp"
#include "io/dataset/split.hpp"
#include "launcher/cli/app.hpp"
#include "launcher/cli/output.hpp"
#include "launcher/cli/verbs.hpp"
#include "launcher/eval/arm_summary.hpp"
#include "launcher/eval/cases_table.hpp"
#include "launcher/eval/evaluation.hpp"
#include "launcher/eval/nnunet_summary.hpp"
#include "launcher/eval/summary.hpp"
#include "launcher/eval/worst_figures.hpp"

namespace yates::cli {
namespace {

struct EvaluateArguments {
  std::string predictions;
  std::string references;
  std::string out;
  std::string convention = "segmamba";
  std::string labels;
  std::string prediction_labels;
  std::string figures;
  std::string images;
  std::string summary;
  std::vector<std::string> columns;
  std::vector<std::string> runs;
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

/// The set that was asked for, else what nnU-Net's dataset.json in the folder declares.
std::optional<eval::LabelSet> labels_of(const std::string& asked, const std::string& dir) {
  return asked.empty() ? eval::declared_label_set(dir) : eval::label_set_named(asked);
}

eval::EvaluationRequest request_of(const EvaluateArguments& arguments) {
  const auto cores = static_cast<std::int64_t>(std::thread::hardware_concurrency());
  return {.predictions = arguments.predictions,
          .references = arguments.references,
          .conventions = eval::conventions_named(arguments.convention),
          .labels =
              labels_of(arguments.labels, arguments.references).value_or(eval::LabelSet::Brats2023),
          .prediction_labels = labels_of(
              arguments.prediction_labels.empty() ? arguments.labels : arguments.prediction_labels,
              arguments.predictions),
          .cases = cases_of(arguments.cases),
          .jobs = arguments.jobs > 0 ? arguments.jobs : cores};
}

[[noreturn]] void refuse(const std::string& what, const std::string& allowed) {
  throw Error(ExitCode::Usage,
              Problem{.what = what, .where = "yates evaluate", .allowed = allowed, .fix = ""});
}

void read_summary(const EvaluateArguments& arguments) {
  std::vector<std::pair<std::string, std::string>> leading;
  for (const std::string& column : arguments.columns) {
    const std::size_t at = column.find('=');
    if (at == std::string::npos || at == 0) {
      refuse("'" + column + "' is not of the form name=value", "--column seed=1");
    }
    leading.emplace_back(column.substr(0, at), column.substr(at + 1));
  }
  std::optional<eval::LabelSet> expected;
  if (!arguments.labels.empty()) {
    expected = eval::label_set_named(arguments.labels);
  }
  write_file_atomic(arguments.out, eval::nnunet_summary_csv(arguments.summary, expected, leading));
  Output(arguments.json_path).text("written: {}", arguments.out);
}

void sum_up_runs(const EvaluateArguments& arguments) {
  const auto arms =
      eval::summarise_arms(eval::find_arms({arguments.runs.begin(), arguments.runs.end()}));
  const Output output(arguments.json_path);
  for (const std::string& line : eval::arm_lines(arms)) {
    output.text("{}", line);
  }
  write_file_atomic(arguments.out, eval::arms_csv(arms));
  output.text("written: {}", arguments.out);
  output.json(eval::arms_json(arms));
}

void say_labels(const eval::EvaluationRequest& request,
                const eval::Evaluation& evaluation,
                const Output& output) {
  const eval::LabelSet predicted = request.prediction_labels.value_or(request.labels);
  output.text("labels of the references: {}; of the predictions: {}",
              eval::label_set_text(request.labels),
              eval::label_set_text(predicted));
  if (evaluation.looks_exchanged) {
    log_warning(
        "the tumour core agrees far better with labels 1 and 2 of the predictions exchanged; do "
        "both folders number their labels alike? --labels and --prediction-labels say how");
  }
}

void evaluate(const EvaluateArguments& arguments) {
  if (!arguments.summary.empty()) {
    read_summary(arguments);
    return;
  }
  if (!arguments.runs.empty()) {
    sum_up_runs(arguments);
    return;
  }
  if (arguments.predictions.empty() || arguments.references.empty()) {
    refuse("give --predictions and --references, or --runs, or --summary", "");
  }
  const Output output(arguments.json_path);
  const eval::EvaluationRequest request = request_of(arguments);
  std::optional<Progress> progress;
  const eval::Evaluation evaluation =
      eval::evaluate_folders(request, [&](std::int64_t done, std::int64_t total) {
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
  say_labels(request, evaluation, output);
  output.text("{} cases", evaluation.cases.size());
  for (const std::string& line : eval::summary_lines(evaluation)) {
    output.text("{}", line);
  }
  output.text("written: {}", arguments.out);
  if (!arguments.figures.empty()) {
    const std::string& images = arguments.images.empty() ? arguments.references : arguments.images;
    for (const auto& file :
         eval::write_worst_figures(evaluation, request, images, arguments.figures)) {
      output.text("written: {}", file.string());
    }
  }
  output.json(eval::summary_json(evaluation));
}

}  // namespace

void register_evaluate(CLI::App& app) {
  auto arguments = std::make_shared<EvaluateArguments>();
  CLI::App* verb = app.add_subcommand("evaluate", "score label maps against references");
  verb->add_option("--predictions", arguments->predictions, "folder of <case>.nii.gz")
      ->type_name("DIR");
  verb->add_option("--references",
                   arguments->references,
                   "folder of <case>.nii.gz, <case>-seg.nii.gz or BraTS case folders")
      ->type_name("DIR");
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
                   "brats2023: 1 NCR 2 ED 3 ET; brats2021: 1 NCR 2 ED 4 ET, and files that hold 3 "
                   "but no 4; nnunet: 1 ED 2 NCR 3 ET [what dataset.json in the folder declares, "
                   "else brats2023]")
      ->type_name("SET");
  verb->add_option("--prediction-labels",
                   arguments->prediction_labels,
                   "likewise of the predictions, where they differ [--labels]")
      ->type_name("SET");
  verb->add_option(
          "--figures",
          arguments->figures,
          "write <case>.svg of the worst three cases there: slices through the worst error")
      ->type_name("DIR");
  verb->add_option("--images",
                   arguments->images,
                   "where <case>-t1c.nii.gz lies, for --figures [beside the references]")
      ->type_name("DIR");
  verb->add_option("--summary",
                   arguments->summary,
                   "instead of label maps: read nnU-Net's own summary.json into the table")
      ->type_name("FILE");
  verb->add_option("--column",
                   arguments->columns,
                   "with --summary: a column to put in front, e.g. seed=1 or a factor's level")
      ->type_name("NAME=VALUE");
  verb->add_option("--runs",
                   arguments->runs,
                   "instead of label maps: sum up the cases.csv of these run directories (or of "
                   "all in a folder) by arm, the run's name without its seed")
      ->type_name("DIR...");
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
              "--out cases.csv --convention all --figures worst\n"
              "  yates evaluate --runs runs/base-s1 runs/base-s2 runs/prune-s1 --out arms.csv\n"
              "  yates evaluate --summary fold_0/validation/summary.json --column seed=1 "
              "--out results.csv");
  verb->callback([arguments] { evaluate(*arguments); });
}

}  // namespace yates::cli
