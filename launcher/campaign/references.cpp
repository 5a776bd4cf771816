// SPDX-License-Identifier: Apache-2.0
#include "launcher/campaign/references.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "base/digest.hpp"
#include "base/file.hpp"
#include "base/log.hpp"
#include "io/dataset/split.hpp"
#include "io/image/image.hpp"
#include "io/shard/case_reader.hpp"
#include "io/shard/manifest.hpp"

namespace yates::campaign {
namespace {

/// The labels of the stored box, put back into the grid of the source volume; 0 outside the box.
io::LabelMap source_label_map(const io::CaseReader& reader) {
  io::LabelMap map;
  map.geometry = reader.source_geometry();
  const auto& [depth, height, width] = reader.record().source_shape;
  map.voxels.assign(static_cast<std::size_t>(depth * height * width), 0);
  const std::vector<std::uint8_t> box = reader.read_labels(reader.whole());
  const auto& shape = reader.record().shape;
  const auto& crop = reader.record().crop;
  for (std::int64_t z = 0; z < shape[0]; ++z) {
    for (std::int64_t y = 0; y < shape[1]; ++y) {
      const std::int64_t from = (z * shape[1] + y) * shape[2];
      const std::int64_t to = ((z + crop[0][0]) * height + y + crop[1][0]) * width + crop[2][0];
      std::copy_n(box.begin() + from, shape[2], map.voxels.begin() + to);
    }
  }
  return map;
}

}  // namespace

std::filesystem::path prepare_references(const std::filesystem::path& data_dir,
                                         const std::filesystem::path& split,
                                         const std::filesystem::path& out) {
  const io::Manifest manifest = io::read_manifest(data_dir);
  const io::Split parts = io::read_split(split);
  std::string content = parts.sha256;
  for (const std::string& id : parts.test) {
    content += "\n" + case_to_json(manifest.at(id)).dump();
  }
  const std::filesystem::path folder = out / "references" / sha256_hex(content).substr(0, 16);
  std::error_code ignored;
  if (std::filesystem::exists(folder / ".complete", ignored)) {
    return folder;
  }
  make_directories(folder);
  Progress progress("references", static_cast<std::int64_t>(parts.test.size()), "case");
  std::int64_t done = 0;
  for (const std::string& id : parts.test) {
    const io::CaseReader reader(data_dir, manifest, id);
    io::write_label_map(folder / (id + ".nii.gz"), source_label_map(reader));
    progress.update(++done);
  }
  write_file_atomic(folder / ".complete", "");
  return folder;
}

}  // namespace yates::campaign
