// SPDX-License-Identifier: Apache-2.0
// yates bench checkpoint: a verified, atomic checkpoint against a plain write and fsync of the same
// bytes.
#include <cerrno>
#include <filesystem>
#include <span>
#include <string>
#include <vector>

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include "base/error.hpp"
#include "io/checkpoint/checkpoint.hpp"
#include "launcher/cli/benches.hpp"

namespace yates::cli {
namespace {

/// Removed with its files at the end.
class ScratchFolder {
 public:
  explicit ScratchFolder(const std::filesystem::path& parent)
      : path_(parent / fmt::format("yates-bench-checkpoint-{}", ::getpid())) {
    std::filesystem::create_directories(path_);
  }
  ~ScratchFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  ScratchFolder(const ScratchFolder&) = delete;
  ScratchFolder& operator=(const ScratchFolder&) = delete;
  [[nodiscard]] const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

void write_plainly(const std::filesystem::path& path, std::span<const std::byte> bytes) {
  const int file = ::open(path.c_str(), O_CREAT | O_TRUNC | O_WRONLY, 0644);
  while (file >= 0 && !bytes.empty()) {
    const ssize_t written = ::write(file, bytes.data(), bytes.size());
    if (written <= 0) {
      break;
    }
    bytes = bytes.subspan(static_cast<std::size_t>(written));
  }
  const bool ok = file >= 0 && bytes.empty() && ::fsync(file) == 0;
  ::close(file);
  if (!ok) {
    throw_system_error("cannot write", path.string(), errno);
  }
}

std::vector<BenchResult> run(const BenchSettings& settings) {
  constexpr std::int64_t kTensors = 64;
  const std::string& parent = settings.text("directory");
  const ScratchFolder folder(parent.empty() ? std::filesystem::temp_directory_path()
                                            : std::filesystem::path(parent));
  const std::int64_t elements = settings.count("mib") * (1 << 18) / kTensors;
  const std::vector<float> values(static_cast<std::size_t>(elements * kTensors), 0.5F);
  const auto bytes = std::as_bytes(std::span(values));
  std::vector<io::TensorEntry> entries;
  for (std::int64_t i = 0; i < kTensors; ++i) {
    const auto size = static_cast<std::size_t>(4 * elements);
    entries.push_back({fmt::format("tensor.{:02}", i),
                       io::Dtype::F32,
                       {elements},
                       bytes.subspan(static_cast<std::size_t>(i) * size, size)});
  }
  const auto path = io::checkpoint_path(folder.path(), 1);
  const auto [ours, peer] = measure_seconds_in_turn(
      settings.count("repeats"),
      settings.count("repeats"),
      [&] { io::write_verified(path, entries, {}); },
      [&] { write_plainly(folder.path() / "plain", bytes); });
  const Spread read = measure_seconds(settings.count("repeats"), [&] { io::read_verified(path); });
  const std::string size = fmt::format("MiB={} tensors={}", settings.count("mib"), kTensors);
  return {{.name = "checkpoint write",
           .size = size,
           .unit = "ms",
           .ours = ours.scaled(1e3),
           .peer = PeerResult{.name = "write + fsync", .spread = peer.scaled(1e3)}},
          {.name = "checkpoint read, verified",
           .size = size,
           .unit = "ms",
           .ours = read.scaled(1e3),
           .peer = std::nullopt}};
}

}  // namespace

Bench bench_checkpoint() {
  return {.name = "checkpoint",
          .description =
              "a checkpoint with checksums, fsync and rename, against write and fsync of the same "
              "bytes",
          .keys = {{"mib", "128", "size, MiB"},
                   {"directory", "", "file system to write to; default: the temporary folder"}},
          .run = run};
}

}  // namespace yates::cli
