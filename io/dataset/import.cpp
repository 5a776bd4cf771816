// SPDX-License-Identifier: Apache-2.0
#include "io/dataset/import.hpp"

#include <algorithm>
#include <cerrno>
#include <memory>
#include <utility>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <unistd.h>

#include "base/fault.hpp"
#include "base/file.hpp"
#include "base/log.hpp"
#include "io/dataset/case_folder.hpp"
#include "io/dataset/import_journal.hpp"
#include "io/dataset/ordered_work.hpp"
#include "io/shard/equal_images.hpp"
#include "io/shard/shard_writer.hpp"

namespace yates::io {
namespace {

/// Keeps a second import out of the folder while this one lives. File systems without locks are
/// trusted.
class FolderLock {
 public:
  explicit FolderLock(const std::filesystem::path& dir)
      : descriptor_(::open(dir.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)) {
    if (descriptor_ >= 0 && ::flock(descriptor_, LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK) {
      ::close(descriptor_);
      throw Error(ExitCode::RunOwned,
                  Problem{.what = "another import writes to this folder",
                          .where = dir.string(),
                          .allowed = "",
                          .fix = "wait for it, or choose another --out"});
    }
  }
  ~FolderLock() {
    if (descriptor_ >= 0) {
      ::close(descriptor_);
    }
  }
  FolderLock(const FolderLock&) = delete;
  FolderLock& operator=(const FolderLock&) = delete;

 private:
  int descriptor_;
};

/// Temporary files of an import that was killed. Call under the lock.
void remove_leftovers(const std::filesystem::path& dir) {
  for (const auto& entry : std::filesystem::directory_iterator(dir)) {
    const std::string name = entry.path().filename().string();
    const bool ours = name.starts_with(".shard-") || name.starts_with(".manifest.json.") ||
                      name.starts_with(".import.partial.json.");
    if (ours && is_temporary_name(name)) {
      std::filesystem::remove(entry.path());
    }
  }
}

const char* convention_name(LabelConvention convention) {
  return convention == LabelConvention::Brats2021 ? "brats2021" : "brats2023";
}

/// The whole import: groups of cases, one shard each.
class Import {
 public:
  explicit Import(const ImportOptions& options)
      : options_(options),
        listing_(list_cases(options.in)),
        describe_(fmt::format("schema {} labels {} cases_per_shard {}",
                              kDataSchema,
                              convention_name(options.labels),
                              options.cases_per_shard)),
        digest_(input_digest(listing_.cases, describe_)) {}

  ImportReport run() {
    make_directories(options_.out);
    const FolderLock lock(options_.out);
    remove_leftovers(options_.out);
    if (take_finished_data_set()) {
      return std::move(report_);
    }
    for (const std::string& warning : listing_.warnings) {
      log_warning("{}", warning);
    }
    journal_ = std::make_unique<ImportJournal>(options_.out);
    progress_ = std::make_unique<Progress>("import", total(), "case");
    for (std::int64_t first = 0; first < total(); first += options_.cases_per_shard) {
      import_group(first, std::min(total(), first + options_.cases_per_shard));
      stop_if_asked();
    }
    finish();
    return std::move(report_);
  }

 private:
  [[nodiscard]] std::int64_t total() const {
    return static_cast<std::int64_t>(listing_.cases.size());
  }
  [[nodiscard]] bool too_many_refused() const {
    return report_.refused_cases > options_.allow_missing;
  }

  /// True if `out` holds the result of this very import already.
  bool take_finished_data_set() {
    if (!std::filesystem::exists(manifest_path(options_.out))) {
      return false;
    }
    report_.manifest = read_manifest(options_.out);
    if (report_.manifest.import.is_object() &&
        report_.manifest.import.value("input_sha256", "") == digest_) {
      report_.reused_cases = static_cast<std::int64_t>(report_.manifest.cases.size());
      report_.refused_cases = total() - report_.reused_cases;
      return true;
    }
    throw Error(ExitCode::BadData,
                Problem{.what = "the folder holds another data set",
                        .where = manifest_path(options_.out).string(),
                        .allowed = "an empty folder, or one whose import was interrupted",
                        .fix = "choose another --out, or delete the folder"});
  }

