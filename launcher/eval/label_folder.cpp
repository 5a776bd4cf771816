// SPDX-License-Identifier: Apache-2.0
#include "launcher/eval/label_folder.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <optional>
#include <string_view>
#include <tuple>

#include <fmt/format.h>

#include "base/file.hpp"

namespace yates::eval {
namespace {

namespace fs = std::filesystem;

std::optional<std::string> without_ending(const std::string& name, std::string_view ending) {
  if (name.size() <= ending.size() || !std::string_view(name).ends_with(ending)) {
    return std::nullopt;
  }
  return name.substr(0, name.size() - ending.size());
}

/// The name of a NIfTI file without its ending.
std::optional<std::string> nifti_stem(const fs::path& path) {
  const std::string name = path.filename().string();
  if (name.starts_with('.')) {
    return std::nullopt;
  }
  const auto compressed = without_ending(name, ".nii.gz");
  return compressed ? compressed : without_ending(name, ".nii");
}

std::optional<std::string> without_seg(const std::string& stem) {
  const auto dashed = without_ending(stem, "-seg");
  return dashed ? dashed : without_ending(stem, "_seg");
}

bool is_modality(const std::string& stem) {
  constexpr std::array<const char*, 8> kModalities = {
      "t1n", "t1c", "t2w", "t2f", "t1", "t1ce", "t2", "flair"};
  return std::any_of(kModalities.begin(), kModalities.end(), [&](const std::string& modality) {
    return without_ending(stem, "-" + modality) || without_ending(stem, "_" + modality);
  });
}

void add_case_folder(const fs::path& dir, LabelFolder& folder) {
  bool any_image = false;
  bool any_label_map = false;
  for (const fs::directory_entry& entry : fs::directory_iterator(dir)) {
    const auto stem = entry.is_regular_file() ? nifti_stem(entry.path()) : std::nullopt;
    if (!stem) {
      continue;
    }
    any_image = true;
    if (without_seg(*stem)) {
      any_label_map = true;
      folder.files.push_back({dir.filename().string(), entry.path()});
    }
  }
  if (any_image && !any_label_map) {
    folder.problems.push_back({.what = "case folder without a label map",
                               .where = dir.string(),
                               .allowed = "<case>-seg.nii.gz among the modalities",
                               .fix = ""});
  }
}

void find_duplicates(LabelFolder& folder) {
  for (std::size_t i = 1; i < folder.files.size(); ++i) {
    const LabelFile& first = folder.files[i - 1];
    const LabelFile& second = folder.files[i];
    if (first.case_id == second.case_id) {
      folder.problems.push_back(
          {.what = fmt::format("two label maps of case {}", first.case_id),
           .where = fmt::format("{} and {}", first.path.string(), second.path.string()),
           .allowed = "",
           .fix = "remove one"});
    }
  }
}

}  // namespace

LabelFolder find_label_maps(const fs::path& dir, const std::string& what) {
  if (!fs::is_directory(dir)) {
    const InputFile missing(dir);  // Throws where there is nothing of that name.
    throw Error(ExitCode::InputMissing,
                Problem{.what = "this is a file, not the folder of " + what,
                        .where = dir.string(),
                        .allowed = "",
                        .fix = "name the folder that it lies in"});
  }
  LabelFolder folder{.dir = dir, .files = {}, .problems = {}};
  for (const fs::directory_entry& entry : fs::directory_iterator(dir)) {
    if (entry.is_directory()) {
      const std::string name = entry.path().filename().string();
      if (name != kProbabilitiesDir && name != kRoiDir && name != kHalfDir) {
        add_case_folder(entry.path(), folder);
      }
      continue;
    }
    const auto stem = nifti_stem(entry.path());
    if (stem && !is_modality(*stem)) {
      folder.files.push_back({without_seg(*stem).value_or(*stem), entry.path()});
    }
  }
  std::sort(folder.files.begin(), folder.files.end(), [](const auto& a, const auto& b) {
    return std::tie(a.case_id, a.path) < std::tie(b.case_id, b.path);
  });
  find_duplicates(folder);
  if (folder.files.empty()) {
    folder.problems.push_back({.what = fmt::format("no {} in this folder", what),
                               .where = dir.string(),
                               .allowed = "<case>.nii.gz, <case>-seg.nii.gz, or BraTS case folders",
                               .fix = ""});
  }
  return folder;
}

}  // namespace yates::eval
