// SPDX-License-Identifier: Apache-2.0
// A data set of small cases of awkward shapes, made without any import.
#pragma once

#include <array>
#include <cmath>
#include <filesystem>
#include <span>
#include <string>
#include <vector>

#include "io/shard/manifest.hpp"
#include "io/shard/shard_writer.hpp"

namespace yates::testing {

/// Stored counts of one case: a ramp with another slope per channel, some of it negative.
inline std::vector<std::int16_t> small_counts(std::array<std::int64_t, 3> shape) {
  const std::int64_t voxels = shape[0] * shape[1] * shape[2];
  std::vector<std::int16_t> counts;
  for (std::int64_t channel = 0; channel < 4; ++channel) {
    for (std::int64_t i = 0; i < voxels; ++i) {
      counts.push_back(static_cast<std::int16_t>((i * (2 * channel + 1)) % 97 - 10 * channel));
    }
  }
  return counts;
}

/// Labels 0, 1, 2, 3, 0, 1, ...
inline std::vector<std::uint8_t> small_labels(std::array<std::int64_t, 3> shape) {
  std::vector<std::uint8_t> labels;
  for (std::int64_t i = 0; i < shape[0] * shape[1] * shape[2]; ++i) {
    labels.push_back(static_cast<std::uint8_t>(i % 4));
  }
  return labels;
}

inline io::CaseRecord small_record(const std::string& id,
                                   std::array<std::int64_t, 3> shape,
                                   std::span<const std::int16_t> counts) {
  io::CaseRecord record;
  record.id = id;
  record.patient = io::patient_of(id);
  record.shape = shape;
  const auto voxels = static_cast<std::size_t>(record.voxels());
  for (std::size_t axis = 0; axis < 3; ++axis) {
    record.source_shape[axis] = shape[axis] + 3;
    record.crop[axis] = {1, shape[axis] + 1};
  }
  for (std::size_t channel = 0; channel < 4; ++channel) {
    double sum = 0;
    double squares = 0;
    for (const std::int16_t count : counts.subspan(channel * voxels, voxels)) {
      sum += count;
      squares += static_cast<double>(count) * count;
    }
    const auto n = static_cast<double>(voxels);
    record.mean[channel] = sum / n;
    record.sd[channel] = std::sqrt(squares / n - (sum / n) * (sum / n));
  }
  for (std::int64_t i = 0; i < record.voxels(); ++i) {
    if (i % 4 != 0) {
      ++record.label_voxels[static_cast<std::size_t>(i % 4 - 1)];
    }
  }
  return record;
}

/// Writes a data set of one shard, shard-0000.h5. Shapes are (D, H, W).
inline io::Manifest write_small_data_set(
    const std::filesystem::path& dir,
    const std::vector<std::pair<std::string, std::array<std::int64_t, 3>>>& cases) {
  io::Manifest manifest;
  io::ShardWriter writer(dir, "shard-0000.h5");
  for (const auto& [id, shape] : cases) {
    const std::vector<std::int16_t> counts = small_counts(shape);
    io::CaseRecord record = small_record(id, shape, counts);
    writer.add(record, std::as_bytes(std::span(counts)), small_labels(shape));
    manifest.cases.push_back(record);
  }
  manifest.shards.push_back(writer.publish());
  io::write_manifest(dir, manifest);
  return manifest;
}

}  // namespace yates::testing
