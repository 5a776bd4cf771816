// SPDX-License-Identifier: Apache-2.0
// The changes of a case's files that the defects of defect.cpp are made of.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "io/phantom/intensities.hpp"
#include "io/phantom/nifti_edit.hpp"

namespace yates::io {

/// Voxel types, by their NIfTI code.
inline constexpr std::int16_t kInt32 = 8;
inline constexpr std::int16_t kFloat32 = 16;
inline constexpr std::int16_t kComplex = 32;
inline constexpr std::int16_t kFloat64 = 64;
inline constexpr std::int16_t kUInt8 = 2;
inline constexpr std::int16_t kInt16 = 4;
inline constexpr int kGzipLevel = 6;

/// The files of the case that gets the defect.
struct DefectTarget {
  std::filesystem::path folder;
  std::string id;

  [[nodiscard]] std::filesystem::path file(std::string_view part) const {
    return folder / (id + "-" + std::string(part) + ".nii.gz");
  }
  [[nodiscard]] NiftiEdit edit(std::string_view part) const { return NiftiEdit(file(part)); }
  template <typename Change>
  void change(std::string_view part, Change change) const {
    NiftiEdit file = edit(part);
    change(file);
    file.save();
  }
  template <typename Change>
  void change_images(Change change) const {
    for (const std::string_view part : kPhantomModalities) {
      this->change(part, change);
    }
  }
  template <typename Change>
  void change_all(Change change) const {
    change_images(change);
    this->change("seg", change);
  }
};

/// The voxels of an image as T, with one of them replaced.
template <typename T>
void retype(NiftiEdit& file, std::int16_t code, T replacement, bool replace) {
  const std::vector<std::int16_t> counts = file.voxels<std::int16_t>();
  std::vector<T> values(counts.begin(), counts.end());
  if (replace) {
    values[values.size() / 2] = replacement;
  }
  file.set_voxels(values, code);
}

/// Lets `change` alter the labels (voxel).
template <typename Relabel>
void relabel(const DefectTarget& target, Relabel change) {
  target.change("seg", [&](NiftiEdit& file) {
    std::vector<std::uint8_t> labels = file.voxels<std::uint8_t>();
    change(labels);
    file.set_voxels(labels, kUInt8);
  });
}

/// Index of the first labelled voxel.
std::size_t first_labelled(const std::vector<std::uint8_t>& labels);
/// All voxels of the image become 0.
void clear_image(const DefectTarget& target, std::string_view part);
/// The last third of t2f is missing.
void cut_gzip(const DefectTarget& target);
/// One bit of the CRC-32 of t1n is turned.
void break_crc(const DefectTarget& target);
/// t1c has one axial slice less than the others.
void drop_slice(const DefectTarget& target);
/// No file is left.
void empty_folder(const DefectTarget& target);
/// A labelled voxel where all modalities are 0.
void punch_hole(const DefectTarget& target);
/// t2w lies in two gzip members, with zeros behind them.
void split_members(const DefectTarget& target);
/// A header extension of 16 bytes before the voxels.
void add_extension(NiftiEdit& file);
/// Stored values twice the counts, with slope 0.5.
void scale(NiftiEdit& file);
/// All files lie as .nii.
void uncompress(const DefectTarget& target);
/// The files have the names of BraTS 2021.
void rename_as_2021(const DefectTarget& target);

}  // namespace yates::io
