// SPDX-License-Identifier: Apache-2.0
#include "launcher/train/dataset_source.hpp"

#include <algorithm>
#include <memory>
#include <utility>

#include <ATen/ops/empty.h>

#include "base/digest.hpp"
#include "io/dataset/split.hpp"
#include "io/dataset/training_set.hpp"
#include "io/shard/manifest.hpp"
#include "io/shard/modality.hpp"

namespace yates::train {
namespace {

constexpr std::uint64_t kValidationSeed = 0;

TrainingSample to_tensors(const io::Sample& sample) {
  const auto [d, h, w] = sample.shape;
  TrainingSample tensors;
  tensors.step = sample.step;
  tensors.slot = sample.slot;
  constexpr auto kModalities = static_cast<std::int64_t>(io::kModalityNames.size());
  tensors.x = at::empty({1, kModalities, d, h, w}, at::kFloat);
  tensors.y = at::empty({1, d, h, w}, at::kLong);
  std::copy(sample.x.begin(), sample.x.end(), tensors.x.mutable_data_ptr<float>());
  std::copy(sample.y.begin(), sample.y.end(), tensors.y.mutable_data_ptr<std::int64_t>());
  return tensors;
}

class DatasetSource final : public SampleSource {
 public:
  DatasetSource(std::shared_ptr<const io::TrainingSet> set,
                io::SampleOrder order,
                const io::DataOptions& options)
      : set_(std::move(set)),
        loader_(
            std::move(order),
            [this](std::int64_t step, std::int64_t slot, io::Sample spare) {
              return set_->make(step, slot, std::move(spare));
            },
            options.workers,
            options.queue) {}

  TrainingSample next() override {
    sample_ = loader_.next(std::move(sample_));
    return to_tensors(sample_);
  }
  [[nodiscard]] double wait_seconds() const override { return loader_.wait_seconds(); }
  [[nodiscard]] std::int64_t underruns() const override { return loader_.underruns(); }

 private:
  std::shared_ptr<const io::TrainingSet> set_;
  io::Sample sample_;  ///< The newest; its memory goes back to the loader.
  io::Loader loader_;
};

}  // namespace

OpenSamples open_dataset(const io::DataOptions& options,
                         std::uint64_t seed,
                         std::int64_t global_batch) {
  auto set = std::make_shared<const io::TrainingSet>(options, seed, global_batch);
  return [set = std::move(set), options](const io::SampleOrder& order) {
    return std::make_unique<DatasetSource>(set, order, options);
  };
}

ValidationSet open_validation(const io::DataOptions& options) {
  auto manifest = std::make_shared<const io::Manifest>(io::read_manifest(options.dir));
  auto ids = io::read_split(options.split).validation;
  for (const std::string& id : ids) {
    static_cast<void>(manifest->at(id));  // A case that was not imported is told now.
  }
  io::DataOptions plain = options;
  plain.augment = "none";
  plain.foreground_fraction = 1.0;
  const auto size = static_cast<std::int64_t>(ids.size());
  return {size, [manifest, ids = std::move(ids), plain](std::int64_t index) {
            const std::string& id = ids.at(static_cast<std::size_t>(index));
            const io::TrainingSet one(plain, *manifest, {id}, kValidationSeed, 1);
            return to_tensors(one.make(index, 0));
          }};
}

std::string data_identity(const io::DataOptions& options) {
  static_cast<void>(io::read_manifest(options.dir));  // Says what to do where there is none.
  return "data.manifest=" + sha256_file(io::manifest_path(options.dir)) +
         "\ndata.split=" + io::read_split(options.split).sha256 + "\n";
}

}  // namespace yates::train
