// SPDX-License-Identifier: Apache-2.0
#include "io/dataset/prepare_case.hpp"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "io/dataset/box.hpp"
#include "io/dataset/case_sources.hpp"
#include "io/image/image.hpp"
#include "io/shard/modality.hpp"

namespace yates::io {
namespace {

/// Copies the box out of a volume, converting to Stored.
template <typename Stored, typename Value>
void crop(std::span<const Value> volume,
          const std::array<std::int64_t, 3>& shape,
          const Box& box,
          Stored* target) {
  const std::int64_t columns = box[2][1] - box[2][0];
  for (std::int64_t z = box[0][0]; z < box[0][1]; ++z) {
    for (std::int64_t y = box[1][0]; y < box[1][1]; ++y) {
      const Value* row = volume.data() + (z * shape[1] + y) * shape[2] + box[2][0];
      for (std::int64_t x = 0; x < columns; ++x) {
        target[x] = static_cast<Stored>(row[x]);
      }
      target += columns;
    }
  }
}

/// Crops all modalities as Stored and measures them.
template <typename Stored>
void store_image(const CaseSources& sources, const Box& box, PreparedCase& prepared) {
  const auto voxels = static_cast<std::size_t>(prepared.record.voxels());
  prepared.image.resize(kModalityNames.size() * voxels * sizeof(Stored));
  auto* target = reinterpret_cast<Stored*>(prepared.image.data());
  for (std::size_t channel = 0; channel < kModalityNames.size(); ++channel) {
    const Image& image = *sources.images[channel];
    Stored* first = target + channel * voxels;
    crop(std::span<const float>(image.voxels), image.geometry.shape, box, first);
    const Moments moments = moments_of(std::span<const Stored>(first, voxels));
    prepared.record.mean[channel] = moments.mean;
    prepared.record.sd[channel] = moments.sd;
  }
}

/// Counts labels in the box, outside it, and where no modality shows anything.
void count_labels(const CaseSources& sources, PreparedCase& prepared) {
  CaseRecord& record = prepared.record;
  for (const std::uint8_t label : prepared.labels) {
    if (label > 0) {
      ++record.label_voxels[label - 1U];
    }
  }
  std::int64_t all = 0;
  const LabelMap& map = *sources.labels;
  for (std::size_t i = 0; i < map.voxels.size(); ++i) {
    if (map.voxels[i] == 0) {
      continue;
    }
    ++all;
    const bool nothing = std::all_of(sources.images.begin(),
                                     sources.images.end(),
                                     [i](const auto& image) { return image->voxels[i] == 0; });
    record.labels_outside_brain += nothing ? 1 : 0;
  }
  record.labels_outside_crop =
      all - record.label_voxels[0] - record.label_voxels[1] - record.label_voxels[2];
}

void collect_warnings(const CaseSources& sources, PreparedCase& prepared) {
  const CaseRecord& record = prepared.record;
  const auto warn = [&](std::string text) {
    prepared.warnings.push_back("case " + record.id + ": " + std::move(text));
  };
  for (std::size_t channel = 0; channel < kModalityNames.size(); ++channel) {
    if (!sources.images[channel]->note.empty()) {
      warn(fmt::format("{}: {}", kModalityNames[channel], sources.images[channel]->note));
    }
  }
  if (!sources.labels->note.empty()) {
    warn("seg: " + sources.labels->note);
  }
  if (record.labels_outside_brain > record.labels_outside_crop) {
    warn(fmt::format("{} labelled voxels lie where all modalities are 0; they are kept",
                     record.labels_outside_brain - record.labels_outside_crop));
  }
  if (record.labels_outside_crop > 0) {
    warn(fmt::format("{} labelled voxels lie outside the box of the brain; they are cut off",
                     record.labels_outside_crop));
  }
  if (record.label_voxels == std::array<std::int64_t, 3>{}) {
    warn("no tumour is labelled");
  }
  for (std::size_t channel = 0; channel < kModalityNames.size(); ++channel) {
    if (record.sd[channel] == 0) {
      warn(fmt::format("{} is constant in the box", kModalityNames[channel]));
    }
  }
  const auto off = [](double spacing) { return std::abs(spacing - 1) > 1e-3; };
  if (std::any_of(record.spacing_mm.begin(), record.spacing_mm.end(), off)) {
    warn(fmt::format("spacing {:g} mm is kept, not resampled to 1 mm",
                     fmt::join(record.spacing_mm, " x ")));
  }
}

void place_record(const CaseFiles& files, const Geometry& geometry, const Box& box, CaseRecord& r) {
  r.id = files.id;
  r.patient = patient_of(files.id);
  r.source_shape = geometry.shape;
  r.spacing_mm = geometry.spacing_mm;
  r.origin = geometry.origin;
  r.direction = geometry.direction;
  r.crop = box;
  for (std::size_t axis = 0; axis < 3; ++axis) {
    r.shape[axis] = box[axis][1] - box[axis][0];
  }
}

}  // namespace

PreparedCase prepare_case(const CaseFiles& files, LabelConvention convention) {
  PreparedCase prepared;
  prepared.problems = files.problems;
  if (!prepared.problems.empty()) {
    return prepared;
  }
  const CaseSources sources = read_sources(files, convention, prepared.problems);
  if (!prepared.problems.empty()) {
    return prepared;
  }
  const Geometry& geometry = sources.images[0]->geometry;
  Box box{};
  for (const auto& image : sources.images) {
    grow_to_nonzero(std::span<const float>(image->voxels), geometry.shape, box);
  }
  if (is_empty(box)) {
    prepared.problems.push_back(
        {.what = "case " + files.id + ": every voxel of all modalities is 0",
         .where = files.modality[0].parent_path().string(),
         .allowed = "images of a brain",
         .fix = "copy the case again from its source"});
    return prepared;
  }
  place_record(files, geometry, box, prepared.record);
  const bool integral = std::all_of(sources.images.begin(),
                                    sources.images.end(),
                                    [](const auto& image) { return image->fits_int16(); });
  if (integral) {
    prepared.record.storage = Storage::Int16;
    store_image<std::int16_t>(sources, box, prepared);
  } else {
    prepared.record.storage = Storage::Float32;
    store_image<float>(sources, box, prepared);
  }
  prepared.labels.resize(static_cast<std::size_t>(prepared.record.voxels()));
  crop(std::span<const std::uint8_t>(sources.labels->voxels),
       geometry.shape,
       box,
       prepared.labels.data());
  count_labels(sources, prepared);
  collect_warnings(sources, prepared);
  return prepared;
}

}  // namespace yates::io
