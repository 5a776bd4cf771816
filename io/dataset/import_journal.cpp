// SPDX-License-Identifier: Apache-2.0
#include "io/dataset/import_journal.hpp"

#include <algorithm>
#include <fstream>

#include <fmt/format.h>

#include "base/digest.hpp"
#include "base/error.hpp"
#include "base/log.hpp"

namespace yates::io {
namespace {

/// The last `count` bytes of a file, or all if it is shorter.
std::string file_tail(const std::filesystem::path& path, std::int64_t count) {
  std::ifstream stream(path, std::ios::binary | std::ios::ate);
  const auto size = static_cast<std::int64_t>(stream.tellg());
  const std::int64_t length = std::clamp<std::int64_t>(size, 0, count);
  std::string tail(static_cast<std::size_t>(length), '\0');
  stream.seekg(std::max<std::int64_t>(0, size - length));
  stream.read(tail.data(), length);
  return tail;
}

Json finished_to_json(const FinishedShard& finished) {
  Json cases = Json::array();
  for (const CaseRecord& record : finished.cases) {
    cases.push_back(case_to_json(record));
  }
  return {{"input", finished.input},
          {"file", finished.shard.file},
          {"bytes", finished.shard.bytes},
          {"sha256", finished.shard.sha256},
          {"cases", cases}};
}

FinishedShard finished_from_json(const Json& json, const std::string& origin) {
  FinishedShard finished{.input = json_get<std::string>(json, "input", origin),
                         .shard = {.file = json_get<std::string>(json, "file", origin),
                                   .bytes = json_get<std::int64_t>(json, "bytes", origin),
                                   .sha256 = json_get<std::string>(json, "sha256", origin)},
                         .cases = {}};
  for (const Json& record : json_get<Json>(json, "cases", origin)) {
    finished.cases.push_back(case_from_json(record, origin));
  }
  return finished;
}

}  // namespace

std::string input_digest(const std::vector<CaseFiles>& cases, const std::string& options) {
  constexpr std::int64_t kTailBytes = 4096;
  std::string text = options + "\n";
  for (const CaseFiles& files : cases) {
    text += files.id + "\n";
    for (const std::filesystem::path& path : files.all()) {
      if (!path.empty()) {
        std::error_code ignored;
        text += fmt::format("{} {} {}\n",
                            path.filename().string(),
                            std::filesystem::file_size(path, ignored),
                            sha256_hex(file_tail(path, kTailBytes)));
      }
    }
  }
  return sha256_hex(text);
}

ImportJournal::ImportJournal(std::filesystem::path dir) : dir_(std::move(dir)) {
  if (!std::filesystem::exists(path())) {
    return;
  }
  try {
    for (const Json& json : json_get<Json>(read_json(path()), "shards", path().string())) {
      FinishedShard finished = finished_from_json(json, path().string());
      shards_[finished.shard.file] = std::move(finished);
    }
  } catch (const Error& error) {
    log_warning("the import starts from the beginning: {}", error.what());
    shards_.clear();
  }
}

std::optional<FinishedShard> ImportJournal::find(const std::string& file,
                                                 const std::string& input) const {
  const auto found = shards_.find(file);
  if (found == shards_.end() || found->second.input != input) {
    return std::nullopt;
  }
  const ShardRecord& shard = found->second.shard;
  std::error_code error;
  const std::uintmax_t bytes = std::filesystem::file_size(dir_ / file, error);
  if (error || static_cast<std::int64_t>(bytes) != shard.bytes ||
      sha256_file(dir_ / file) != shard.sha256) {
    return std::nullopt;
  }
  return found->second;
}

void ImportJournal::add(const FinishedShard& finished) {
  shards_[finished.shard.file] = finished;
  Json json;
  json["shards"] = Json::array();
  for (const auto& [file, shard] : shards_) {
    json["shards"].push_back(finished_to_json(shard));
  }
  write_json(path(), json);
}

void ImportJournal::remove() {
  std::error_code ignored;
  std::filesystem::remove(path(), ignored);
  shards_.clear();
}

}  // namespace yates::io
