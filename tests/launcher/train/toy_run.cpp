// SPDX-License-Identifier: Apache-2.0
#include "tests/launcher/train/toy_run.hpp"

#include <memory>
#include <mutex>
#include <sstream>

#include <ATen/ops/empty.h>
#include <ATen/ops/matmul.h>

#include "base/file.hpp"
#include "base/json.hpp"
#include "base/random.hpp"
#include "dist/local_communicator.hpp"
#include "io/checkpoint/checkpoint.hpp"
#include "model/loss/cross_entropy.hpp"

namespace yates::train {
namespace {

constexpr std::int64_t kSide = 4;

at::Tensor drawn(std::vector<std::int64_t> shape, RandomStream random) {
  at::Tensor tensor = at::empty(shape, at::kFloat);
  float* values = tensor.mutable_data_ptr<float>();
  for (std::int64_t i = 0; i < tensor.numel(); ++i) {
    values[i] = static_cast<float>(random.normal());
  }
  return tensor;
}

/// Labels follow the sign of the first two channels, so that there is something to learn.
TrainingSample toy_sample(std::int64_t seed, std::int64_t step, std::int64_t slot) {
  TrainingSample sample;
  sample.step = step;
  sample.slot = slot;
  const auto place = static_cast<std::uint64_t>(step);
  sample.x =
      drawn({1, 4, kSide, kSide, kSide},
            RandomStream(
                static_cast<std::uint64_t>(seed), "toy", place, static_cast<std::uint64_t>(slot)));
  const at::Tensor high = sample.x.select(1, 0).gt(0).to(at::kLong);
  sample.y = high.mul(2).add(sample.x.select(1, 1).gt(0).to(at::kLong));
  return sample;
}

class ToySource final : public SampleSource {
 public:
  ToySource(const ToyRun& run, io::SampleOrder order) : run_(run), order_(std::move(order)) {}

  TrainingSample next() override {
    const auto slots = static_cast<std::int64_t>(order_.slots.size());
    const std::int64_t step = order_.first_step + position_ / slots;
    const std::int64_t slot = order_.slots[static_cast<std::size_t>(position_ % slots)];
    ++position_;
    TrainingSample sample = toy_sample(run_.seed, step, slot);
    run_.before_sample(sample);
    return sample;
  }
  [[nodiscard]] double wait_seconds() const override { return 0; }
  [[nodiscard]] std::int64_t underruns() const override { return 0; }

 private:
  const ToyRun& run_;
  io::SampleOrder order_;
  std::int64_t position_ = 0;
};

TrainedNetwork toy_network(std::int64_t seed) {
  const RandomStream random(static_cast<std::uint64_t>(seed), "toy.init");
  const at::Tensor first = drawn({64, 4}, random).requires_grad_();
  const at::Tensor second = drawn({4, 64}, random).requires_grad_();
  const auto logits = [first, second](const at::Tensor& x) {
    const at::Tensor voxels = x.reshape({4, -1});
    return at::matmul(second, at::matmul(first, voxels).relu())
        .reshape({1, 4, kSide, kSide, kSide});
  };
  const auto loss = [logits](const TrainingSample& sample) {
    return model::cross_entropy(logits(sample.x), sample.y);
  };
  return {.parameters = {{"first.weight", first}, {"second.weight", second}},
          .loss = loss,
          .logits = logits};
}

}  // namespace

TrainSetup ToyRun::setup(const std::filesystem::path& run_directory) const {
  TrainSetup setup;
  setup.options.seed = seed;
  setup.options.epochs = epochs;
  setup.options.steps_per_epoch = steps_per_epoch;
  setup.options.global_batch = global_batch;
  setup.options.reduction = reduction;
  setup.options.validate_every = 2;
  setup.compute = compute;
  setup.run_directory = run_directory;
  setup.run_yaml = "schema: 1\n";
  setup.identity = "train.seed=" + std::to_string(seed) + "\ntrain.lr=0.01\n";
  setup.fingerprint = fingerprint;
  setup.network = toy_network(seed);
  setup.open_samples = [this](const io::SampleOrder& order) {
    return std::make_unique<ToySource>(*this, order);
  };
  setup.validation = {3, [](std::int64_t index) { return toy_sample(99, 0, index); }};
  return setup;
}

TrainResult train_locally(const ToyRun& run, const std::filesystem::path& directory, int ranks) {
  TrainResult result;
  dist::run_local_ranks(ranks, [&](dist::Communicator& communicator) {
    const TrainResult mine = train(run.setup(directory), communicator);
    if (communicator.rank() == 0) {
      result = mine;
    }
  });
  return result;
}

RunBytes bytes_of_run(const std::filesystem::path& directory) {
  RunBytes bytes;
  bytes.weights = read_file(directory / "final.safetensors");
  bytes.checkpoint = read_file(io::list_checkpoints(directory / "checkpoints").at(0).path);
  std::istringstream lines(read_file(directory / "metrics.jsonl"));
  for (std::string line; std::getline(lines, line);) {
    Json json = parse_json(line, "metrics.jsonl");
    for (const char* time : {"step_s", "data_wait_s", "data_underruns", "comm_wait_s"}) {
      json.erase(time);
    }
    bytes.metrics += json.dump() + "\n";
  }
  return bytes;
}

}  // namespace yates::train
