// SPDX-License-Identifier: Apache-2.0
// Checkpoints of a run: committed atomically, checked by CRC32C, fallen back past when damaged.
// Layout: io/checkpoint/FORMAT.md. The truth is "the newest file that verifies": no index, no link.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "io/checkpoint/safetensors.hpp"

namespace yates::io {

/// The tensor that holds the checksums: U32, the header's CRC32C, then one per tensor before it.
inline constexpr std::string_view kChecksumTensor = "yates.crc32c";

/// A checkpoint file by its name.
struct CheckpointFile {
  std::filesystem::path path;
  std::int64_t step = 0;  ///< Completed steps.
};

/// DIR/step-00000500.safetensors
std::filesystem::path checkpoint_path(const std::filesystem::path& directory, std::int64_t step);

/// The checkpoints of a directory, newest first; none if it does not exist.
std::vector<CheckpointFile> list_checkpoints(const std::filesystem::path& directory);

/// Publishes tensors with their checksums as the last tensor. Elements must be 4 bytes or wider.
/// `before_publish` runs when the bytes are safe on disk and may throw to withdraw them (fencing).
/// Throws Error{Io}; an existing `path` then keeps its content.
void write_verified(
    const std::filesystem::path& path,
    std::span<const TensorEntry> tensors,
    const Metadata& metadata,
    const std::function<void()>& before_publish = [] {});

/// Reads a file and checks every checksum. Throws as SafetensorsFile, and Error{BadData} naming the
/// first damaged tensor and its byte offset, or a missing checksum tensor.
SafetensorsFile read_verified(const std::filesystem::path& path);

/// The newest checkpoint that verifies; nothing if there is none. Calls `report` with the reason
/// for every newer one that does not.
std::optional<SafetensorsFile> read_newest_checkpoint(
    const std::filesystem::path& directory, const std::function<void(const std::string&)>& report);

/// Removes all but the newest `keep` checkpoints, and unfinished files of attempts that ended.
/// Precondition: the newest one verifies. Best effort: what cannot be removed stays.
void remove_old_checkpoints(const std::filesystem::path& directory, std::size_t keep);

/// The weights that a run gives to prediction: RUN/final.safetensors once training is done, else
/// its newest checkpoint. Throws Error{InputMissing} if it has neither.
std::filesystem::path run_weights(const std::filesystem::path& run_directory);

}  // namespace yates::io
