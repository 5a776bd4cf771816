// SPDX-License-Identifier: Apache-2.0
#include "launcher/cli/timed_steps.hpp"

#include <algorithm>
#include <array>
#include <fstream>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include <ATen/Parallel.h>
#include <ATen/ops/randint.h>
#include <ATen/ops/randn.h>

#include "base/clock.hpp"
#include "dist/ddp/bucket_layout.hpp"
#include "dist/placement.hpp"
#include "launcher/config/run_config.hpp"
#include "launcher/train/dataset_source.hpp"
#include "launcher/train/segmamba_network.hpp"
#include "launcher/train/training_step.hpp"
#include "model/network/segmamba.hpp"

namespace yates::cli {
namespace {

/// The same drawn sample for every slot, at no cost.
class DrawnSamples final : public train::SampleSource {
 public:
  DrawnSamples(const io::SampleOrder& order, const std::array<std::int64_t, 3>& patch)
      : order_(order) {
    const auto& [d, h, w] = patch;
    sample_.x = at::randn({1, model::kModalities, d, h, w});
    sample_.y = at::randint(model::kLabels, {1, d, h, w}, at::kLong);
  }
  train::TrainingSample next() override {
    const auto slots = static_cast<std::int64_t>(order_.slots.size());
    sample_.step = given_ / slots;
    sample_.slot = order_.slots[static_cast<std::size_t>(given_ % slots)];
    ++given_;
    return sample_;
  }
  [[nodiscard]] double wait_seconds() const override { return 0; }
  [[nodiscard]] std::int64_t underruns() const override { return 0; }

 private:
  io::SampleOrder order_;
  train::TrainingSample sample_;
  std::int64_t given_ = 0;
};

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

/// `repeats` runs of `steps` steps after one run that is not counted.
void time_runs(train::TrainingStep& step,
               train::SampleSource& samples,
               dist::Communicator& communicator,
               std::int64_t steps,
               std::int64_t repeats,
               StepTimes& times) {
  std::vector<double> step_s;
  std::vector<double> comm_wait_s;
  std::vector<double> data_wait_s;
  const auto count = static_cast<double>(steps);
  for (std::int64_t repeat = 0; repeat <= repeats; ++repeat) {
    communicator.barrier();
    const Stopwatch watch;
    double comm = 0;
    double data = 0;
    for (std::int64_t i = 0; i < steps; ++i) {
      step.fetch(samples);
      const train::StepResult result = step.run();
      comm += result.comm_wait_s;
      data += result.data_wait_s;
    }
    if (repeat > 0) {
      step_s.push_back(watch.seconds() / count);
      comm_wait_s.push_back(comm / count);
      data_wait_s.push_back(data / count);
    }
  }
  times.step_s = spread_of(step_s);
  times.steps_s = std::move(step_s);
  times.comm_wait_s = spread_of(comm_wait_s);
  times.data_wait_s = spread_of(data_wait_s);
}

config::RunConfig configuration_of(const Json& arguments, std::int64_t batch) {
  std::vector<std::string> overrides = {"model.width=8", "data.patch=[32,32,32]"};
  const auto given = json_get<std::vector<std::string>>(arguments, "configuration", "arguments");
  overrides.insert(overrides.end(), given.begin(), given.end());
  overrides.push_back("train.global_batch=" + std::to_string(batch));
  return config::load_run_config("", overrides);
}

io::SampleOrder order_of(const dist::Communicator& communicator,
                         std::int64_t batch,
                         std::int64_t steps) {
  const dist::SampleRange mine =
      dist::samples_of_rank(batch, communicator.rank(), communicator.size());
  io::SampleOrder order{0, steps, {}};
  for (std::int64_t slot = mine.begin; slot < mine.end; ++slot) {
    order.slots.push_back(slot);
  }
  return order;
}

}  // namespace

StepTimes time_training_steps(const Json& arguments,
                              std::int64_t batch,
                              dist::Communicator& communicator) {
  const auto steps = json_get<std::int64_t>(arguments, "steps", "arguments");
  const auto repeats = json_get<std::int64_t>(arguments, "repeats", "arguments");
  at::set_num_threads(static_cast<int>(json_get<std::int64_t>(arguments, "threads", "arguments")));
  const config::RunConfig config = configuration_of(arguments, batch);
  const std::int64_t all_steps = steps * (repeats + 1);
  const double before_mib = process_mib("VmRSS");
  const train::TrainedNetwork network =
      train::make_segmamba(config.model, 1, config.train.steps_per_epoch);
  train::TrainingState state(network);
  state.broadcast(communicator);
  dist::Watchdog watchdog(communicator, {});
  train::TrainingStep step(config.train, all_steps, network, state, communicator, watchdog);
  const io::SampleOrder order = order_of(communicator, batch, all_steps);
  const bool real = json_get<std::string>(arguments, "loader", "arguments") == "real";
  const std::unique_ptr<train::SampleSource> samples =
      real ? train::open_dataset(config.data, 1, batch)(order)
           : std::make_unique<DrawnSamples>(order, config.data.patch);
  StepTimes times;
  const dist::BucketLayout layout(state.shapes(), 1, {});
  times.buckets = static_cast<std::int64_t>(layout.buckets());
  for (std::size_t bucket = 0; bucket < layout.buckets(); ++bucket) {
    times.gradient_bytes += layout.elements(bucket) * static_cast<std::int64_t>(sizeof(float));
  }
  time_runs(step, *samples, communicator, steps, repeats, times);
  times.memory_mib = process_mib("VmHWM") - before_mib;
  return times;
}

std::int64_t hosts_of(dist::Communicator& communicator) {
  std::set<std::string> hosts;
  for (const dist::RankPlace& place :
       dist::gather_places(communicator, dist::place_of_this_rank(1))) {
    hosts.insert(place.host);
  }
  return static_cast<std::int64_t>(hosts.size());
}

}  // namespace yates::cli
