// SPDX-License-Identifier: Apache-2.0
#include "io/dataset/verify.hpp"

#include <algorithm>
#include <cmath>
#include <map>
#include <memory>
#include <set>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "base/digest.hpp"
#include "base/log.hpp"
#include "io/dataset/box.hpp"
#include "io/dataset/ordered_work.hpp"
#include "io/shard/case_reader.hpp"
#include "io/shard/equal_images.hpp"
#include "io/shard/manifest.hpp"
#include "io/shard/modality.hpp"

namespace yates::io {
namespace {

constexpr double kStatisticsTolerance = 1e-9;
constexpr double kDirectionTolerance = 1e-3;

/// What was found in one shard.
struct Findings {
  std::int64_t bytes = 0;
  std::vector<Problem> problems;
  std::vector<std::string> warnings;

  void add(const std::string& what, const std::string& where) {
    problems.push_back({.what = what, .where = where, .allowed = "", .fix = ""});
  }
  /// A file system that fails says nothing about the data: such an error is thrown again.
  void add(const Error& error) {
    if (error.code() == ExitCode::Io) {
      throw error;
    }
    problems.insert(problems.end(), error.problems().begin(), error.problems().end());
  }
};

bool near(double found, double expected) {
  return std::abs(found - expected) <= kStatisticsTolerance * std::max(1.0, std::abs(expected));
}

void check_geometry(const CaseRecord& record, const std::string& where, Findings& findings) {
  const auto& m = record.direction;
  for (std::size_t i = 0; i < 3; ++i) {
    for (std::size_t j = i; j < 3; ++j) {
      const double dot = m[i] * m[j] + m[3 + i] * m[3 + j] + m[6 + i] * m[6 + j];
      if (!(std::abs(dot - (i == j ? 1.0 : 0.0)) <= kDirectionTolerance)) {
        findings.add(fmt::format("case {}: the direction is not orthonormal", record.id), where);
        return;
      }
    }
  }
  if (std::any_of(record.spacing_mm.begin(), record.spacing_mm.end(), [](double spacing) {
        return std::abs(spacing - 1) > 1e-3;
      })) {
    findings.warnings.push_back(
        fmt::format("case {}: spacing {:g} mm", record.id, fmt::join(record.spacing_mm, " x ")));
  }
}

void check_labels(const CaseReader& reader, const std::string& where, Findings& findings) {
  const CaseRecord& record = reader.record();
  std::array<std::int64_t, 256> counts{};
  for (const std::uint8_t label : reader.read_labels(reader.whole())) {
    ++counts[label];
  }
  for (std::size_t label = 1; label < counts.size(); ++label) {
    const bool known = label <= record.label_voxels.size();
    if (!known && counts[label] > 0) {
      findings.add(
          fmt::format(
              "case {}: {} voxels of label {}; labels are 0 to 3", record.id, counts[label], label),
          where);
    } else if (known && counts[label] != record.label_voxels[label - 1]) {
      findings.add(fmt::format("case {}: {} voxels of label {}, the manifest says {}",
                               record.id,
                               counts[label],
                               label,
                               record.label_voxels[label - 1]),
                   where);
    }
  }
}

void check_statistics(const CaseReader& reader, const std::string& where, Findings& findings) {
  const CaseRecord& record = reader.record();
  for (std::size_t channel = 0; channel < kModalityNames.size(); ++channel) {
    const std::vector<float> values = reader.read_modality(channel);
    const Moments found = moments_of(std::span<const float>(values));
    if (!near(found.mean, record.mean[channel]) || !near(found.sd, record.sd[channel])) {
      findings.add(fmt::format("case {}, {}: mean {} and sd {}, the manifest says {} and {}",
                               record.id,
                               kModalityNames[channel],
                               found.mean,
                               found.sd,
                               record.mean[channel],
                               record.sd[channel]),
                   where);
    }
  }
}

void check_case(const std::shared_ptr<const ShardFile>& shard,
                const CaseRecord& record,
                Findings& findings) {
  const std::string where = shard->path().string();
  check_geometry(record, where, findings);
  try {
    const CaseReader reader(shard, record);
    reader.verify();
    check_labels(reader, where, findings);
    check_statistics(reader, where, findings);
  } catch (const Error& error) {
    findings.add(error);
  }
}

Findings check_shard(const std::filesystem::path& dir,
                     const Manifest& manifest,
                     const ShardRecord& record) {
  Findings findings;
  const std::filesystem::path path = dir / record.file;
  try {
    const auto shard = std::make_shared<const ShardFile>(path, record.bytes);
    findings.bytes = record.bytes;
    if (const std::string sha256 = sha256_file(path); sha256 != record.sha256) {
      findings.add(fmt::format("the SHA-256 is {}, the manifest says {}", sha256, record.sha256),
                   path.string());
    }
    for (const CaseRecord& one : manifest.cases) {
      if (one.shard == record.file) {
        check_case(shard, one, findings);
      }
    }
    for (const auto& [id, stored] : shard->cases()) {
      const CaseRecord* listed = manifest.find(id);
      if (listed == nullptr || listed->shard != record.file) {
        findings.add("case " + id + " is in the shard, but not in the manifest", path.string());
      }
    }
  } catch (const Error& error) {
    findings.add(error);
  }
  return findings;
}

void check_equal_images(const Manifest& manifest, const std::string& where, Findings& findings) {
  for (const EqualImages& found : find_equal_images(manifest)) {
    if (found.whole()) {
      findings.add(found.text(), where);
    } else {
      findings.warnings.push_back(found.text());
    }
  }
}

/// Patients with several cases, and the ids of these.
std::map<std::string, std::vector<std::string>> repeated_patients(const Manifest& manifest) {
  std::map<std::string, std::vector<std::string>> cases;
  for (const CaseRecord& record : manifest.cases) {
    cases[record.patient].push_back(record.id);
  }
  std::erase_if(cases, [](const auto& entry) { return entry.second.size() < 2; });
  return cases;
}

void check_strays(const std::filesystem::path& dir, const Manifest& manifest, Findings& findings) {
  std::set<std::string> known;
  for (const ShardRecord& shard : manifest.shards) {
    known.insert(shard.file);
  }
  std::set<std::string> strays;
  for (const auto& entry : std::filesystem::directory_iterator(dir)) {
    const std::string name = entry.path().filename().string();
    if (entry.path().extension() == ".h5" && !known.contains(name)) {
      strays.insert(name);
    }
  }
  for (const std::string& name : strays) {
    findings.warnings.push_back(name + " is not in the manifest");
  }
}

void add(const Findings& findings, VerifyReport& report) {
  report.bytes += findings.bytes;
  report.problems.insert(report.problems.end(), findings.problems.begin(), findings.problems.end());
  report.warnings.insert(report.warnings.end(), findings.warnings.begin(), findings.warnings.end());
}

}  // namespace

VerifyReport verify_data_set(const std::filesystem::path& dir, std::int64_t jobs) {
  const Manifest manifest = read_manifest(dir);
  VerifyReport report;
  report.cases = static_cast<std::int64_t>(manifest.cases.size());
  report.shards = static_cast<std::int64_t>(manifest.shards.size());
  Progress progress("verify", report.shards, "shard");
  ordered_work(
      report.shards,
      jobs,
      [&](std::int64_t index) {
        return check_shard(dir, manifest, manifest.shards[static_cast<std::size_t>(index)]);
      },
      [&](std::int64_t index, const Findings& findings) {
        add(findings, report);
        progress.update(index + 1);
      });
  Findings whole;
  check_equal_images(manifest, manifest_path(dir).string(), whole);
  report.repeated_patients = repeated_patients(manifest);
  check_strays(dir, manifest, whole);
  add(whole, report);
  return report;
}

Json verify_to_json(const VerifyReport& report) {
  Json problems = Json::array();
  for (const Problem& problem : report.problems) {
    problems.push_back({{"what", problem.what}, {"where", problem.where}});
  }
  return {{"ok", report.problems.empty()},
          {"cases", report.cases},
          {"shards", report.shards},
          {"bytes", report.bytes},
          {"repeated_patients", report.repeated_patients},
          {"problems", problems},
          {"warnings", report.warnings}};
}

}  // namespace yates::io
