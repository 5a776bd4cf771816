// SPDX-License-Identifier: Apache-2.0
// The training cases of a split, and the making of one sample out of them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "io/dataset/options.hpp"
#include "io/dataset/sample.hpp"
#include "io/dataset/sampler.hpp"
#include "io/shard/manifest.hpp"

namespace yates::io {

/// Cases opened for training. `make` may be called from several threads; what it returns depends on
/// the data, the options, seed, step and slot alone.
class TrainingSet {
 public:
  /// Opens the training part of options.split in options.dir, in the order of case ids. Throws
  /// Error{InputMissing} or Error{BadData}: data or split missing, a case of the split not
  /// imported, no training case.
  TrainingSet(const DataOptions& options, std::uint64_t seed, std::int64_t global_batch);
  /// The same with these cases of a manifest; `options.split` is not read.
  TrainingSet(const DataOptions& options,
              const Manifest& manifest,
              std::vector<std::string> ids,
              std::uint64_t seed,
              std::int64_t global_batch);
  ~TrainingSet();
  TrainingSet(const TrainingSet&) = delete;
  TrainingSet& operator=(const TrainingSet&) = delete;

  /// The sample of `slot` of the global batch at `step`. The memory of `spare` is used again: fresh
  /// pages of 36 MB cost several times the reading of a patch. Throws Error{BadData} or Error{Io}
  /// naming the case.
  [[nodiscard]] Sample make(std::int64_t step, std::int64_t slot, Sample spare = {}) const;

  [[nodiscard]] const PatchSampler& sampler() const { return sampler_; }

 private:
  struct Case;  ///< A reader and its label index.

  [[nodiscard]] std::array<std::int64_t, 3> find_voxel(std::size_t case_index,
                                                       std::uint8_t label,
                                                       std::int64_t k) const;

  PatchSampler sampler_;
  bool augments_;
  std::vector<std::unique_ptr<Case>> cases_;
};

}  // namespace yates::io
