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

#include <ATen/Parallel.h>
#include <ATen/ops/repeat_interleave.h>

#include "base/clock.hpp"
#include "base/digest.hpp"
#include "base/error.hpp"
#include "base/fault.hpp"
#include "base/json.hpp"
#include "base/text.hpp"
#include "dist/mpi_session.hpp"
#include "dist/placement.hpp"
#include "io/checkpoint/checkpoint.hpp"
#include "io/dataset/split.hpp"
#include "io/shard/manifest.hpp"
#include "launcher/cli/app.hpp"
#include "launcher/cli/gpu_runtime.hpp"
#include "launcher/cli/output.hpp"
#include "launcher/cli/verbs.hpp"
#include "launcher/config/run_config.hpp"
#include "launcher/eval/label_folder.hpp"
#include "launcher/eval/prediction.hpp"
#include "launcher/eval/weights.hpp"
#include "launcher/train/rank_failure.hpp"
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
  bool probabilities = false;
  bool compare_roi = false;
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
  throw Error(ExitCode::Usage,
              Problem{.what = what, .where = "yates predict", .allowed = allowed, .fix = ""});
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

eval::RoiSource roi_source(const std::string& name) {
  return name == "fce"      ? eval::RoiSource::Foreground
         : name == "labels" ? eval::RoiSource::Labels
                            : eval::RoiSource::None;
}

eval::PredictionRequest request_of(const PredictSettings& settings,
                                   const PredictArguments& arguments) {
  const std::string& blend = arguments.blend;
  const config::RunConfig& config = settings.config;
  const auto& patch = config.data.patch;
  return {
      .data_dir = settings.data,
      .out_dir = settings.out,
      .cases = case_ids(settings),
      .window = {.window = patch,
                 .overlap = config.evaluate.patch_overlap,
                 .blend =
                     blend == "float32" ? eval::BlendMode::Float32 : eval::BlendMode::ReferenceHalf,
                 .beside_float32 = blend == "reference_half"},
      .mirror = settings.tta == "mirror8",
      .made_with = fmt::format("weights {}, network {}, patch {}x{}x{}, overlap {}, tta {}, {}{}",
                               sha256_file(settings.weights).substr(0, 12),
                               network_digest(config),
                               patch[0],
                               patch[1],
                               patch[2],
                               format_number(config.evaluate.patch_overlap),
                               settings.tta,
                               blend,
                               arguments.roi == "none" ? "" : ", roi " + arguments.roi),
      .probabilities = arguments.probabilities,
      .roi = roi_source(arguments.roi),
      .threshold = config.model.fce.threshold,
      .compare_roi = arguments.compare_roi};
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

/// The confidence of the first Mamba stage's head, one logit per voxel of the window.
eval::Predictor foreground_of(const model::SegMamba& network,
                              std::uint64_t seed,
                              at::ScalarType activations) {
  return [network, seed, activations](const at::Tensor& window) {
    model::DrawPlace place;
    place.seed = seed;
    at::Tensor logits = network.foreground(window.to(activations), place).front().logits;
    for (std::int64_t axis = 2; axis < 5; ++axis) {
      logits = at::repeat_interleave(logits, window.size(axis) / logits.size(axis), axis);
    }
    return logits;
  };
}

/// A network with its weights, and the request that it serves.
struct Prepared {
  eval::PredictionRequest request;
  model::SegMamba network;
  train::ComputePolicy compute = {};
  std::int64_t weight_bytes = 0;
  std::int64_t width = 0;  ///< Channels at full resolution.
  std::uint64_t seed = 0;
};

/// Takes the GPU of this rank where the configuration wants one.
void place_network(Prepared& prepared, const config::RunConfig& config, int local_rank) {
  const train::GpuRuntime gpus = gpu_runtime();
  prepared.compute = train::choose_compute(config.train, local_rank, gpus);
  const at::Device& device = prepared.compute.device;
  if (!device.is_cpu()) {
    gpus.prepare(device.index(), config.train.deterministic);
    prepared.network.parameters().move_to(device);
    prepared.request.device = device;
    prepared.request.made_with += ", " + prepared.compute.fingerprint();
  }
}

Prepared prepare(const PredictArguments& arguments, int local_rank) {
  const PredictSettings settings = settings_of(arguments);
  const config::RunConfig& config = settings.config;
  model::check_patch(config.data.patch);
  at::set_num_threads(static_cast<int>(config.train.threads));
  Prepared prepared{.request = request_of(settings, arguments),
                    .network = model::SegMamba(config.model),
                    .width = config.model.width,
                    .seed = static_cast<std::uint64_t>(config.train.seed)};
  prepared.weight_bytes = load(settings.weights, prepared.network);
  place_network(prepared, config, local_rank);
  if (prepared.request.roi == eval::RoiSource::Foreground) {
    if (!config.model.fce.enabled) {
      throw Error(ExitCode::BadConfig,
                  Problem{.what = "--roi fce with a network that has no foreground head",
                          .where = "model.fce.enabled",
                          .allowed = "true, and weights of a run that trained the head",
                          .fix = "model.fce.enabled=true, or --roi none"});
    }
    prepared.request.foreground =
        foreground_of(prepared.network, prepared.seed, prepared.compute.activations);
  }
  return prepared;
}

/// What the network needs for one window: at its widest, the decoder's last stage, about ten maps
/// of full resolution (measured: 8.3 to 10.3 at widths 8 and 16, sides 64 to 128), and what
/// LibTorch takes when it starts to work.
std::int64_t window_bytes(const Prepared& prepared) {
  constexpr std::int64_t kMaps = 11;
  constexpr std::int64_t kStartBytes = std::int64_t{64} << 20;
  const auto& [d, h, w] = prepared.request.window.window;
  const std::int64_t map = prepared.width * d * h * w * static_cast<std::int64_t>(sizeof(float));
  return kMaps * map + kStartBytes;
}

void say_plan(const Prepared& prepared, const eval::PredictionPlan& plan, int ranks) {
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
    const fs::path path = request.out_dir / eval::kHalfDir / (case_id + ".json");
    const Json outcome = read_json(path);
    voxels += json_get<std::int64_t>(outcome, "voxels", path.string());
    differ += json_get<std::int64_t>(outcome, "differ", path.string());
  }
  Output("").text(
      "reference_half: {} of {} voxels have another label than in float32 mode", differ, voxels);
}

/// Collective: yes.
void carry_out(const Prepared& prepared, dist::Communicator& communicator) {
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
  std::optional<dist::MpiSession> session;
  if (dist::started_by_mpi_launcher()) {
    session.emplace();
  }
  const std::unique_ptr<dist::Communicator> communicator =
      session ? session->world() : dist::make_null_communicator();
  train::set_rank_log(*communicator);
  const int local_rank = dist::local_rank(*communicator);
  std::optional<Prepared> prepared;
  train::RankFailure failure;
  try {
    prepared.emplace(prepare(arguments, local_rank));
  } catch (...) {
    failure = train::describe_current_exception();
  }
  if (const int code = train::agree_on_failure(failure, *communicator); code != 0) {
    return code;
  }
  try {
    carry_out(*prepared, *communicator);
    return 0;
  } catch (const CLI::RuntimeError& agreed) {
    return agreed.get_exit_code();
  } catch (...) {
    train::end_ranks(*communicator);
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
