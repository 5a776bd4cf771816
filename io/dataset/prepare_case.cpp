// SPDX-License-Identifier: Apache-2.0
#include "io/dataset/prepare_case.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <optional>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "io/dataset/box.hpp"
#include "io/image/image.hpp"
#include "io/shard/modality.hpp"

namespace yates::io {
namespace {

constexpr std::size_t kChannels = kModalityNames.size();
constexpr std::size_t kLargestLabel = 3;

/// What is known of a case while it is read.
struct Sources {
  std::array<std::optional<Image>, kChannels> images;
  std::optional<LabelMap> labels;
};

Problem for_case(const std::string& id, const char* part, Problem problem) {
  problem.what = fmt::format("case {}, {}: {}", id, part, problem.what);
  return problem;
}

/// Runs `read`; its Error becomes problems of the case. A file system that fails is none of the
/// case's: it ends the import, or --allow-missing would leave out what is whole. Throws Error{Io}.
template <typename Read>
auto read_part(const std::string& id, const char* part, std::vector<Problem>& problems, Read read)
    -> std::optional<decltype(read())> {
  try {
    return read();
  } catch (const Error& error) {
    std::vector<Problem> named;
    for (const Problem& problem : error.problems()) {
      named.push_back(for_case(id, part, problem));
    }
    if (error.code() == ExitCode::Io) {
      throw Error(ExitCode::Io, named);
    }
    problems.insert(problems.end(), named.begin(), named.end());
    return std::nullopt;
  }
}

Sources read_all(const CaseFiles& files, std::vector<Problem>& problems) {
  Sources sources;
  for (std::size_t channel = 0; channel < kChannels; ++channel) {
    sources.images[channel] = read_part(files.id, kModalityNames[channel], problems, [&] {
      return read_image(files.modality[channel]);
    });
  }
  sources.labels =
      read_part(files.id, "seg", problems, [&] { return read_label_map(files.labels); });
  return sources;
}

struct PlacedFile {
  const char* name;
  const Geometry* grid;
  std::filesystem::path path;
};

/// The grid that most files of the case have: those with another one are the odd ones.
const PlacedFile& usual(const std::vector<PlacedFile>& files) {
  const auto alike = [&](const PlacedFile& one) {
    return std::count_if(files.begin(), files.end(), [&](const PlacedFile& other) {
      return grid_difference(*one.grid, *other.grid).empty();
    });
  };
  return *std::max_element(files.begin(), files.end(), [&](const auto& a, const auto& b) {
    return alike(a) < alike(b);
  });
}

void check_grids(const CaseFiles& files,
                 const std::vector<PlacedFile>& placed,
                 std::vector<Problem>& problems) {
  if (placed.empty()) {
    return;
  }
  const PlacedFile& reference = usual(placed);
  for (const PlacedFile& file : placed) {
    const std::string difference = grid_difference(*reference.grid, *file.grid);
    if (!difference.empty()) {
      problems.push_back(
          for_case(files.id,
                   file.name,
                   {.what = fmt::format("another grid than {}: {}", reference.name, difference),
                    .where = file.path.string(),
                    .allowed = "one grid for all files of a case",
                    .fix = "resample the file to the grid of the others"}));
    }
  }
}

/// Values must be finite, and every grid the same.
void check_images(const CaseFiles& files, const Sources& sources, std::vector<Problem>& problems) {
  std::vector<PlacedFile> placed;
  for (std::size_t channel = 0; channel < kChannels; ++channel) {
    if (!sources.images[channel]) {
      continue;
    }
    const Image& image = *sources.images[channel];
    placed.push_back({kModalityNames[channel], &image.geometry, files.modality[channel]});
    if (image.not_finite > 0) {
      problems.push_back(
          for_case(files.id,
                   kModalityNames[channel],
                   {.what = fmt::format("{} voxels are NaN or infinite", image.not_finite),
                    .where = files.modality[channel].string(),
                    .allowed = "finite values",
                    .fix = "replace them in the source, e.g. by 0"}));
    }
  }
  if (sources.labels) {
    placed.push_back({"seg", &sources.labels->geometry, files.labels});
  }
  check_grids(files, placed, problems);
}

/// Converts to 0..3 in place.
void convert_labels(const CaseFiles& files,
                    LabelConvention convention,
                    LabelMap& map,
                    std::vector<Problem>& problems) {
  std::array<std::int64_t, 256> counts{};
  for (const std::uint8_t label : map.voxels) {
    ++counts[label];
  }
  const bool old = convention == LabelConvention::Brats2021;
  std::vector<std::string> found;
  bool fine = true;
  for (std::size_t label = 0; label < counts.size(); ++label) {
    if (counts[label] > 0) {
      found.push_back(fmt::format("{}: {}", label, counts[label]));
      fine = fine && (label <= kLargestLabel || (old && label == 4));
    }
  }
  const bool mixed = old && counts[3] > 0 && counts[4] > 0;
  if (!fine || mixed) {
    const bool would_help = !old && counts[4] > 0 && counts[3] == 0;
    problems.push_back(
        for_case(files.id,
                 "seg",
                 {.what = fmt::format("{} (voxels by label: {})",
                                      mixed ? "labels 3 and 4 in one map" : "unknown labels",
                                      fmt::join(found, ", ")),
                  .where = files.labels.string(),
                  .allowed = old ? "0, 1, 2, 4 (or 0..3)" : "0, 1 (NCR), 2 (ED), 3 (ET)",
                  .fix = would_help ? "if 4 is the enhancing tumour: --labels brats2021" : ""}));
    return;
  }
  if (old && counts[4] > 0) {
    std::replace(map.voxels.begin(), map.voxels.end(), std::uint8_t{4}, std::uint8_t{3});
  }
}

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
void store_image(const Sources& sources, const Box& box, PreparedCase& prepared) {
  const auto voxels = static_cast<std::size_t>(prepared.record.voxels());
  prepared.image.resize(kChannels * voxels * sizeof(Stored));
  auto* target = reinterpret_cast<Stored*>(prepared.image.data());
  for (std::size_t channel = 0; channel < kChannels; ++channel) {
    const Image& image = *sources.images[channel];
    Stored* first = target + channel * voxels;
    crop(std::span<const float>(image.voxels), image.geometry.shape, box, first);
    const Moments moments = moments_of(std::span<const Stored>(first, voxels));
    prepared.record.mean[channel] = moments.mean;
    prepared.record.sd[channel] = moments.sd;
  }
}

/// Counts labels in the box, outside it, and where no modality shows anything.
void count_labels(const Sources& sources, PreparedCase& prepared) {
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

void collect_warnings(const Sources& sources, PreparedCase& prepared) {
  const CaseRecord& record = prepared.record;
  const auto warn = [&](std::string text) {
    prepared.warnings.push_back("case " + record.id + ": " + std::move(text));
  };
  for (std::size_t channel = 0; channel < kChannels; ++channel) {
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
  for (std::size_t channel = 0; channel < kChannels; ++channel) {
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
  Sources sources = read_all(files, prepared.problems);
  check_images(files, sources, prepared.problems);
  if (sources.labels) {
    convert_labels(files, convention, *sources.labels, prepared.problems);
  }
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
