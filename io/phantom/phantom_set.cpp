// SPDX-License-Identifier: Apache-2.0
#include "io/phantom/phantom_set.hpp"

#include <algorithm>
#include <atomic>
#include <exception>
#include <mutex>
#include <thread>
#include <vector>

#include <fmt/format.h>
#include <unistd.h>

#include "base/error.hpp"
#include "base/file.hpp"
#include "base/json.hpp"
#include "base/log.hpp"
#include "io/image/image.hpp"
#include "io/phantom/defect.hpp"
#include "io/phantom/intensities.hpp"
#include "io/phantom/phantom_case.hpp"

namespace yates::io {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kTemporaryMark = ".partial.";

void check(const PhantomSetOptions& options) {
  check_phantom_options(options.phantom);
  if (options.cases < 1 || options.cases > 100000 || options.jobs < 1) {
    throw Error(ExitCode::Usage,
                Problem{.what = fmt::format("{} cases, {} jobs", options.cases, options.jobs),
                        .where = "--cases, --jobs",
                        .allowed = "1 to 100000 cases, at least 1 job",
                        .fix = ""});
  }
  if (options.defects.empty()) {
    return;
  }
  if (options.labels_only || static_cast<std::int64_t>(options.defects.size()) > options.cases) {
    throw Error(ExitCode::Usage,
                Problem{.what = fmt::format("{} defects in {} cases{}",
                                            options.defects.size(),
                                            options.cases,
                                            options.labels_only ? " without images" : ""),
                        .where = "--defects",
                        .allowed = "at least one whole case for each defect",
                        .fix = "give a larger --cases, without --labels-only"});
  }
  std::for_each(options.defects.begin(), options.defects.end(), check_defect);
}

/// Records the options, or checks that a set that is there already was made with the same.
void claim_folder(const fs::path& folder, const PhantomSetOptions& options) {
  Json mine = {{"schema", 1},
               {"seed", options.phantom.seed},
               {"shape", options.phantom.shape},
               {"difficulty", options.phantom.difficulty},
               {"labels_only", options.labels_only}};
  if (!options.defects.empty()) {
    mine["defects"] = options.defects;
  }
  const fs::path path = folder / "phantom.json";
  if (!fs::exists(path)) {
    make_directories(folder);
    write_json(path, mine);
    return;
  }
  const Json theirs = read_json(path);
  if (theirs != mine) {
    throw Error(
        ExitCode::BadData,
        Problem{.what = "the folder holds phantoms made with other options: " + theirs.dump(),
                .where = path.string(),
                .allowed = mine.dump(),
                .fix = "give another --out, or remove the folder"});
  }
}

void remove_leftovers(const fs::path& folder) {
  for (const fs::directory_entry& entry : fs::directory_iterator(folder)) {
    if (entry.path().filename().string().rfind(kTemporaryMark, 0) == 0) {
      fs::remove_all(entry.path());
    }
  }
}

Geometry brats_geometry(const std::array<std::int64_t, 3>& shape) {
  Geometry geometry;
  geometry.shape = shape;
  geometry.origin = {0, -static_cast<double>(shape[1] - 1), 0};
  return geometry;
}

void write_case(const fs::path& folder, const PhantomSetOptions& options, std::uint64_t index) {
  const std::string id = phantom_case_id(index);
  const Geometry geometry = brats_geometry(options.phantom.shape);
  PhantomCase made = draw_phantom(options.phantom, index, !options.labels_only);
  const fs::path temporary = folder / fmt::format("{}{}.{}", kTemporaryMark, id, ::getpid());
  fs::remove_all(temporary);
  make_directories(temporary);
  write_label_map(temporary / (id + "-seg.nii.gz"),
                  {.geometry = geometry, .voxels = std::move(made.labels)});
  if (options.labels_only) {
    write_json(temporary / (id + "-crop.json"), {{"crop", made.brain_box}});
  }
  for (std::size_t i = 0; i < made.modalities.size() && !options.labels_only; ++i) {
    write_image_int16(temporary / fmt::format("{}-{}.nii.gz", id, kPhantomModalities[i]),
                      geometry,
                      made.modalities[i]);
  }
  if (index < options.defects.size()) {
    inject_defect(temporary, id, options.defects[index]);
  }
  publish_file(temporary, folder / id);
}

/// Hands the missing cases to threads; the first failure stops all.
class CaseQueue {
 public:
  CaseQueue(const fs::path& folder,
            const PhantomSetOptions& options,
            std::vector<std::uint64_t> missing)
      : folder_(folder),
        options_(options),
        missing_(std::move(missing)),
        progress_("phantom",
                  options.cases,
                  "case",
                  options.cases - static_cast<std::int64_t>(missing_.size())) {}

  void run() {
    std::vector<std::thread> threads;
    for (std::int64_t i = 1; i < options_.jobs; ++i) {
      threads.emplace_back([this] { work(); });
    }
    work();
    for (std::thread& thread : threads) {
      thread.join();
    }
    if (failure_) {
      std::rethrow_exception(failure_);
    }
  }

 private:
  void work() noexcept {
    for (std::size_t i = next_++; i < missing_.size() && !stop_; i = next_++) {
      try {
        write_case(folder_, options_, missing_[i]);
        const std::lock_guard lock(mutex_);
        progress_.update(options_.cases - static_cast<std::int64_t>(missing_.size()) + ++written_);
      } catch (...) {
        const std::lock_guard lock(mutex_);
        failure_ = failure_ ? failure_ : std::current_exception();
        stop_ = true;
      }
    }
  }

  const fs::path& folder_;
  const PhantomSetOptions& options_;
  std::vector<std::uint64_t> missing_;
  std::mutex mutex_;
  Progress progress_;
  std::atomic<std::size_t> next_{0};
  std::atomic<bool> stop_{false};
  std::int64_t written_ = 0;
  std::exception_ptr failure_;
};

}  // namespace

PhantomSetResult write_phantom_set(const fs::path& folder, const PhantomSetOptions& options) {
  check(options);
  claim_folder(folder, options);
  remove_leftovers(folder);
  std::vector<std::uint64_t> missing;
  for (std::int64_t i = 0; i < options.cases; ++i) {
    const auto index = static_cast<std::uint64_t>(i);
    if (!fs::exists(folder / phantom_case_id(index))) {
      missing.push_back(index);
    }
  }
  const auto written = static_cast<std::int64_t>(missing.size());
  if (written > 0) {
    CaseQueue(folder, options, std::move(missing)).run();
  }
  return {.written = written, .kept = options.cases - written};
}

}  // namespace yates::io
