// SPDX-License-Identifier: Apache-2.0
#include "launcher/campaign/bundle.hpp"

#include <algorithm>
#include <map>
#include <poll.h>
#include <vector>

#include <fmt/format.h>

#include "base/file.hpp"
#include "launcher/campaign/child_process.hpp"
#include "launcher/campaign/results.hpp"
#include "launcher/campaign/scratch_name.hpp"
#include "launcher/campaign/slurm_script.hpp"
#include "launcher/campaign/tar_file.hpp"
#include "launcher/campaign/wave.hpp"

namespace yates::campaign {
namespace {

using Path = std::filesystem::path;

/// A folder for the report, removed at the end.
class ReportFolder {
 public:
  explicit ReportFolder(const Path& parent) : path_(scratch_name(parent, "report")) {
    make_directories(path_);
  }
  ~ReportFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  ReportFolder(const ReportFolder&) = delete;
  ReportFolder& operator=(const ReportFolder&) = delete;
  [[nodiscard]] const Path& path() const { return path_; }

 private:
  Path path_;
};

class Packer {
 public:
  Packer(const Path& path, const config::StudyFile& study, const Plan& plan)
      : tar_(path), study_(study), plan_(plan), top_(study.spec.name + "/") {}

  void add_text(const std::string& name, const std::string& text, bool executable = false) {
    tar_.add(top_ + name, text, executable);
    ++files_;
  }

  /// A file that is there, is no link and no folder.
  void add_file(const Path& path, const std::string& name) {
    std::error_code error;
    if (std::filesystem::symlink_status(path, error).type() ==
        std::filesystem::file_type::regular) {
      add_text(name, read_file(path));
    }
  }

  void add_study() {
    std::string text = read_file(study_.path);
    if (!study_.base.empty()) {
      add_text("base.yaml", read_file(study_.path.parent_path() / study_.base));
      add_text("study.original.yaml", text);
      const std::size_t key = text.find("base:");
      const std::size_t at = text.find(study_.base.string(), key);
      if (key != std::string::npos && at != std::string::npos) {
        text.replace(at, study_.base.string().size(), "base.yaml");
      }
    }
    add_text("study.yaml", text);
    add_file(plan_path(study_), "plan.json");
    add_file(slurm_directory(study_) / "waves.json", "waves.json");
    std::map<std::string, std::size_t> splits;
    std::map<std::string, std::size_t> manifests;
    for (const config::StudyArm& arm : study_.arms) {
      splits.emplace(arm.config.data.split, splits.size());
      manifests.emplace(arm.config.data.dir, manifests.size());
    }
    for (const auto& [file, number] : splits) {
      add_file(file, fmt::format("data/split-{}.json", number + 1));
    }
    for (const auto& [folder, number] : manifests) {
      add_file(Path(folder) / "manifest.json", fmt::format("data/manifest-{}.json", number + 1));
    }
  }

  void add_runs() {
    for (const PlannedRun& run : plan_.runs) {
      for (const char* name :
           {"run.yaml", "campaign.json", "status.json", "metrics.jsonl", "cases.csv"}) {
        add_file(run_directory(study_, run) / name, fmt::format("runs/{}/{}", run.id, name));
      }
    }
  }

  void add_report(const Path& folder) {
    std::vector<Path> files;
    for (const auto& entry : std::filesystem::directory_iterator(folder)) {
      files.push_back(entry.path());
    }
    std::sort(files.begin(), files.end());
    for (const Path& file : files) {
      add_file(file, "report/" + file.filename().string());
    }
  }

  std::int64_t commit() {
    tar_.commit();
    return files_;
  }

 private:
  TarFile tar_;
  const config::StudyFile& study_;
  const Plan& plan_;
  std::string top_;
  std::int64_t files_ = 0;
};

/// `yates analyze` over the campaign; its last words if it made no report.
std::string make_report(const config::StudyFile& study, const Path& yates, const Path& out) {
  Command command;
  command.words = {yates.string(),
                   "analyze",
                   "--study",
                   study.path.string(),
                   "--runs",
                   study.out.string(),
                   "--out",
                   out.string()};
  command.log = out / ".log";
  ChildProcess process(command);
  pollfd wait = {process.ended_descriptor(), POLLIN, 0};
  while (!process.ending()) {
    ::poll(&wait, 1, -1);
  }
  std::error_code ignored;
  const std::string said = read_file(command.log);
  std::filesystem::remove(command.log, ignored);
  return std::filesystem::exists(out / "effects.json", ignored) ? "" : said;
}

std::string redo_text(const config::StudyFile& study, const BundleOptions& options) {
  const std::string file = shell_quote(study.path.string());
  return fmt::format(
      "#!/bin/sh\n"
      "# How this study was made, and how to make it again. Written by {}.\n"
      "set -eu\n"
      "case ${{1-}} in\n"
      "  analysis)  # the statistics alone, from the results in this archive\n"
      "    yates analyze --study study.yaml --results results.csv --out redone ;;\n"
      "  runs)  # everything, from the data in data/manifest-1.json; in the folder of the "
      "original\n"
      "    yates study plan {}\n"
      "    yates study run {}\n"
      "    yates analyze --study {} --runs {} --out report ;;\n"
      "  *)\n"
      "    echo 'usage: redo.sh analysis | runs' >&2; exit 2 ;;\n"
      "esac\n",
      options.version,
      file,
      file,
      file,
      shell_quote(study.out.string()));
}

}  // namespace

Bundle write_bundle(const std::filesystem::path& path,
                    const config::StudyFile& study,
                    const Plan& plan,
                    const BundleOptions& options) {
  const CampaignResults results = collect_results(study, plan, study.out);
  const ReportFolder report(study.out);
  Bundle bundle;
  bundle.report = make_report(study, options.yates, report.path());
  Packer packer(path, study, plan);
  packer.add_text("redo.sh", redo_text(study, options), true);
  packer.add_study();
  packer.add_text("results.csv", csv_text(results.table));
  packer.add_runs();
  packer.add_report(report.path());
  bundle.files = packer.commit();
  return bundle;
}

}  // namespace yates::campaign
