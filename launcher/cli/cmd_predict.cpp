// SPDX-License-Identifier: Apache-2.0
// yates predict: label maps for the cases of a data set, by sliding window.
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include <ATen/Parallel.h>

#include "base/clock.hpp"
#include "base/digest.hpp"
#include "base/error.hpp"
#include "base/text.hpp"
#include "io/checkpoint/checkpoint.hpp"
#include "io/dataset/manifest.hpp"
#include "io/dataset/split.hpp"
#include "launcher/cli/app.hpp"
#include "launcher/cli/output.hpp"
#include "launcher/cli/verbs.hpp"
#include "launcher/config/run_config.hpp"
#include "launcher/eval/prediction.hpp"
#include "launcher/eval/weights.hpp"
#include "model/check_options.hpp"
#include "model/network/segmamba.hpp"

namespace yates::cli {
namespace {

namespace fs = std::filesystem;

struct PredictArguments {
  std::string weights;
  std::string run;
  std::string data;
  std::string out;
  std::string cases;
  std::string tta;
  std::string roi = "none";
  std::string blend = "float32";
  std::vector<std::string> overrides;
};

/// The arguments with everything that a run directory or the configuration decides filled in.
struct PredictSettings {
  config::RunConfig config;
  fs::path weights;
  fs::path data;
  fs::path out;
  std::string cases;
  std::string tta;
};

[[noreturn]] void refuse(const std::string& what, const std::string& allowed) {
  throw Error(ExitCode::Usage, Problem{.what = what, .where = "", .allowed = allowed, .fix = ""});
}

PredictSettings settings_of(const PredictArguments& arguments) {
  const bool from_run = !arguments.run.empty();
  if (from_run != arguments.weights.empty()) {
    refuse("give either --weights or --run", "--weights FILE --data DIR --out DIR, or --run DIR");
  }
  if (!from_run && (arguments.data.empty() || arguments.out.empty())) {
    refuse("--weights needs --data and --out", "--weights FILE --data DIR --out DIR");
  }
  const fs::path run = arguments.run;
  PredictSettings settings;
  settings.config =
      config::load_run_config(from_run ? run / "run.yaml" : fs::path(), arguments.overrides);
  const config::RunConfig& config = settings.config;
  settings.weights = from_run ? io::run_weights(run) : fs::path(arguments.weights);
  settings.data = arguments.data.empty() ? config.data.dir : arguments.data;
  settings.out = arguments.out.empty() ? run / "predictions" : fs::path(arguments.out);
  settings.tta = arguments.tta.empty() ? config.evaluate.tta : arguments.tta;
  const bool has_split = from_run || config.origins.contains("data.split");
  const std::string usual = has_split ? "test" : "all";
  settings.cases = arguments.cases.empty() ? usual : arguments.cases;
  return settings;
}

std::vector<std::string> case_ids(const PredictSettings& settings) {
  if (settings.cases == "all") {
    std::vector<std::string> ids;
    for (const io::CaseRecord& record : io::read_manifest(settings.data).cases) {
      ids.push_back(record.id);
    }
    return ids;
  }
  const io::Split split = io::read_split(settings.config.data.split);
  const std::vector<std::string>& ids = settings.cases == "train"        ? split.train
                                        : settings.cases == "validation" ? split.validation
                                                                         : split.test;
  if (ids.empty()) {
    throw Error(ExitCode::BadData,
                Problem{.what = "the split has no " + settings.cases + " cases",
                        .where = settings.config.data.split,
                        .allowed = "",
                        .fix = "--cases all predicts every case of the data set"});
  }
  return ids;
}

/// The keys of the network: they decide what the weights compute, beyond the shapes of the tensors.
std::string network_digest(const config::RunConfig& config) {
  std::string keys;
  for (const std::string& line : split(config::identity_text(config), '\n')) {
    keys += line.starts_with("model.") ? line + "\n" : "";
  }
  return sha256_hex(keys).substr(0, 12);
}

eval::PredictionRequest request_of(const PredictSettings& settings, const std::string& blend) {
  const config::RunConfig& config = settings.config;
  const auto& patch = config.data.patch;
  return {.data_dir = settings.data,
          .out_dir = settings.out,
          .cases = case_ids(settings),
          .window = {.window = patch,
                     .overlap = config.evaluate.patch_overlap,
                     .blend = blend == "float32" ? eval::BlendMode::Float32
                                                 : eval::BlendMode::ReferenceHalf},
          .mirror = settings.tta == "mirror8",
          .made_with = fmt::format("weights {}, network {}, patch {}x{}x{}, overlap {}, tta {}, {}",
                                   sha256_file(settings.weights).substr(0, 12),
                                   network_digest(config),
                                   patch[0],
                                   patch[1],
                                   patch[2],
                                   format_number(config.evaluate.patch_overlap),
                                   settings.tta,
                                   blend)};
}

/// Loads the weights; returns their bytes.
std::int64_t load(const fs::path& path, const model::SegMamba& network) {
  std::vector<eval::WeightTarget> targets;
  std::int64_t bytes = 0;
  for (const model::Parameter& parameter : network.parameters()) {
    targets.push_back({parameter.name, parameter.value});
    bytes += static_cast<std::int64_t>(parameter.value.nbytes());
  }
  io::SafetensorsFile file(path);
  if (file.find(io::kChecksumTensor) != nullptr) {
    file = io::read_verified(path);
  }
  eval::load_weights(file, targets);
  return bytes;
}

double mib(std::int64_t bytes) {
  return static_cast<double>(bytes) / (1024.0 * 1024.0);
}

void predict(const PredictArguments& arguments) {
  const Output output("");
  const PredictSettings settings = settings_of(arguments);
  const config::RunConfig& config = settings.config;
  model::check_patch(config.data.patch);
  at::set_num_threads(static_cast<int>(config.train.threads));
  const model::SegMamba network(config.model);
  const std::int64_t weight_bytes = load(settings.weights, network);
  const eval::PredictionRequest request = request_of(settings, arguments.blend);
  const eval::PredictionPlan plan = eval::plan_predictions(request);
  output.text(
      "{} cases, {} finished already; {}", request.cases.size(), plan.finished, request.made_with);
  output.text(
      "memory: {:.0f} MiB weights, {:.0f} MiB volumes of the largest case, and what the "
      "network needs for one window",
      mib(weight_bytes),
      mib(plan.volume_bytes));
  model::DrawPlace place;
  place.seed = static_cast<std::uint64_t>(config.train.seed);
  const Stopwatch watch;
  eval::predict_cases(
      request, plan, [&](const at::Tensor& window) { return network.forward(window, place); });
  output.text("{} label maps written to {} in {}; peak memory {:.0f} MiB",
              plan.cases.size(),
              settings.out.string(),
              format_duration(watch.seconds()),
              peak_rss_mb());
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
  verb.add_option("--roi", arguments.roi, "region of interest: none is the whole volume")
      ->check(CLI::IsMember({"none"}))
      ->capture_default_str();
  verb.add_option("--blend",
                  arguments.blend,
                  "sums of window predictions: float32, or reference_half as the published code")
      ->check(CLI::IsMember({"float32", "reference_half"}))
      ->capture_default_str();
}

}  // namespace

void register_predict(CLI::App& app) {
  auto arguments = std::make_shared<PredictArguments>();
  CLI::App* verb = app.add_subcommand("predict", "write label maps for the cases of a data set");
  add_options(*verb, *arguments);
  add_overrides(*verb, arguments->overrides);
  set_example(*verb,
              "yates predict --run runs/base --data shards --out predictions\n"
              "  yates predict --weights w.safetensors --data shards --out predictions "
              "model.width=32 data.split=split.json train.threads=4");
  verb->callback([arguments] { predict(*arguments); });
}

}  // namespace yates::cli
