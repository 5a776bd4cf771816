// SPDX-License-Identifier: Apache-2.0
// A file of tensors is read or refused; what was read is written and read again unchanged.
#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "base/file.hpp"
#include "io/checkpoint/checkpoint.hpp"
#include "io/checkpoint/safetensors.hpp"
#include "tests/fuzz/input_folder.hpp"

namespace yates::fuzz {
namespace {

bool same(const io::TensorEntry& a, const io::TensorEntry& b) {
  return a.name == b.name && a.dtype == b.dtype && a.shape == b.shape &&
         std::ranges::equal(a.data, b.data);
}

void check_rewritten(const io::SafetensorsFile& file) {
  const std::filesystem::path path = folder() / "written.safetensors";
  io::write_safetensors(path, file.entries(), file.metadata());
  const io::SafetensorsFile again(path);
  must(again.metadata() == file.metadata(), "metadata are read again as they were written");
  must(again.entries().size() == file.entries().size(), "no tensor is lost by writing");
  for (const io::TensorEntry& entry : file.entries()) {
    const io::TensorEntry* found = again.find(entry.name);
    must(found != nullptr && same(*found, entry), "a tensor is read again as it was written");
  }
  const std::string once = read_file(path);
  io::write_safetensors(path, again.entries(), again.metadata());
  must(read_file(path) == once, "what yates wrote is written again with the same bytes");
}

void check(const std::filesystem::path& path) {
  accepted([&] {
    const io::SafetensorsFile file(path);
    check_rewritten(file);
  });
  accepted([&] { io::read_verified(path); });
}

}  // namespace
}  // namespace yates::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace yates::fuzz;
  check(put_file("input.safetensors", text_of(data, size)));
  return 0;
}