  void import_group(std::int64_t first, std::int64_t end) {
    const std::vector<CaseFiles> group(listing_.cases.begin() + first,
                                       listing_.cases.begin() + end);
    const std::string file = fmt::format("shard-{:04}.h5", first / options_.cases_per_shard);
    const std::string input = input_digest(group, describe_);
    if (const auto finished = journal_->find(file, input)) {
      keep(finished->shard, finished->cases);
      report_.reused_cases += end - first;
      progress_->update(end);
      return;
    }
    std::unique_ptr<ShardWriter> writer;
    std::vector<CaseRecord> records;
    ordered_work(
        end - first,
        options_.jobs,
        [&](std::int64_t index) {
          return prepare_case(group[static_cast<std::size_t>(index)], options_.labels);
        },
        [&](std::int64_t index, PreparedCase prepared) {
          if (accept(prepared)) {
            if (writer == nullptr) {
              writer = std::make_unique<ShardWriter>(options_.out, file);
            }
            writer->add(prepared.record, prepared.image, prepared.labels);
            records.push_back(prepared.record);
          }
          progress_->update(first + index + 1);
          set_fault_place(0, first + index);
          fault_point("import.case");
          stop_if_asked();
        });
    if (writer == nullptr || too_many_refused()) {
      return;
    }
    const ShardRecord shard = writer->publish();
    keep(shard, records);
    // A shard with refused cases is made again next time, so that they are reported again.
    if (static_cast<std::int64_t>(records.size()) == end - first) {
      journal_->add({.input = input, .shard = shard, .cases = records});
    }
  }

  /// Throws Error{Interrupted} when the import was asked to stop.
  void stop_if_asked() const {
    const std::string reason = options_.stop_reason();
    if (!reason.empty()) {
      throw Error(
          ExitCode::Interrupted,
          Problem{.what = fmt::format("stopped by {}: {} of {} cases are in finished shards",
                                      reason,
                                      report_.manifest.cases.size(),
                                      total()),
                  .where = options_.out.string(),
                  .allowed = "",
                  .fix = "the same command goes on from there"});
    }
  }

  /// Reports a case; false if it is not to be stored.
  bool accept(const PreparedCase& prepared) {
    for (const std::string& warning : prepared.warnings) {
      log_warning("{}", warning);
    }
    if (!prepared.problems.empty()) {
      ++report_.refused_cases;
      report_.refused.insert(
          report_.refused.end(), prepared.problems.begin(), prepared.problems.end());
      return false;
    }
    return !too_many_refused();
  }

  void keep(const ShardRecord& shard, const std::vector<CaseRecord>& records) {
    report_.manifest.shards.push_back(shard);
    report_.manifest.cases.insert(report_.manifest.cases.end(), records.begin(), records.end());
  }

  void finish() {
    if (too_many_refused() || report_.manifest.cases.empty()) {
      std::vector<Problem> problems = report_.refused;
      problems.push_back(
          {.what = fmt::format("{} of {} cases are refused; no data set was written",
                               report_.refused_cases,
                               total()),
           .where = options_.in.string(),
           .allowed = fmt::format("at most {} refused cases", options_.allow_missing),
           .fix = fmt::format("correct or remove them, or allow them: --allow-missing {}",
                              report_.refused_cases)});
      throw Error(ExitCode::BadData, std::move(problems));
    }
    report_.manifest.import = {{"labels", convention_name(options_.labels)},
                               {"cases_per_shard", options_.cases_per_shard},
                               {"refused_cases", report_.refused_cases},
                               {"input_sha256", digest_}};
    for (const EqualImages& found : find_equal_images(report_.manifest)) {
      log_warning("{}", found.text());
    }
    write_manifest(options_.out, report_.manifest);
    journal_->remove();
  }

  const ImportOptions& options_;
  CaseListing listing_;
  std::string describe_;  ///< What besides the files decides the result.
  std::string digest_;
  ImportReport report_;
  std::unique_ptr<ImportJournal> journal_;
  std::unique_ptr<Progress> progress_;
};

}  // namespace

ImportReport import_cases(const ImportOptions& options) {
  YATES_ASSERT(options.cases_per_shard >= 1, "{} cases per shard", options.cases_per_shard);
  Import import(options);
  const bool fresh = !std::filesystem::exists(options.out);
  try {
    return import.run();
  } catch (...) {
    std::error_code ignored;
    if (fresh && std::filesystem::is_empty(options.out, ignored) && !ignored) {
      std::filesystem::remove(options.out, ignored);
    }
    throw;
  }
}

}  // namespace yates::io
