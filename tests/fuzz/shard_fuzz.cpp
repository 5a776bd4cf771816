// SPDX-License-Identifier: Apache-2.0
// A data set's index, split or shard is read or refused. A text is taken for manifest.json and
// split.json, anything else for a shard whose manifest agrees with it.
#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/file.hpp"
#include "io/dataset/split.hpp"
#include "io/shard/case_reader.hpp"
#include "io/shard/equal_images.hpp"
#include "io/shard/manifest.hpp"
#include "tests/fuzz/input_folder.hpp"

namespace yates::fuzz {
namespace {

void check_manifest(std::string_view text) {
  const std::filesystem::path dir = put_file("set/manifest.json", text).parent_path();
  accepted([&] {
    const io::Manifest manifest = io::read_manifest(dir);
    for (const io::CaseRecord& record : manifest.cases) {
      must(record.voxels() > 0, "a case has voxels");
    }
    (void)io::find_equal_images(manifest);
    io::write_manifest(dir, manifest);
    const std::string once = read_file(io::manifest_path(dir));
    io::write_manifest(dir, io::read_manifest(dir));
    must(read_file(io::manifest_path(dir)) == once, "a manifest is written again as it was read");
    for (const io::CaseRecord& record : manifest.cases) {
      accepted([&] {
        (void)io::CaseReader(dir, manifest, record.id).read_labels({{}, {1, 1, 1}});
      });
    }
  });
}

void check_split(std::string_view text) {
  const std::filesystem::path path = put_file("split.json", text);
  accepted([&] {
    const io::Split split = io::read_split(path);
    io::write_split(path, split);
    must(io::read_split(path).sha256 == split.sha256, "a split is read again as it was written");
  });
  accepted([&] { (void)io::read_id_list(path); });
}

/// A record that says what the shard says itself, as an attacker who writes both files would.
io::CaseRecord agreeing_record(const std::string& id, const io::StoredCase& stored) {
  io::CaseRecord record;
  record.id = id;
  for (std::size_t axis = 0; axis < 3 && stored.labels.shape.size() == 3; ++axis) {
    record.shape[axis] = record.source_shape[axis] = stored.labels.shape[axis];
    record.crop[axis] = {0, record.shape[axis]};
  }
  record.storage =
      stored.image.type == io::ElementType::Int16 ? io::Storage::Int16 : io::Storage::Float32;
  std::copy_n(
      stored.mean.begin(), std::min<std::size_t>(4, stored.mean.size()), record.mean.begin());
  std::copy_n(stored.sd.begin(), std::min<std::size_t>(4, stored.sd.size()), record.sd.begin());
  if (stored.crc32c.size() == 5) {
    for (std::size_t channel = 0; channel < 4; ++channel) {
      record.crc32c.modality[channel] = static_cast<std::uint32_t>(stored.crc32c[channel]);
    }
    record.crc32c.labels = static_cast<std::uint32_t>(stored.crc32c[4]);
  }
  return io::case_from_json(io::case_to_json(record), "the record");
}

void check_shard(std::string_view bytes) {
  const std::filesystem::path path = put_file("shard.h5", bytes);
  accepted([&] {
    const auto shard =
        std::make_shared<const io::ShardFile>(path, static_cast<std::int64_t>(bytes.size()));
    for (const auto& entry : shard->cases()) {
      accepted([&] {
        const io::CaseReader reader(shard, agreeing_record(entry.first, entry.second));
        (void)reader.read_image(io::VoxelBox{{-1, 0, 1}, {3, 3, 3}});
        (void)reader.read_labels(io::VoxelBox{{0, -1, 0}, {3, 3, 3}});
      });
    }
  });
}

}  // namespace
}  // namespace yates::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace yates::fuzz;
  const std::string_view bytes = text_of(data, size);
  if (bytes.starts_with('{')) {
    check_manifest(bytes);
    check_split(bytes);
  } else {
    check_shard(bytes);
  }
  return 0;
}
