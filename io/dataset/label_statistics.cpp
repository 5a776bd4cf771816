// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "base/error.hpp"
#include "base/file.hpp"
#include "io/dataset/statistics.hpp"
#include "io/image/image.hpp"

namespace yates::io {
namespace {

namespace fs = std::filesystem;

std::vector<std::string> case_ids(const fs::path& dir) {
  std::error_code error;
  fs::directory_iterator entries(dir, error);
  if (error) {
    const InputFile missing(dir);  // Throws where there is nothing of that name.
    throw Error(ExitCode::InputMissing,
                Problem{.what = "cannot list the folder: " + error.message(),
                        .where = dir.string(),
                        .allowed = "a folder with one folder per case",
                        .fix = "check the path"});
  }
  std::vector<std::string> ids;
  for (const fs::directory_entry& entry : entries) {
    const std::string id = entry.path().filename().string();
    if (entry.is_directory() && fs::exists(entry.path() / (id + "-crop.json"))) {
      ids.push_back(id);
    }
  }
  if (ids.empty()) {
    throw Error(ExitCode::BadData,
                Problem{.what = "no case in this folder",
                        .where = dir.string(),
                        .allowed = "folders CASE with CASE-seg.nii.gz and CASE-crop.json",
                        .fix = "yates data phantom --labels-only makes one"});
  }
  std::sort(ids.begin(), ids.end());
  return ids;
}

using Box = std::array<std::array<std::int64_t, 2>, 3>;

Box read_crop(const fs::path& path, const std::array<std::int64_t, 3>& shape) {
  const Box box = json_get<Box>(read_json(path), "crop", path.string());
  for (std::size_t axis = 0; axis < 3; ++axis) {
    if (box[axis][0] < 0 || box[axis][0] >= box[axis][1] || box[axis][1] > shape[axis]) {
      throw Error(ExitCode::BadData,
                  Problem{.what = fmt::format("the box leaves the volume along axis {}", axis),
                          .where = path.string(),
                          .allowed = fmt::format("0 to {}", shape[axis]),
                          .fix = "make the set again"});
    }
  }
  return box;
}

void add_label_map(DataValues& values, const fs::path& dir, const std::string& id) {
  const LabelMap map = read_label_map(dir / id / (id + "-seg.nii.gz"));
  const std::array<std::int64_t, 3>& shape = map.geometry.shape;
  const Box box = read_crop(dir / id / (id + "-crop.json"), shape);
  std::array<std::int64_t, 3> side{};
  for (std::size_t axis = 0; axis < 3; ++axis) {
    side[axis] = box[axis][1] - box[axis][0];
  }
  std::vector<std::uint8_t> cropped;
  cropped.reserve(static_cast<std::size_t>(side[0] * side[1] * side[2]));
  for (std::int64_t z = box[0][0]; z < box[0][1]; ++z) {
    for (std::int64_t y = box[1][0]; y < box[1][1]; ++y) {
      const auto row = map.voxels.begin() + (z * shape[1] + y) * shape[2];
      cropped.insert(cropped.end(), row + box[2][0], row + box[2][1]);
    }
  }
  add_labels(
      values,
      cropped,
      {.shape = side, .source_shape = shape, .source_low = {box[0][0], box[1][0], box[2][0]}});
}

}  // namespace

DataValues measure_label_maps(const fs::path& dir) {
  DataValues values;
  for (const std::string& id : case_ids(dir)) {
    add_label_map(values, dir, id);
  }
  return values;
}

}  // namespace yates::io
