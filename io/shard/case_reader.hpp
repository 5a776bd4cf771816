// SPDX-License-Identifier: Apache-2.0
// Reads one imported case: whole, or any box of it, normalised as the network wants it.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "io/image/geometry.hpp"
#include "io/shard/manifest.hpp"
#include "io/shard/shard_file.hpp"

namespace yates::io {

/// A box of voxels in a stored case; it may reach outside the volume on any side.
struct VoxelBox {
  std::array<std::int64_t, 3> corner{};  ///< First voxel (z, y, x).
  std::array<std::int64_t, 3> shape{};   ///< (d, h, w), each at least 1.

  [[nodiscard]] std::int64_t voxels() const { return shape[0] * shape[1] * shape[2]; }
};

/// Safe from several threads. The first read of a modality or of the labels checks the CRC32C of
/// all its bytes; a mismatch is Error{BadData} naming case, modality and byte offset, each time.
class CaseReader {
 public:
  /// Opens a case of the data set in `dir`. Throws Error{BadData} if shard and manifest contradict
  /// each other, Error{InputMissing} if the shard is gone.
  CaseReader(const std::filesystem::path& dir, const Manifest& manifest, const std::string& id);
  /// The same in a shard that is open already.
  CaseReader(std::shared_ptr<const ShardFile> shard, CaseRecord record);
  CaseReader(CaseReader&&) noexcept;
  CaseReader& operator=(CaseReader&&) noexcept;
  ~CaseReader();

  [[nodiscard]] const CaseRecord& record() const { return record_; }
  /// Grid of the source volume, for predictions.
  [[nodiscard]] Geometry source_geometry() const;
  /// The box that holds the whole case.
  [[nodiscard]] VoxelBox whole() const { return {{0, 0, 0}, record_.shape}; }

  /// Fills `out` (4, d, h, w) with (x - mean) / max(sd, 1e-8) in float32; 0 outside the volume.
  /// Precondition: out.size() == 4 * box.voxels().
  void read_image(const VoxelBox& box, std::span<float> out) const;
  [[nodiscard]] std::vector<float> read_image(const VoxelBox& box) const;

  /// Fills `out` (d, h, w) with labels 0..3; 0 outside the volume.
  void read_labels(const VoxelBox& box, std::span<std::uint8_t> out) const;
  [[nodiscard]] std::vector<std::uint8_t> read_labels(const VoxelBox& box) const;

  /// One whole modality (D, H, W) as it was before normalisation. `channel` 0..3.
  [[nodiscard]] std::vector<float> read_modality(std::size_t channel) const;

  /// Checks all checksums now. Throws Error{BadData}.
  void verify() const;

 private:
  struct Checked;  ///< Which datasets' checksums were compared already.

  void check_against_shard() const;
  void check_once(std::size_t part) const;
  [[nodiscard]] std::string part_name(std::size_t part) const;

  std::shared_ptr<const ShardFile> shard_;
  CaseRecord record_;
  const StoredCase* stored_;
  std::unique_ptr<Checked> checked_;
};

/// Opens several cases, each shard once. Throws as CaseReader, and Error{BadData} for an unknown
/// id.
std::vector<CaseReader> open_cases(const std::filesystem::path& dir,
                                   const Manifest& manifest,
                                   std::span<const std::string> ids);

}  // namespace yates::io
