// SPDX-License-Identifier: Apache-2.0
#include "io/phantom/defect_edits.hpp"

#include <algorithm>
#include <array>
#include <span>

#include "base/error.hpp"
#include "base/file.hpp"
#include "io/image/gzip.hpp"

namespace yates::io {

namespace fs = std::filesystem;
namespace field = nifti_field;

std::size_t first_labelled(const std::vector<std::uint8_t>& labels) {
  const auto found =
      std::find_if(labels.begin(), labels.end(), [](std::uint8_t label) { return label > 0; });
  YATES_ASSERT(found != labels.end(), "a phantom without tumour");
  return static_cast<std::size_t>(found - labels.begin());
}

void clear_image(const DefectTarget& target, std::string_view part) {
  target.change(part, [](NiftiEdit& file) {
    file.set_voxels(std::vector<std::int16_t>(file.voxels<std::int16_t>().size()), kInt16);
  });
}

void cut_gzip(const DefectTarget& target) {
  const NiftiEdit file = target.edit("t2f");
  const std::string stored = read_file(file.path());
  file.save_raw(std::as_bytes(std::span(stored)).first(stored.size() * 2 / 3));
}

void break_crc(const DefectTarget& target) {
  const NiftiEdit file = target.edit("t1n");
  std::string stored = read_file(file.path());
  stored[stored.size() - 7] = static_cast<char>(stored[stored.size() - 7] ^ 1);
  file.save_raw(std::as_bytes(std::span(stored)));
}

void drop_slice(const DefectTarget& target) {
  target.change("t1c", [](NiftiEdit& file) {
    const std::size_t z = field::kLengths + 4;
    const auto depth = file.get<std::int16_t>(z);
    std::vector<std::int16_t> counts = file.voxels<std::int16_t>();
    counts.resize(counts.size() / static_cast<std::size_t>(depth) *
                  static_cast<std::size_t>(depth - 1));
    file.set_voxels(counts, kInt16).put(z, static_cast<std::int16_t>(depth - 1));
  });
}

void empty_folder(const DefectTarget& target) {
  std::vector<fs::path> files;
  for (const auto& entry : fs::directory_iterator(target.folder)) {
    files.push_back(entry.path());
  }
  for (const fs::path& file : files) {
    fs::remove(file);
  }
}

void punch_hole(const DefectTarget& target) {
  const std::size_t at = first_labelled(target.edit("seg").voxels<std::uint8_t>());
  target.change_images([at](NiftiEdit& file) {
    std::vector<std::int16_t> counts = file.voxels<std::int16_t>();
    counts[at] = 0;
    file.set_voxels(counts, kInt16);
  });
}

void split_members(const DefectTarget& target) {
  NiftiEdit file = target.edit("t2w");
  const std::span<const std::byte> content = file.bytes();
  std::vector<std::byte> stored = gzip_compress(content.first(200), kGzipLevel);
  const std::vector<std::byte> second = gzip_compress(content.subspan(200), kGzipLevel);
  stored.insert(stored.end(), second.begin(), second.end());
  stored.resize(stored.size() + 512);
  file.save_raw(stored);
}

void add_extension(NiftiEdit& file) {
  constexpr std::int32_t kSize = 16;
  std::vector<std::byte>& bytes = file.bytes();
  bytes.insert(bytes.begin() + field::kVoxels, kSize, std::byte{0});
  file.put(field::kExtension, std::uint8_t{1})
      .put(field::kVoxels, kSize)
      .put(field::kVoxels + 4, std::int32_t{6})
      .put(field::kDataOffset, static_cast<float>(field::kVoxels + kSize));
}

void scale(NiftiEdit& file) {
  const std::vector<std::int16_t> counts = file.voxels<std::int16_t>();
  std::vector<std::int32_t> doubled;
  doubled.reserve(counts.size());
  for (const std::int16_t count : counts) {
    doubled.push_back(2 * count);
  }
  file.set_voxels(doubled, kInt32).put(field::kSlope, 0.5F);
}

void uncompress(const DefectTarget& target) {
  for (const std::string_view part : {"t2w", "t2f", "t1n", "t1c", "seg"}) {
    NiftiEdit file = target.edit(part);
    const fs::path plain = file.path().parent_path() / file.path().stem();
    const std::vector<std::byte>& bytes = file.bytes();
    write_file_atomic(plain, {reinterpret_cast<const char*>(bytes.data()), bytes.size()});
    fs::remove(file.path());
  }
}

void rename_as_2021(const DefectTarget& target) {
  constexpr std::array<std::array<const char*, 2>, 5> kNames = {
      {{"t2w", "t2"}, {"t2f", "flair"}, {"t1n", "t1"}, {"t1c", "t1ce"}, {"seg", "seg"}}};
  for (const auto& [now, before] : kNames) {
    fs::rename(target.file(now), target.folder / (target.id + "_" + before + ".nii.gz"));
  }
}

}  // namespace yates::io
