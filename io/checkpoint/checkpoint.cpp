// SPDX-License-Identifier: Apache-2.0
#include "io/checkpoint/checkpoint.hpp"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "base/digest.hpp"
#include "base/error.hpp"
#include "base/fault.hpp"
#include "base/file.hpp"
#include "base/text.hpp"

namespace yates::io {
namespace {

constexpr std::string_view kPrefix = "step-";
constexpr std::string_view kSuffix = ".safetensors";

std::uint32_t crc_of(std::string_view text) {
  return crc32c(std::as_bytes(std::span(text.data(), text.size())));
}

[[noreturn]] void refuse(const std::filesystem::path& path, const std::string& what) {
  throw Error(ExitCode::BadData,
              Problem{.what = what,
                      .where = path.string(),
                      .allowed = "",
                      .fix = "the file was damaged after it was written; take another copy"});
}

std::optional<std::int64_t> step_of(const std::filesystem::path& path) {
  const std::string name = path.filename().string();
  if (!name.starts_with(kPrefix) || !name.ends_with(kSuffix)) {
    return std::nullopt;
  }
  return parse_integer(
      std::string_view(name).substr(kPrefix.size(), name.size() - kPrefix.size() - kSuffix.size()));
}

bool is_unfinished(const std::filesystem::path& path) {
  const std::string name = path.filename().string();
  return name.starts_with("." + std::string(kPrefix)) && is_temporary_name(name);
}

}  // namespace

std::filesystem::path checkpoint_path(const std::filesystem::path& directory, std::int64_t step) {
  return directory / fmt::format("{}{:08}{}", kPrefix, step, kSuffix);
}

std::vector<CheckpointFile> list_checkpoints(const std::filesystem::path& directory) {
  std::vector<CheckpointFile> files;
  std::error_code ignored;
  for (const auto& entry : std::filesystem::directory_iterator(directory, ignored)) {
    if (const auto step = step_of(entry.path())) {
      files.push_back({entry.path(), *step});
    }
  }
  std::sort(files.begin(), files.end(), [](const CheckpointFile& a, const CheckpointFile& b) {
    return a.step > b.step;
  });
  return files;
}

void write_verified(const std::filesystem::path& path,
                    std::span<const TensorEntry> tensors,
                    const Metadata& metadata,
                    const std::function<void()>& before_publish) {
  std::vector<std::uint32_t> checksums(tensors.size() + 1);
  std::vector<TensorEntry> all(tensors.begin(), tensors.end());
  all.push_back({std::string(kChecksumTensor),
                 Dtype::U32,
                 {static_cast<std::int64_t>(checksums.size())},
                 std::as_bytes(std::span(checksums))});
  const std::string header = safetensors_header(all, metadata);
  checksums[0] = crc_of(header);

  fault_point("ckpt.before_write");
  AtomicFile file(path);
  file.write(header);
  std::size_t written = 0;
  // Wider elements first, as the header has them: F64 before F32.
  for (const std::size_t size : {std::size_t{8}, std::size_t{4}}) {
    for (const TensorEntry& tensor : tensors) {
      if (dtype_size(tensor.dtype) == size) {
        checksums[++written] = crc32c(tensor.data);
        file.write(tensor.data);
      }
    }
  }
  YATES_ASSERT(written == tensors.size(), "elements narrower than 4 bytes in a checkpoint");
  file.write(std::as_bytes(std::span(checksums)));
  fault_point("ckpt.after_write");
  file.sync();
  fault_point("ckpt.after_fsync");
  before_publish();
  fault_point("ckpt.before_rename");
  file.commit();
  fault_point("ckpt.after_rename");
}

SafetensorsFile read_verified(const std::filesystem::path& path) {
  SafetensorsFile file(path);
  const std::vector<TensorEntry>& entries = file.entries();
  const std::size_t tensors = entries.empty() ? 0 : entries.size() - 1;
  if (entries.empty() || entries.back().name != kChecksumTensor ||
      entries.back().dtype != Dtype::U32 ||
      entries.back().shape != std::vector{static_cast<std::int64_t>(tensors + 1)}) {
    refuse(path, fmt::format("no checksums: the last tensor is not '{}'", kChecksumTensor));
  }
  std::vector<std::uint32_t> stored(tensors + 1);
  const std::span<std::byte> bytes = std::as_writable_bytes(std::span(stored));
  std::copy(entries.back().data.begin(), entries.back().data.end(), bytes.begin());
  if (stored[0] != crc_of(file.header())) {
    refuse(path, "the header does not match its checksum (byte offset 0)");
  }
  std::size_t offset = file.header().size();
  for (std::size_t i = 0; i < tensors; ++i) {
    if (stored[i + 1] != crc32c(entries[i].data)) {
      refuse(
          path,
          fmt::format(
              "tensor '{}' does not match its checksum (byte offset {})", entries[i].name, offset));
    }
    offset += entries[i].data.size();
  }
  return file;
}

std::optional<SafetensorsFile> read_newest_checkpoint(
    const std::filesystem::path& directory, const std::function<void(const std::string&)>& report) {
  for (const CheckpointFile& candidate : list_checkpoints(directory)) {
    try {
      return read_verified(candidate.path);
    } catch (const Error& error) {
      report(error.what());
    }
  }
  return std::nullopt;
}

void remove_old_checkpoints(const std::filesystem::path& directory, std::size_t keep) {
  std::error_code ignored;
  const std::vector<CheckpointFile> files = list_checkpoints(directory);
  for (std::size_t i = keep; i < files.size(); ++i) {
    std::filesystem::remove(files[i].path, ignored);
  }
  for (const auto& entry : std::filesystem::directory_iterator(directory, ignored)) {
    if (is_unfinished(entry.path())) {
      std::filesystem::remove(entry.path(), ignored);
    }
  }
}

std::filesystem::path run_weights(const std::filesystem::path& run_directory) {
  if (std::filesystem::exists(run_directory / "final.safetensors")) {
    return run_directory / "final.safetensors";
  }
  const std::vector<CheckpointFile> files = list_checkpoints(run_directory / "checkpoints");
  if (files.empty()) {
    throw Error(ExitCode::InputMissing,
                Problem{.what = "the run has no weights yet",
                        .where = run_directory.string(),
                        .allowed = "final.safetensors, or checkpoints/step-*.safetensors",
                        .fix = "check the path, or train first: yates train --config RUN.yaml"});
  }
  return files.front().path;
}

}  // namespace yates::io
