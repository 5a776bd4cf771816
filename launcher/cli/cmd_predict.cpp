// SPDX-License-Identifier: Apache-2.0
// yates predict: label maps for the cases of a data set, by sliding window.
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.hpp"
#include "base/error.hpp"
#include "base/fault.hpp"
#include "base/json.hpp"
#include "base/text.hpp"
#include "dist/placement.hpp"
#include "dist/rank_session.hpp"
#include "launcher/cli/app.hpp"
#include "launcher/cli/output.hpp"
#include "launcher/cli/prepared_prediction.hpp"
#include "launcher/cli/verbs.hpp"
#include "launcher/eval/label_folder.hpp"
#include "launcher/eval/prediction.hpp"
#include "launcher/train/rank_failure.hpp"

namespace yates::cli {
namespace {

double mib(std::int64_t bytes) {
  return static_cast<double>(bytes) / (1024.0 * 1024.0);
}

/// Collective: yes. Rank 0 claims the folder; every rank gets the cases that are still open.
std::vector<std::string> open_cases(const eval::PredictionRequest& request,
                                    dist::Communicator& communicator) {
  std::string text;
  train::RankFailure failure;
  try {
    if (communicator.rank() == 0) {
      text = Json(eval::claim_predictions(request)).dump();
    }
  } catch (...) {
    failure = train::describe_current_exception();
  }
  if (const int code = train::agree_on_failure(failure, communicator); code != 0) {
    throw CLI::RuntimeError(code);
  }
  const auto texts = communicator.all_gather(std::as_bytes(std::span(text)));
  const auto& first = texts.front();
  const std::string_view view(reinterpret_cast<const char*>(first.data()), first.size());
  return parse_json(std::string(view), "rank 0").get<std::vector<std::string>>();
}

void say_plan(const PreparedPrediction& prepared, const eval::PredictionPlan& plan, int ranks) {
  const Output output("");
  const auto so_far = static_cast<std::int64_t>(peak_rss_mb() * 1024 * 1024);
  output.text("{} cases, {} finished already; {}",
              prepared.request.cases.size(),
              plan.finished,
              prepared.request.made_with);
  output.text(
      "memory{}: at most {} bytes: {:.0f} MiB so far, weights included ({:.0f} MiB), {:.0f} MiB "
      "volumes of the largest case, {:.0f} MiB the network for one window",
      ranks > 1 ? fmt::format(" of each of {} ranks", ranks) : "",
      so_far + plan.volume_bytes + window_bytes(prepared),
      mib(so_far),
      mib(prepared.weight_bytes),
      mib(plan.volume_bytes),
      mib(window_bytes(prepared)));
  std::fflush(stdout);
}

/// Says in how many voxels of all label maps reference_half gives another label than float32.
void say_half_outcome(const eval::PredictionRequest& request) {
  std::int64_t voxels = 0;
  std::int64_t differ = 0;
  for (const std::string& case_id : request.cases) {
    const std::filesystem::path path = request.out_dir / eval::kHalfDir / (case_id + ".json");
    const Json outcome = read_json(path);
    voxels += json_get<std::int64_t>(outcome, "voxels", path.string());
    differ += json_get<std::int64_t>(outcome, "differ", path.string());
  }
  Output("").text(
      "reference_half: {} of {} voxels have another label than in float32 mode", differ, voxels);
}

/// Collective: yes.
void carry_out(const PreparedPrediction& prepared, dist::Communicator& communicator) {
  const std::vector<std::string> cases = open_cases(prepared.request, communicator);
  const eval::PredictionPlan plan = eval::plan_predictions(
      prepared.request, cases, {.rank = communicator.rank(), .ranks = communicator.size()});
  if (communicator.rank() == 0) {
    say_plan(prepared, plan, communicator.size());
  }
  set_fault_place(communicator.rank(), 0);
  model::DrawPlace place;
  place.seed = prepared.seed;
  const Stopwatch watch;
  eval::predict_cases(prepared.request, plan, [&](const at::Tensor& window) {
    return prepared.network.forward(window.to(prepared.compute.activations), place);
  });
  communicator.barrier();
  if (communicator.rank() == 0) {
    Output("").text("{} label maps written to {} in {}; peak memory {:.0f} MiB",
                    cases.size(),
                    prepared.request.out_dir.string(),
                    format_duration(watch.seconds()),
                    peak_rss_mb());
    if (prepared.request.window.beside_float32) {
      say_half_outcome(prepared.request);
    }
  }
}

/// The exit code. MPI ends here, in order; an exception on its way would prevent that.
int run_predict(const PredictArguments& arguments) {
  const dist::RankSession session;
  dist::Communicator& communicator = session.ranks();
  train::set_rank_log(communicator);
  const int local_rank = dist::local_rank(communicator);
  std::optional<PreparedPrediction> prepared;
  train::RankFailure failure;
  try {
    prepared.emplace(prepare(arguments, local_rank));
  } catch (...) {
    failure = train::describe_current_exception();
  }
  if (const int code = train::agree_on_failure(failure, communicator); code != 0) {
    return code;
  }
  try {
    carry_out(*prepared, communicator);
    return 0;
  } catch (const CLI::RuntimeError& agreed) {
    return agreed.get_exit_code();
  } catch (...) {
    train::end_ranks(communicator);
  }
}

void add_options(CLI::App& verb, PredictArguments& arguments) {
  verb.add_option("--weights", arguments.weights, "weights, or a checkpoint")->type_name("FILE");
  verb.add_option("--run", arguments.run, "run directory: its run.yaml and final or newest weights")
      ->type_name("DIR");
  verb.add_option("--data", arguments.data, "imported data set [with --run: data.dir]")
      ->type_name("DIR");
  verb.add_option("--out",
                  arguments.out,
                  "folder for <case>.nii.gz; cases that are there are not predicted again "
                  "[with --run: DIR/predictions]")
      ->type_name("DIR");
  verb.add_option("--cases",
                  arguments.cases,
                  "all, or a part of data.split [test with --run or data.split=FILE, else all]")
      ->check(CLI::IsMember({"all", "train", "validation", "test"}));
  verb.add_option("--tta", arguments.tta, "test-time augmentation: none, mirror8 [evaluate.tta]")
      ->check(CLI::IsMember({"none", "mirror8"}));
  verb.add_option(
          "--roi",
          arguments.roi,
          "part that is predicted: none is the whole volume; fce is the box of the voxels that "
          "the foreground head is sure of (model.fce.threshold); labels is the box of the "
          "stored labels, margin 8, sides multiples of 16 (the best a foreground mask can "
          "do); roi/<case>.json says what it saves and cuts off")
      ->check(CLI::IsMember({"none", "fce", "labels"}))
      ->capture_default_str();
  verb.add_flag("--roi-compare",
                arguments.compare_roi,
                "with --roi: also predict the whole volume, and measure against it")
      ->needs("--roi");
  verb.add_flag("--probabilities",
                arguments.probabilities,
                "also write probabilities/<case>.nii.gz: softmax of the four labels, 4-D, uint16 "
                "with slope 1/65535");
  verb.add_option("--blend",
                  arguments.blend,
                  "sums of window predictions: float32, or reference_half as the published code")
      ->check(CLI::IsMember({"float32", "reference_half"}))
      ->capture_default_str();
}

}  // namespace

void register_predict(CLI::App& app) {
  auto arguments = std::make_shared<PredictArguments>();
  CLI::App* verb = app.add_subcommand(
      "predict",
      "write label maps for the cases of a data set; under mpirun or srun the ranks "
      "share the cases, and the same command continues after a stop");
  add_options(*verb, *arguments);
  add_overrides(*verb, arguments->overrides);
  set_example(*verb,
              "yates predict --run runs/base --data shards --out predictions\n"
              "  mpirun -np 4 yates predict --run runs/base --data shards --out predictions\n"
              "  yates predict --weights w.safetensors --data shards --out predictions "
              "model.width=32 data.split=split.json train.threads=4");
  verb->callback([arguments] {
    if (const int code = run_predict(*arguments); code != 0) {
      throw CLI::RuntimeError(code);
    }
  });
}

}  // namespace yates::cli
