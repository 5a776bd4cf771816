// SPDX-License-Identifier: Apache-2.0
// manifest.json: the index of an imported data set. It is written last, so a folder without one
// holds no data set.
#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "base/json.hpp"

namespace yates::io {

/// Changes whenever an older reader could misread a data set.
inline constexpr std::int64_t kDataSchema = 1;

enum class Storage { Int16, Float32 };

const char* storage_name(Storage storage);

/// CRC32C of the stored bytes.
struct CaseChecksums {
  std::array<std::uint32_t, 4> modality{};  ///< By channel; (D, H, W) elements each.
  std::uint32_t labels = 0;
};

/// One imported case: the non-zero box of its four modalities and its label map.
struct CaseRecord {
  std::string id;
  std::string patient;
  std::string shard;                                  ///< File name in the data folder.
  std::array<std::int64_t, 3> shape{};                ///< (D, H, W) of the stored box.
  std::array<std::int64_t, 3> source_shape{};         ///< (D, H, W) of the source volume.
  std::array<std::array<std::int64_t, 2>, 3> crop{};  ///< [low, high) in the source, z, y, x.
  std::array<double, 3> spacing_mm = {1, 1, 1};       ///< x, y, z of the source grid.
  std::array<double, 3> origin{};                     ///< Of the source volume, mm, LPS.
  std::array<double, 9> direction{1, 0, 0, 0, 1, 0, 0, 0, 1};  ///< Row-major.
  Storage storage = Storage::Int16;
  std::array<double, 4> mean{};  ///< By channel, over the whole box.
  std::array<double, 4> sd{};    ///< Population standard deviation, likewise.
  CaseChecksums crc32c;
  std::array<std::int64_t, 3> label_voxels{};  ///< Of labels 1, 2, 3 in the box.
  std::int64_t labels_outside_brain = 0;       ///< Labelled voxels where all modalities are 0.
  std::int64_t labels_outside_crop = 0;        ///< Labelled voxels that the box leaves out.

  [[nodiscard]] std::int64_t voxels() const { return shape[0] * shape[1] * shape[2]; }
};

struct ShardRecord {
  std::string file;
  std::int64_t bytes = 0;
  std::string sha256;
};

struct Manifest {
  std::vector<CaseRecord> cases;  ///< Sorted by id.
  std::vector<ShardRecord> shards;
  Json import;  ///< How it was made: options and fingerprint of the input; null if unknown.

  /// The case of this id, or null.
  [[nodiscard]] const CaseRecord* find(const std::string& id) const;
  /// The case of this id. Throws Error{BadData}.
  [[nodiscard]] const CaseRecord& at(const std::string& id) const;
};

/// The path of the manifest in a data folder.
std::filesystem::path manifest_path(const std::filesystem::path& dir);

/// Reads and checks dir/manifest.json. Throws Error{InputMissing} if the folder holds no data set,
/// Error{BadData} for another schema, a missing key, or values that contradict each other.
Manifest read_manifest(const std::filesystem::path& dir);

/// Publishes dir/manifest.json. Throws Error{Io}.
void write_manifest(const std::filesystem::path& dir, const Manifest& manifest);

/// One case as JSON and back; `origin` names the source in errors.
Json case_to_json(const CaseRecord& record);
CaseRecord case_from_json(const Json& json, const std::string& origin);

/// The patient of a case: PPPPP of BraTS-GLI-PPPPP-TTT, XXX-PPPPP of another BraTS-XXX-PPPPP-TTT,
/// else the case id itself.
std::string patient_of(const std::string& case_id);

/// True for a name that can be a case id: printable ASCII without / or \\, at most 200 characters,
/// no dot or space in front, no space behind.
bool valid_case_id(const std::string& id);

}  // namespace yates::io
