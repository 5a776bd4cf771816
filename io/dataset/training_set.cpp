// SPDX-License-Identifier: Apache-2.0
#include "io/dataset/training_set.hpp"

#include <algorithm>
#include <iterator>
#include <mutex>
#include <optional>
#include <span>
#include <utility>

#include <fmt/format.h>

#include "base/error.hpp"
#include "base/text.hpp"
#include "io/augment/augment.hpp"
#include "io/dataset/label_index.hpp"
#include "io/dataset/split.hpp"
#include "io/shard/case_reader.hpp"

namespace yates::io {
namespace {

constexpr std::size_t kChannels = 4;

std::vector<SamplerCase> sampler_cases(const Manifest& manifest, std::vector<std::string>& ids) {
  std::sort(ids.begin(), ids.end());
  std::vector<SamplerCase> cases;
  for (const std::string& id : ids) {
    const CaseRecord& record = manifest.at(id);
    cases.push_back({.id = id, .shape = record.shape, .label_voxels = record.label_voxels});
  }
  return cases;
}

/// The training cases of the split. Throws Error{BadData} for a split of other data: with all cases
/// of any part that the data set lacks.
std::vector<std::string> training_ids(const DataOptions& options) {
  const Manifest manifest = read_manifest(options.dir);
  Split split = read_split(options.split);
  std::vector<std::string> missing;
  std::size_t count = 0;
  for (const auto* part : {&split.train, &split.validation, &split.test}) {
    count += part->size();
    std::copy_if(part->begin(), part->end(), std::back_inserter(missing), [&](const auto& id) {
      return manifest.find(id) == nullptr;
    });
  }
  if (!missing.empty()) {
    constexpr std::size_t kNamed = 5;
    const std::size_t named = std::min(missing.size(), kNamed);
    throw Error(
        ExitCode::BadData,
        Problem{
            .what = fmt::format("{} of its {} cases are not in {}: {}{}",
                                missing.size(),
                                count,
                                options.dir,
                                join(std::span(missing).first(named), ", "),
                                named < missing.size() ? ", ..." : ""),
            .where = options.split,
            .allowed = fmt::format(
                "the {} cases of {}", manifest.cases.size(), manifest_path(options.dir).string()),
            .fix = fmt::format("yates data split --data {} --out {}, or name the data that the "
                               "split is of",
                               options.dir,
                               options.split)});
  }
  return std::move(split.train);
}

bool wants_augmentation(const std::string& name) {
  if (name != "light_training" && name != "none") {
    throw Error(ExitCode::BadConfig,
                Problem{.what = "'" + name + "' is no augmentation",
                        .where = "data.augment",
                        .allowed = "light_training, none",
                        .fix = ""});
  }
  return name == "light_training";
}

}  // namespace

struct TrainingSet::Case {
  explicit Case(CaseReader opened) : reader(std::move(opened)) {}

  CaseReader reader;
  std::once_flag once;
  std::optional<LabelIndex> index;  ///< Built when the first foreground patch is drawn.
};

TrainingSet::TrainingSet(const DataOptions& options, std::uint64_t seed, std::int64_t global_batch)
    : TrainingSet(options, read_manifest(options.dir), training_ids(options), seed, global_batch) {}

TrainingSet::TrainingSet(const DataOptions& options,
                         const Manifest& manifest,
                         std::vector<std::string> ids,
                         std::uint64_t seed,
                         std::int64_t global_batch)
    : sampler_(sampler_cases(manifest, ids),
               options.patch,
               options.foreground_fraction,
               global_batch,
               seed),
      augments_(wants_augmentation(options.augment)) {
  for (CaseReader& reader : open_cases(options.dir, manifest, ids)) {
    cases_.push_back(std::make_unique<Case>(std::move(reader)));
  }
}

TrainingSet::~TrainingSet() = default;

Sample TrainingSet::make(std::int64_t step, std::int64_t slot, Sample spare) const {
  Sample sample = std::move(spare);
  sample.step = step;
  sample.slot = slot;
  sample.choice = sampler_.choose(
      step, slot, [this](std::size_t case_index, std::uint8_t label, std::int64_t k) {
        return find_voxel(case_index, label, k);
      });
  const Case& chosen = *cases_[sample.choice.case_index];
  sample.case_id = chosen.reader.record().id;
  sample.shape = sampler_.patch();
  const VoxelBox box{.corner = sample.choice.corner, .shape = sample.shape};
  sample.x.resize(kChannels * static_cast<std::size_t>(box.voxels()));
  sample.y.resize(static_cast<std::size_t>(box.voxels()));
  chosen.reader.read_image(box, sample.x);
  chosen.reader.read_labels(box, sample.y);
  sample.augmentation.reset();
  if (augments_) {
    sample.augmentation = draw_augmentation(sampler_.seed(), step, slot, kChannels);
    augment({.voxels = sample.x, .shape = sample.shape}, sample.y, *sample.augmentation);
  }
  return sample;
}

std::array<std::int64_t, 3> TrainingSet::find_voxel(std::size_t case_index,
                                                    std::uint8_t label,
                                                    std::int64_t k) const {
  Case& chosen = *cases_[case_index];
  const CaseRecord& record = chosen.reader.record();
  std::call_once(chosen.once, [&] {
    chosen.index.emplace(chosen.reader.read_labels(chosen.reader.whole()), record.shape);
  });
  if (chosen.index->counts() != record.label_voxels) {
    throw Error(ExitCode::BadData,
                Problem{.what = "case " + record.id + ": the labels are not those of the manifest",
                        .where = record.shard,
                        .allowed = "",
                        .fix = "run `yates data verify`; import the case again"});
  }
  const LabelIndex::Place place = chosen.index->locate(label, k);
  const std::int64_t width = record.shape[2];
  const auto slice =
      chosen.reader.read_labels({.corner = {place.z, 0, 0}, .shape = {1, record.shape[1], width}});
  const auto [y, x] = voxel_in_slice(slice, width, label, place.rank);
  return {place.z, y, x};
}

}  // namespace yates::io
