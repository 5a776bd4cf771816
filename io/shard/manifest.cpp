// SPDX-License-Identifier: Apache-2.0
#include "io/shard/manifest.hpp"

#include <algorithm>
#include <cmath>
#include <set>

#include <fmt/format.h>

#include "base/error.hpp"
#include "base/file.hpp"
#include "base/text.hpp"
#include "io/shard/modality.hpp"

namespace yates::io {
namespace {

constexpr std::int64_t kMaxVoxels = std::int64_t{1} << 33;  // As io/image.
constexpr const char* kImportAgain = "import the data again: yates data import --in DIR --out DIR";

[[noreturn]] void refuse(const std::string& what, const std::string& where, const char* allowed) {
  throw Error(ExitCode::BadData,
              Problem{.what = what, .where = where, .allowed = allowed, .fix = kImportAgain});
}

Storage storage_from(const std::string& name, const std::string& origin) {
  for (const Storage storage : {Storage::Int16, Storage::Float32}) {
    if (name == storage_name(storage)) {
      return storage;
    }
  }
  refuse("storage '" + name + "'", origin, "int16, float32");
}

Json checksums_to_json(const CaseChecksums& sums) {
  Json json;
  for (std::size_t channel = 0; channel < kModalityNames.size(); ++channel) {
    json[kModalityNames[channel]] = sums.modality[channel];
  }
  json["seg"] = sums.labels;
  return json;
}

CaseChecksums checksums_from_json(const Json& json, const std::string& origin) {
  CaseChecksums sums;
  for (std::size_t channel = 0; channel < kModalityNames.size(); ++channel) {
    sums.modality[channel] = json_get<std::uint32_t>(json, kModalityNames[channel], origin);
  }
  sums.labels = json_get<std::uint32_t>(json, "seg", origin);
  return sums;
}

/// Box, shapes and statistics must fit each other.
void check_case(const CaseRecord& record, const std::string& origin) {
  if (!valid_case_id(record.id)) {
    refuse("case id '" + record.id + "'",
           origin,
           "up to 200 printable ASCII characters without / or \\, not starting with a dot");
  }
  std::int64_t voxels = 1;
  for (std::size_t axis = 0; axis < 3; ++axis) {
    const auto [low, high] = record.crop[axis];
    if (low < 0 || low >= high || high > record.source_shape[axis] ||
        high - low != record.shape[axis]) {
      refuse(
          fmt::format("axis {}: crop [{}, {}), shape {} and source shape {} contradict each other",
                      axis,
                      low,
                      high,
                      record.shape[axis],
                      record.source_shape[axis]),
          origin,
          "");
    }
    if (record.source_shape[axis] > kMaxVoxels / voxels) {
      refuse(fmt::format("source shape {}", fmt::join(record.source_shape, " x ")),
             origin,
             "2^33 voxels in all");
    }
    voxels *= record.source_shape[axis];
    if (!(record.spacing_mm[axis] > 0)) {
      refuse(fmt::format("spacing {} mm", record.spacing_mm[axis]), origin, "above 0");
    }
  }
  for (std::size_t channel = 0; channel < record.sd.size(); ++channel) {
    if (!std::isfinite(record.mean[channel]) || !(record.sd[channel] >= 0)) {
      refuse(fmt::format("mean {} and sd {}", record.mean[channel], record.sd[channel]),
             origin + ", modality " + kModalityNames[channel],
             "finite, sd at least 0");
    }
  }
}

Json shard_to_json(const ShardRecord& shard) {
  return {{"file", shard.file}, {"bytes", shard.bytes}, {"sha256", shard.sha256}};
}

ShardRecord shard_from_json(const Json& json, const std::string& origin) {
  ShardRecord shard{.file = json_get<std::string>(json, "file", origin),
                    .bytes = json_get<std::int64_t>(json, "bytes", origin),
                    .sha256 = json_get<std::string>(json, "sha256", origin)};
  if (!valid_case_id(shard.file)) {
    refuse("shard file '" + shard.file + "'", origin, "a file name in the data folder");
  }
  return shard;
}

/// Ids are unique and every case lies in a listed shard.
void check_whole(const Manifest& manifest, const std::string& origin) {
  std::set<std::string> files;
  for (const ShardRecord& shard : manifest.shards) {
    if (!files.insert(shard.file).second) {
      refuse("shard '" + shard.file + "' is listed twice", origin, "");
    }
  }
  std::set<std::string> ids;
  for (const CaseRecord& record : manifest.cases) {
    if (!ids.insert(record.id).second) {
      refuse("case '" + record.id + "' is listed twice", origin, "");
    }
    if (!files.contains(record.shard)) {
      refuse("case '" + record.id + "' lies in '" + record.shard + "', which is not listed",
             origin,
             "");
    }
  }
}

/// Whether a folder in `dir` holds NIfTI files: raw cases.
bool holds_images(const std::filesystem::path& dir) {
  std::error_code ignored;
  for (const auto& folder : std::filesystem::directory_iterator(dir, ignored)) {
    std::error_code none;
    for (const auto& file : std::filesystem::directory_iterator(folder, none)) {
      const std::string name = file.path().filename().string();
      if (name.ends_with(".nii.gz") || name.ends_with(".nii")) {
        return true;
      }
    }
  }
  return false;
}

}  // namespace

const char* storage_name(Storage storage) {
  return storage == Storage::Int16 ? "int16" : "float32";
}

const CaseRecord* Manifest::find(const std::string& id) const {
  const auto found = std::find_if(
      cases.begin(), cases.end(), [&](const CaseRecord& record) { return record.id == id; });
  return found == cases.end() ? nullptr : &*found;
}

const CaseRecord& Manifest::at(const std::string& id) const {
  if (const CaseRecord* record = find(id)) {
    return *record;
  }
  throw Error(ExitCode::BadData,
              Problem{.what = "no case '" + id + "'",
                      .where = "manifest.json",
                      .allowed = fmt::format("one of {} cases", cases.size()),
                      .fix = "make the split again: yates data split --data DIR --out FILE"});
}

std::filesystem::path manifest_path(const std::filesystem::path& dir) {
  return dir / "manifest.json";
}

Json case_to_json(const CaseRecord& record) {
  return {{"id", record.id},
          {"patient", record.patient},
          {"shard", record.shard},
          {"shape", record.shape},
          {"source_shape", record.source_shape},
          {"crop", record.crop},
          {"spacing_mm", record.spacing_mm},
          {"origin", record.origin},
          {"direction", record.direction},
          {"storage", storage_name(record.storage)},
          {"mean", record.mean},
          {"sd", record.sd},
          {"crc32c", checksums_to_json(record.crc32c)},
          {"label_voxels", record.label_voxels},
          {"labels_outside_brain", record.labels_outside_brain},
          {"labels_outside_crop", record.labels_outside_crop}};
}

CaseRecord case_from_json(const Json& json, const std::string& origin) {
  CaseRecord record;
  record.id = json_get<std::string>(json, "id", origin);
  const std::string where = origin + ": case " + record.id;
  const auto take = [&](const char* key, auto& target) {
    const Json& list = json_get<Json>(json, key, where);
    if (!list.is_array() || list.size() != target.size()) {
      refuse(fmt::format("'{}' is {}", key, list.dump()), where, "a list of the right length");
    }
    target = json_get<std::decay_t<decltype(target)>>(json, key, where);
  };
  record.patient = json_get<std::string>(json, "patient", where);
  record.shard = json_get<std::string>(json, "shard", where);
  take("shape", record.shape);
  take("source_shape", record.source_shape);
  take("crop", record.crop);
  take("spacing_mm", record.spacing_mm);
  take("origin", record.origin);
  take("direction", record.direction);
  record.storage = storage_from(json_get<std::string>(json, "storage", where), where);
  take("mean", record.mean);
  take("sd", record.sd);
  record.crc32c = checksums_from_json(json_get<Json>(json, "crc32c", where), where);
  take("label_voxels", record.label_voxels);
  const auto count = [&](const char* key) {
    return json.contains(key) ? json_get<std::int64_t>(json, key, where) : 0;
  };
  record.labels_outside_brain = count("labels_outside_brain");
  record.labels_outside_crop = count("labels_outside_crop");
  check_case(record, where);
  return record;
}

Manifest read_manifest(const std::filesystem::path& dir) {
  const std::filesystem::path path = manifest_path(dir);
  if (!std::filesystem::is_directory(dir)) {
    const InputFile missing(dir);  // Throws where there is nothing of that name.
    refuse("this is a file, not a data set", dir.string(), "a folder written by yates data import");
  }
  if (!std::filesystem::exists(path)) {
    const bool raw = holds_images(dir);
    throw Error(ExitCode::InputMissing,
                Problem{.what = raw ? "these are raw cases, no data set: manifest.json is missing"
                                    : "no data set here: manifest.json is missing",
                        .where = dir.string(),
                        .allowed = "a folder written by yates data import",
                        .fix = raw ? "yates data import --in " + dir.string() + " --out shards"
                                   : "yates data import --in DIR --out " + dir.string()});
  }
  const Json json = read_json(path);
  const std::string origin = path.string();
  const auto schema = json_get<std::int64_t>(json, "schema", origin);
  if (schema != kDataSchema) {
    refuse(fmt::format("schema {}", schema), origin, "schema 1");
  }
  Manifest manifest;
  for (const Json& shard : json_get<Json>(json, "shards", origin)) {
    manifest.shards.push_back(shard_from_json(shard, origin));
  }
  for (const Json& record : json_get<Json>(json, "cases", origin)) {
    manifest.cases.push_back(case_from_json(record, origin));
  }
  manifest.import = json.value("import", Json());
  check_whole(manifest, origin);
  return manifest;
}

void write_manifest(const std::filesystem::path& dir, const Manifest& manifest) {
  Json json;
  json["schema"] = kDataSchema;
  json["cases"] = Json::array();
  for (const CaseRecord& record : manifest.cases) {
    json["cases"].push_back(case_to_json(record));
  }
  json["shards"] = Json::array();
  for (const ShardRecord& shard : manifest.shards) {
    json["shards"].push_back(shard_to_json(shard));
  }
  if (!manifest.import.is_null()) {
    json["import"] = manifest.import;
  }
  write_json(manifest_path(dir), json);
}

std::string patient_of(const std::string& case_id) {
  const std::vector<std::string> parts = split(case_id, '-');
  const auto digits = [](const std::string& text, std::size_t count) {
    return text.size() == count &&
           std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
  };
  if (parts.size() != 4 || parts[0] != "BraTS" || !digits(parts[2], 5) || !digits(parts[3], 3)) {
    return case_id;
  }
  return parts[1] == "GLI" ? parts[2] : parts[1] + "-" + parts[2];
}

bool valid_case_id(const std::string& id) {
  const auto printable = [](char c) { return c >= ' ' && c <= '~' && c != '/' && c != '\\'; };
  return !id.empty() && id.size() <= 200 && id.front() != '.' && id.front() != ' ' &&
         id.back() != ' ' && std::all_of(id.begin(), id.end(), printable);
}

}  // namespace yates::io
