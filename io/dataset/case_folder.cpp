// SPDX-License-Identifier: Apache-2.0
#include "io/dataset/case_folder.hpp"

#include <algorithm>
#include <optional>

#include <fmt/format.h>

#include "base/file.hpp"
#include "base/text.hpp"
#include "io/shard/manifest.hpp"
#include "io/shard/modality.hpp"

namespace yates::io {
namespace {

constexpr std::size_t kLabelsPart = kModalityNames.size();

struct SuffixRow {
  const char* suffix;
  std::size_t part;
};
constexpr SuffixRow kSuffixes[] = {{"t2w", 0},
                                   {"t2f", 1},
                                   {"t1n", 2},
                                   {"t1c", 3},
                                   {"seg", kLabelsPart},
                                   {"t2", 0},
                                   {"flair", 1},
                                   {"t1", 2},
                                   {"t1ce", 3}};

std::string part_name(std::size_t part) {
  return part == kLabelsPart ? "seg" : kModalityNames[part];
}

/// Which part of case `id` a file is; nothing if it is none.
std::optional<std::size_t> part_of(const std::string& file, const std::string& id) {
  for (const SuffixRow& row : kSuffixes) {
    for (const char* separator : {"-", "_"}) {
      for (const char* ending : {".nii.gz", ".nii"}) {
        if (file == id + separator + row.suffix + ending) {
          return row.part;
        }
      }
    }
  }
  return std::nullopt;
}

std::vector<std::filesystem::path> sorted_entries(const std::filesystem::path& dir) {
  std::error_code error;
  std::filesystem::directory_iterator iterator(dir, error);
  if (error) {
    const InputFile missing(dir);  // Throws where there is nothing of that name.
    throw Error(ExitCode::InputMissing,
                Problem{.what = "cannot list the folder: " + error.message(),
                        .where = dir.string(),
                        .allowed = "a folder with one folder per case",
                        .fix = "check the path"});
  }
  std::vector<std::filesystem::path> entries;
  for (const auto& entry : iterator) {
    if (!entry.path().filename().string().starts_with('.')) {
      entries.push_back(entry.path());
    }
  }
  std::sort(entries.begin(), entries.end());
  return entries;
}

struct Folder {
  CaseFiles files;
  std::vector<std::string> others;  // Files that are no part of the case.
  bool empty = true;
  bool any_part = false;
};

Folder read_folder(const std::filesystem::path& path) {
  Folder folder;
  folder.files.id = path.filename().string();
  for (const std::filesystem::path& entry : sorted_entries(path)) {
    folder.empty = false;
    const std::string name = entry.filename().string();
    const std::optional<std::size_t> part = part_of(name, folder.files.id);
    if (!part) {
      folder.others.push_back(name);
      continue;
    }
    folder.any_part = true;
    std::filesystem::path& slot =
        *part == kLabelsPart ? folder.files.labels : folder.files.modality[*part];
    if (!slot.empty()) {
      folder.files.problems.push_back({.what = fmt::format("case {}, {}: two files, {} and {}",
                                                           folder.files.id,
                                                           part_name(*part),
                                                           slot.filename().string(),
                                                           name),
                                       .where = path.string(),
                                       .allowed = "one file per modality",
                                       .fix = "remove one of them"});
    }
    slot = entry;
  }
  return folder;
}

/// Adds a problem for every part that is missing and for a name that cannot be a case id.
void check_complete(Folder& folder, const std::filesystem::path& path) {
  CaseFiles& files = folder.files;
  if (!valid_case_id(files.id)) {
    files.problems.push_back({.what = "case '" + files.id + "': the name cannot be a case id",
                              .where = path.string(),
                              .allowed = "printable ASCII without / or \\",
                              .fix = "rename the folder and its files"});
  }
  if (folder.empty) {
    files.problems.push_back({.what = "case " + files.id + ": the folder is empty",
                              .where = path.string(),
                              .allowed = "four modalities and a label map",
                              .fix = "copy or unpack the case again"});
    return;
  }
  const auto all = files.all();
  for (std::size_t part = 0; part < all.size(); ++part) {
    if (all[part].empty()) {
      files.problems.push_back(
          {.what = fmt::format("case {}, {}: missing", files.id, part_name(part)),
           .where = path.string(),
           .allowed = fmt::format("{}-{}.nii.gz or .nii", files.id, part_name(part)),
           .fix = folder.others.empty() ? "" : "other files here: " + join(folder.others, ", ")});
    }
  }
}

}  // namespace

namespace {

bool holds_cases(const std::filesystem::path& dir) {
  for (const std::filesystem::path& path : sorted_entries(dir)) {
    if (std::filesystem::is_directory(path) && read_folder(path).any_part) {
      return true;
    }
  }
  return false;
}

/// Where the case folders are that are not in `dir`: above it, where it is a case itself, or one
/// folder below; empty if nowhere.
std::string folder_of_cases(const std::filesystem::path& dir) {
  const auto whole = std::filesystem::absolute(dir / "").parent_path();
  if (read_folder(whole).any_part) {
    return (dir / "").parent_path().has_parent_path() ? (dir / "").parent_path().parent_path()
                                                      : whole.parent_path();
  }
  for (const std::filesystem::path& path : sorted_entries(dir)) {
    if (std::filesystem::is_directory(path) && holds_cases(path)) {
      return path.string();
    }
  }
  return "";
}

}  // namespace

CaseListing list_cases(const std::filesystem::path& dir) {
  CaseListing listing;
  for (const std::filesystem::path& path : sorted_entries(dir)) {
    if (!std::filesystem::is_directory(path)) {
      continue;
    }
    Folder folder = read_folder(path);
    const bool named_as_case = folder.files.id.starts_with("BraTS");
    if (!folder.any_part && !folder.empty && !named_as_case) {
      listing.warnings.push_back("folder " + folder.files.id + " holds no case and is left out");
      continue;
    }
    check_complete(folder, path);
    if (folder.files.problems.empty() && !folder.others.empty()) {
      listing.warnings.push_back(fmt::format(
          "case {}: other files are left out: {}", folder.files.id, join(folder.others, ", ")));
    }
    listing.cases.push_back(std::move(folder.files));
  }
  if (listing.cases.empty()) {
    const std::string better = folder_of_cases(dir);
    throw Error(ExitCode::BadData,
                Problem{.what = "no case in this folder",
                        .where = dir.string(),
                        .allowed = "folders CASE with CASE-t2w.nii.gz, -t2f, -t1n, -t1c, -seg",
                        .fix = better.empty() ? "give the folder that holds the case folders"
                                              : "the case folders lie in " + better});
  }
  return listing;
}

}  // namespace yates::io
