// SPDX-License-Identifier: Apache-2.0
#include "io/dataset/case_sources.hpp"

#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <string>

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace yates::io {
namespace {

constexpr std::size_t kChannels = kModalityNames.size();
constexpr std::size_t kLargestLabel = 3;

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

CaseSources read_all(const CaseFiles& files, std::vector<Problem>& problems) {
  CaseSources sources;
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
void check_images(const CaseFiles& files,
                  const CaseSources& sources,
                  std::vector<Problem>& problems) {
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

}  // namespace

CaseSources read_sources(const CaseFiles& files,
                         LabelConvention convention,
                         std::vector<Problem>& problems) {
  CaseSources sources = read_all(files, problems);
  check_images(files, sources, problems);
  if (sources.labels) {
    convert_labels(files, convention, *sources.labels, problems);
  }
  return sources;
}

}  // namespace yates::io
