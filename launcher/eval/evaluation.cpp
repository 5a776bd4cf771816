// SPDX-License-Identifier: Apache-2.0
#include "launcher/eval/evaluation.hpp"

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <exception>
#include <map>
#include <mutex>
#include <set>
#include <thread>

#include <fmt/format.h>

#include "base/error.hpp"
#include "base/json.hpp"
#include "base/text.hpp"
#include "io/image/image.hpp"
#include "launcher/eval/label_folder.hpp"

namespace yates::eval {
namespace {

namespace fs = std::filesystem;

struct CasePair {
  std::string case_id;
  fs::path prediction;
  fs::path reference;
};

/// What one case gave: metrics, or why there are none.
struct CaseOutcome {
  CaseMetrics metrics;
  std::vector<Problem> problems;
  std::int64_t converted_files = 0;
  Overlap core;            ///< Of the tumour core.
  Overlap exchanged_core;  ///< Likewise, with labels 1 and 2 of the prediction exchanged.
};

Overlap& operator+=(Overlap& sum, const Overlap& part) {
  sum.tp += part.tp;
  sum.fp += part.fp;
  sum.fn += part.fn;
  return sum;
}

/// Overlap of label 3 or `own` of `pred` with the tumour core of `ref`.
Overlap core_overlap(const io::LabelMap& pred, const io::LabelMap& ref, std::uint8_t own) {
  Overlap overlap;
  for (std::size_t i = 0; i < ref.voxels.size(); ++i) {
    const bool p = pred.voxels[i] == own || pred.voxels[i] == 3;
    const bool r = ref.voxels[i] == 1 || ref.voxels[i] == 3;
    overlap.tp += p && r ? 1 : 0;
    overlap.fp += p && !r ? 1 : 0;
    overlap.fn += !p && r ? 1 : 0;
  }
  return overlap;
}

/// Whether exchanging 1 and 2 would raise the Dice of the tumour core by more than chance would.
bool looks_exchanged(const std::vector<CaseOutcome>& outcomes) {
  constexpr double kMuchBetter = 0.2;
  Overlap core;
  Overlap exchanged;
  for (const CaseOutcome& outcome : outcomes) {
    core += outcome.core;
    exchanged += outcome.exchanged_core;
  }
  return dice(exchanged) > dice(core) + kMuchBetter;
}

std::map<std::string, fs::path> by_case(const LabelFolder& folder) {
  std::map<std::string, fs::path> result;
  for (const LabelFile& file : folder.files) {
    result.emplace(file.case_id, file.path);
  }
  return result;
}

Problem missing(const std::string& what, const std::string& case_id, const fs::path& dir) {
  return {.what = fmt::format("no {} of case {}", what, case_id),
          .where = dir.string(),
          .allowed = fmt::format("{}.nii.gz", case_id),
          .fix = ""};
}

/// The cases that must be there on both sides.
std::set<std::string> wanted_cases(const EvaluationRequest& request,
                                   const std::map<std::string, fs::path>& reference) {
  if (request.cases) {
    return {request.cases->begin(), request.cases->end()};
  }
  const fs::path declared = request.predictions / kPredictionsFile;
  if (fs::exists(declared)) {
    return json_get<std::set<std::string>>(read_json(declared), "cases", declared.string());
  }
  std::set<std::string> wanted;
  for (const auto& [case_id, path] : reference) {
    wanted.insert(case_id);
  }
  return wanted;
}

/// Pairs by case id; appends a problem for every case that lacks a side.
std::vector<std::string> ids_of(const std::map<std::string, fs::path>& files) {
  std::vector<std::string> ids;
  for (const auto& [case_id, path] : files) {
    ids.push_back(case_id);
  }
  return ids;
}

std::vector<CasePair> pair_cases(const EvaluationRequest& request,
                                 const LabelFolder& predictions,
                                 const LabelFolder& references,
                                 std::vector<Problem>& problems) {
  const auto predicted = by_case(predictions);
  const auto reference = by_case(references);
  const std::set<std::string> wanted = wanted_cases(request, reference);
  std::vector<CasePair> pairs;
  for (const std::string& case_id : wanted) {
    const auto prediction = predicted.find(case_id);
    const auto found = reference.find(case_id);
    if (prediction == predicted.end()) {
      problems.push_back(missing("prediction", case_id, predictions.dir));
    }
    if (found == reference.end()) {
      problems.push_back(missing("reference", case_id, references.dir));
    }
    if (prediction != predicted.end() && found != reference.end()) {
      pairs.push_back({case_id, prediction->second, found->second});
    }
  }
  for (const auto& [case_id, path] : predicted) {
    if (!request.cases && !wanted.contains(case_id)) {
      const bool known = reference.contains(case_id);
      problems.push_back(
          {.what = fmt::format(
               "prediction of case {} {}", case_id, known ? "is not declared" : "has no reference"),
           .where = path.string(),
           .allowed = known ? fmt::format("the cases of {}", kPredictionsFile)
                            : "one reference per prediction",
           .fix = known ? "" : suggestion(case_id, ids_of(reference))});
    }
  }
  return pairs;
}

io::LabelMap read_labels(const fs::path& path, LabelSet set, CaseOutcome& outcome) {
  io::LabelMap map;
  try {
    map = io::read_label_map(path);
  } catch (const Error& error) {
    if (error.code() == ExitCode::Io) {
      throw;  // The file system's failure, no finding about the case.
    }
    outcome.problems.insert(
        outcome.problems.end(), error.problems().begin(), error.problems().end());
    return map;
  }
  const bool converted = convert_labels(set, path.string(), map.voxels, outcome.problems);
  outcome.converted_files += converted ? 1 : 0;
  return map;
}

/// Checks one case, and measures it if it and everything before was right.
CaseOutcome process(const CasePair& pair, const EvaluationRequest& request, bool measure) {
  CaseOutcome outcome;
  const io::LabelMap pred =
      read_labels(pair.prediction, request.prediction_labels.value_or(request.labels), outcome);
  const io::LabelMap ref = read_labels(pair.reference, request.labels, outcome);
  const std::string difference = pred.voxels.empty() || ref.voxels.empty()
                                     ? std::string()
                                     : io::grid_difference(pred.geometry, ref.geometry);
  if (!difference.empty()) {
    outcome.problems.push_back(
        {.what = "prediction and reference lie on different grids: " + difference,
         .where = pair.prediction.string(),
         .allowed = "the grid of " + pair.reference.string(),
         .fix = ""});
  }
  if (measure && outcome.problems.empty()) {
    const auto& mm = ref.geometry.spacing_mm;
    outcome.core = core_overlap(pred, ref, 1);
    outcome.exchanged_core = core_overlap(pred, ref, 2);
    outcome.metrics = measure_case(pred.voxels.data(),
                                   ref.voxels.data(),
                                   ref.geometry.shape,
                                   {mm[2], mm[1], mm[0]},
                                   request.conventions);
  }
  return outcome;
}

/// Runs `work(index)` for 0 .. count-1 on `jobs` threads; rethrows the first exception.
template <typename Work>
void for_each_index(std::size_t count, std::int64_t jobs, const Work& work) {
  std::atomic<std::size_t> next = 0;
  std::mutex mutex;
  std::exception_ptr failure;
  const auto loop = [&] {
    for (std::size_t index = next++; index < count; index = next++) {
      try {
        work(index);
      } catch (...) {
        const std::lock_guard lock(mutex);
        failure = failure ? failure : std::current_exception();
        next = count;
      }
    }
  };
  std::vector<std::thread> threads;
  const auto extra = static_cast<std::size_t>(std::max<std::int64_t>(jobs, 1)) - 1;
  for (std::size_t i = 0; i < std::min(extra, count); ++i) {
    threads.emplace_back(loop);
  }
  loop();
  for (std::thread& thread : threads) {
    thread.join();
  }
  if (failure) {
    std::rethrow_exception(failure);
  }
}

std::vector<CaseOutcome> process_all(const std::vector<CasePair>& pairs,
                                     const EvaluationRequest& request,
                                     bool measure,
                                     const EvaluationProgress& progress) {
  std::vector<CaseOutcome> outcomes(pairs.size());
  std::atomic<bool> sound = measure;
  std::mutex mutex;
  std::int64_t done = 0;
  for_each_index(pairs.size(), request.jobs, [&](std::size_t index) {
    outcomes[index] = process(pairs[index], request, sound);
    if (!outcomes[index].problems.empty()) {
      sound = false;
    }
    const std::lock_guard lock(mutex);
    progress(++done, static_cast<std::int64_t>(pairs.size()));
  });
  return outcomes;
}

}  // namespace

Evaluation evaluate_folders(const EvaluationRequest& request, const EvaluationProgress& progress) {
  const LabelFolder predictions = find_label_maps(request.predictions, "predictions");
  const LabelFolder references = find_label_maps(request.references, "references");
  std::vector<Problem> problems = predictions.problems;
  problems.insert(problems.end(), references.problems.begin(), references.problems.end());
  const std::vector<CasePair> pairs = pair_cases(request, predictions, references, problems);
  const std::vector<CaseOutcome> outcomes = process_all(pairs, request, problems.empty(), progress);
  Evaluation evaluation;
  evaluation.conventions = request.conventions;
  evaluation.other_references =
      static_cast<std::int64_t>(references.files.size()) - static_cast<std::int64_t>(pairs.size());
  for (std::size_t i = 0; i < pairs.size(); ++i) {
    const CaseOutcome& outcome = outcomes[i];
    problems.insert(problems.end(), outcome.problems.begin(), outcome.problems.end());
    evaluation.cases.push_back({.case_id = pairs[i].case_id,
                                .metrics = outcome.metrics,
                                .prediction = pairs[i].prediction,
                                .reference = pairs[i].reference});
    evaluation.converted_files += outcome.converted_files;
  }
  if (!problems.empty()) {
    throw Error(ExitCode::BadData, problems);
  }
  evaluation.looks_exchanged = looks_exchanged(outcomes);
  return evaluation;
}

}  // namespace yates::eval
