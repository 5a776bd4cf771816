// SPDX-License-Identifier: Apache-2.0
// A volume is read or refused; packing it changes nothing; a label map survives being written.
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "io/image/gzip.hpp"
#include "io/image/image.hpp"
#include "io/image/nifti_header.hpp"
#include "tests/fuzz/input_folder.hpp"

namespace yates::fuzz {
namespace {

std::optional<io::LabelMap> label_map(const std::filesystem::path& path) {
  std::optional<io::LabelMap> map;
  accepted([&] { map = io::read_label_map(path); });
  return map;
}

void check_volume(const std::filesystem::path& path) {
  accepted([&] {
    const io::Image image = io::read_image(path);
    must(image.voxels.size() == static_cast<std::size_t>(image.geometry.voxels()),
         "an image has as many voxels as its grid");
  });
}

/// Reads what `write_label_map` writes for `map`.
void check_rewritten(const io::LabelMap& map) {
  const std::filesystem::path path = folder() / "written.nii";
  if (accepted([&] { io::write_label_map(path, map); })) {
    const std::optional<io::LabelMap> again = label_map(path);
    must(again && again->voxels == map.voxels && again->geometry.shape == map.geometry.shape,
         "a label map that was read is read again after it was written");
  }
}

void check_packed(std::span<const std::byte> bytes, const std::optional<io::LabelMap>& plain) {
  const std::vector<std::byte> packed = io::gzip_compress(bytes, 1);
  const std::filesystem::path path =
      put_file("packed.nii.gz", {reinterpret_cast<const char*>(packed.data()), packed.size()});
  const std::optional<io::LabelMap> map = label_map(path);
  must(map.has_value() == plain.has_value() && (!map || map->voxels == plain->voxels),
       "a volume is the same packed and unpacked");
}

void check(std::span<const std::byte> bytes, std::string_view text) {
  accepted([&] { io::parse_nifti_header(bytes, "header"); });
  const bool packed = io::is_gzip(bytes);
  const std::filesystem::path path = put_file(packed ? "volume.nii.gz" : "volume.nii", text);
  check_volume(path);
  const std::optional<io::LabelMap> map = label_map(path);
  if (map) {
    check_rewritten(*map);
  }
  if (!packed && !bytes.empty()) {
    check_packed(bytes, map);
  }
}

}  // namespace
}  // namespace yates::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace yates::fuzz;
  check(std::as_bytes(std::span(data, size)), text_of(data, size));
  return 0;
}
