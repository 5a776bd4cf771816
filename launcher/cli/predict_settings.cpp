// SPDX-License-Identifier: Apache-2.0
#include "launcher/cli/predict_settings.hpp"

#include <fmt/format.h>

#include "base/digest.hpp"
#include "base/error.hpp"
#include "base/text.hpp"
#include "io/checkpoint/checkpoint.hpp"
#include "io/dataset/split.hpp"
#include "io/shard/manifest.hpp"

namespace yates::cli {
namespace {

namespace fs = std::filesystem;

[[noreturn]] void refuse(const std::string& what, const std::string& allowed) {
  throw Error(ExitCode::Usage,
              Problem{.what = what, .where = "yates predict", .allowed = allowed, .fix = ""});
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

}  // namespace

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

}  // namespace yates::cli
