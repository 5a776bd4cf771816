// SPDX-License-Identifier: Apache-2.0
// yates bench step: one training step against the published network in PyTorch eager mode.
#include <algorithm>
#include <fstream>
#include <malloc.h>
#include <string>
#include <vector>

#include <ATen/ops/randint.h>
#include <ATen/ops/randn.h>
#include <ATen/ops/zeros_like.h>

#include "base/text.hpp"
#include "launcher/cli/bench_peer.hpp"
#include "launcher/cli/benches.hpp"
#include "launcher/config/run_config.hpp"
#include "model/init.hpp"
#include "model/loss/cross_entropy.hpp"
#include "model/network/segmamba.hpp"
#include "model/optim/grad_clip.hpp"
#include "model/optim/sgd.hpp"

namespace yates::cli {
namespace {

/// A field of /proc/self/status in MiB: VmRSS now, VmHWM at its peak.
double process_mib(const std::string& field) {
  std::ifstream file("/proc/self/status");
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with(field + ":")) {
      return std::stod(line.substr(field.size() + 1)) / 1024;
    }
  }
  return 0;
}

/// Makes the peak of this process its present size.
void restart_peak() {
  std::ofstream("/proc/self/clear_refs") << "5";
}

/// A network, its momentum and one batch; `step` is what `yates train` does on one rank: one sample
/// per backward pass, mean, clip, update.
class StepUnderTest {
 public:
  StepUnderTest(const config::RunConfig& config, std::int64_t batch)
      : network_(config.model), train_(config.train) {
    model::initialise(network_.parameters(), 1);
    for (const model::Parameter& parameter : network_.parameters()) {
      velocities_.push_back(at::zeros_like(parameter.value.detach()));
    }
    const auto& [d, h, w] = config.data.patch;
    for (std::int64_t sample = 0; sample < batch; ++sample) {
      images_.push_back(at::randn({1, model::kModalities, d, h, w}));
      labels_.push_back(at::randint(model::kLabels, {1, d, h, w}, at::kLong));
    }
  }

  void step() {
    network_.parameters().clear_gradients();
    for (std::size_t sample = 0; sample < images_.size(); ++sample) {
      model::cross_entropy(network_.forward(images_[sample]), labels_[sample]).backward();
    }
    std::vector<at::Tensor> gradients;
    for (const model::Parameter& parameter : network_.parameters()) {
      gradients.push_back(model::ParameterList::gradient(parameter));
    }
    const double mean = 1.0 / static_cast<double>(images_.size());
    const double norm = mean * model::global_norm(gradients);
    const model::SgdStep sgd{.lr = train_.lr,
                             .momentum = train_.momentum,
                             .weight_decay = train_.weight_decay,
                             .gradient_scale = mean * model::clip_factor(norm, train_.clip_norm)};
    for (std::size_t i = 0; i < gradients.size(); ++i) {
      const at::Tensor value = network_.parameters()[i].value.detach();
      model::sgd_update(value, gradients[i], velocities_[i], sgd);
    }
  }

 private:
  model::SegMamba network_;
  train::TrainOptions train_;
  std::vector<at::Tensor> velocities_, images_, labels_;
};

config::RunConfig arm_config(const BenchSettings& settings, const std::string& arm) {
  std::vector<std::string> overrides = {"model.width=16", "data.patch=[32,32,32]"};
  overrides.push_back(arm == "base" ? "model.mamba_stages=[2,3]" : "model.mamba_stages=[0,1]");
  const std::vector<std::string>& given = settings.configuration();
  overrides.insert(overrides.end(), given.begin(), given.end());
  return config::load_run_config("", overrides);
}

std::optional<Json> run_peer(const BenchSettings& settings, const config::RunConfig& config) {
  return run_python_peer_json("segmamba_step.py",
                              {{"width", config.model.width},
                               {"mamba_stages", config.model.mamba_stages},
                               {"patch", config.data.patch},
                               {"batch", settings.count("batch")},
                               {"repeats", settings.count("repeats")}},
                              settings.count("threads"));
}

/// Time and memory of one arm; memory is the peak above `before`, the size of this process before
/// its first arm, so that pages kept from an earlier arm count.
std::vector<BenchResult> measure(const BenchSettings& settings,
                                 const std::string& arm,
                                 double before) {
  const config::RunConfig config = arm_config(settings, arm);
  const auto& [d, h, w] = config.data.patch;
  const std::string size = fmt::format(
      "C={} patch={}x{}x{} batch={}", config.model.width, d, h, w, settings.count("batch"));
  ::malloc_trim(0);
  restart_peak();
  Spread seconds;
  {
    StepUnderTest work(config, settings.count("batch"));
    seconds = measure_seconds(settings.count("repeats"), [&work] { work.step(); });
  }
  const Spread memory = spread_of({process_mib("VmHWM") - before});
  BenchResult time{.name = "step " + arm,
                   .size = size,
                   .unit = "ms",
                   .ours = seconds.scaled(1e3),
                   .peer = std::nullopt};
  BenchResult peak{.name = "step " + arm + " memory",
                   .size = size,
                   .unit = "MiB",
                   .ours = memory,
                   .peer = std::nullopt};
  if (const std::optional<Json> peer = run_peer(settings, config)) {
    const auto number = [&](const char* key) { return json_get<double>(*peer, key, "peer"); };
    const auto name = json_get<std::string>(*peer, "name", "peer");
    time.peer = PeerResult{.name = name,
                           .spread = {.median = number("median"),
                                      .min = number("min"),
                                      .max = number("max"),
                                      .n = json_get<std::int64_t>(*peer, "n", "peer")}};
    peak.peer = PeerResult{.name = name, .spread = spread_of({number("memory_mib")})};
  }
  return {time, peak};
}

std::vector<BenchResult> run(const BenchSettings& settings) {
  std::vector<std::string> arms = {"base", "relocate"};
  if (settings.text("arm") != "both") {
    if (std::find(arms.begin(), arms.end(), settings.text("arm")) == arms.end()) {
      throw Error(ExitCode::Usage,
                  yates::Problem{.what = "unknown arm '" + settings.text("arm") + "'",
                                 .where = "",
                                 .allowed = "base, relocate, both",
                                 .fix = suggestion(settings.text("arm"), arms)});
    }
    arms = {settings.text("arm")};
  }
  const double before = process_mib("VmRSS");
  std::vector<BenchResult> results;
  for (const std::string& arm : arms) {
    for (BenchResult& result : measure(settings, arm, before)) {
      results.push_back(std::move(result));
    }
  }
  return results;
}

}  // namespace

Bench bench_step() {
  return {.name = "step",
          .description =
              "one training step against the published network in PyTorch eager mode; "
              "configuration keys such as model.width=16 apply",
          .keys = {{"arm", "both", "base, relocate or both"}, {"batch", "2", "samples per step"}},
          .run = run};
}

}  // namespace yates::cli
