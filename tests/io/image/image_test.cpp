// SPDX-License-Identifier: Apache-2.0
#include "io/image/image.hpp"

#include <cmath>
#include <limits>
#include <numeric>

#include <gtest/gtest.h>

#include "base/file.hpp"
#include "io/image/itk_reader.hpp"
#include "tests/support/expect_error.hpp"
#include "tests/support/nifti_bytes.hpp"
#include "tests/support/temporary_directory.hpp"

namespace yates::io {
namespace {

using testing::expect_error;
using testing::NiftiBytes;

const std::filesystem::path kReal = std::filesystem::path(YATES_GOLDEN_DIR) / "real";

/// A 5 x 4 x 3 (x, y, z) volume of 0, 1, 2, ... and its voxels.
template <typename T>
std::vector<T> ramp() {
  std::vector<T> voxels(60);
  std::iota(voxels.begin(), voxels.end(), T{0});
  return voxels;
}

template <typename T>
NiftiBytes ramp_file(std::int16_t code) {
  return {{5, 4, 3}, code, ramp<T>()};
}

TEST(ReadImage, GivesTheVoxelsOfEveryType) {
  const testing::TemporaryDirectory folder;
  const std::pair<const char*, NiftiBytes> files[] = {{"uint8", ramp_file<std::uint8_t>(2)},
                                                      {"int8", ramp_file<std::int8_t>(256)},
                                                      {"int16", ramp_file<std::int16_t>(4)},
                                                      {"uint16", ramp_file<std::uint16_t>(512)},
                                                      {"int32", ramp_file<std::int32_t>(8)},
                                                      {"uint32", ramp_file<std::uint32_t>(768)},
                                                      {"int64", ramp_file<std::int64_t>(1024)},
                                                      {"uint64", ramp_file<std::uint64_t>(1280)},
                                                      {"float32", ramp_file<float>(16)},
                                                      {"float64", ramp_file<double>(64)}};
  for (const auto& [name, file] : files) {
    file.write(folder / "a.nii.gz");
    const Image image = read_image(folder / "a.nii.gz");
    EXPECT_EQ(image.stored_type, name);
    EXPECT_EQ(image.voxels, ramp<float>()) << name;
    EXPECT_EQ(image.geometry.shape, (std::array<std::int64_t, 3>{3, 4, 5}));
    EXPECT_EQ(image.geometry.origin, (std::array<double, 3>{0, -239, 0}));
    EXPECT_TRUE(image.fits_int16());
    EXPECT_EQ(image.maximum, 59);
  }
}

TEST(ReadImage, AppliesSlopeAndIntercept) {
  const testing::TemporaryDirectory folder;
  ramp_file<std::int16_t>(4).put(112, 0.5F).put(116, -3.0F).write(folder / "a.nii");
  const Image image = read_image(folder / "a.nii");
  EXPECT_EQ(image.voxels[7], 0.5F);
  EXPECT_FALSE(image.integral);
  EXPECT_EQ(image.minimum, -3);
}

TEST(ReadImage, TakesASlopeOfZeroAsUnscaled) {
  const testing::TemporaryDirectory folder;
  ramp_file<std::int16_t>(4).put(112, 0.0F).put(116, 7.0F).write(folder / "a.nii");
  EXPECT_EQ(read_image(folder / "a.nii").voxels, ramp<float>());
}

TEST(ReadImage, CountsVoxelsThatAreNotFinite) {
  const testing::TemporaryDirectory folder;
  std::vector<float> voxels = ramp<float>();
  voxels[3] = std::numeric_limits<float>::quiet_NaN();
  voxels[59] = -std::numeric_limits<float>::infinity();
  NiftiBytes({5, 4, 3}, 16, voxels).write(folder / "a.nii");
  const Image image = read_image(folder / "a.nii");
  EXPECT_EQ(image.not_finite, 2);
  EXPECT_EQ(image.maximum, 58);
  EXPECT_FALSE(image.fits_int16());
}

TEST(ReadImage, KnowsValuesBeyondInt16) {
  const testing::TemporaryDirectory folder;
  std::vector<std::int32_t> voxels = ramp<std::int32_t>();
  voxels[0] = 32768;
  NiftiBytes({5, 4, 3}, 8, voxels).write(folder / "a.nii");
  const Image image = read_image(folder / "a.nii");
  EXPECT_TRUE(image.integral);
  EXPECT_FALSE(image.fits_int16());
}

TEST(ReadImage, ReadsSeveralGzipMembersAndHeaderExtensions) {
  const testing::TemporaryDirectory folder;
  NiftiBytes file = ramp_file<std::int16_t>(4);
  const std::vector<std::byte>& plain = file.bytes();
  std::vector<std::byte> extended(plain.begin(), plain.begin() + 352);
  extended.resize(368);
  extended.insert(extended.end(), plain.begin() + 352, plain.end());
  const float offset = 368;
  std::memcpy(extended.data() + 108, &offset, sizeof offset);
  std::vector<std::byte> stored = gzip_compress(std::span(extended).first(100), 6);
  const std::vector<std::byte> second = gzip_compress(std::span(extended).subspan(100), 6);
  stored.insert(stored.end(), second.begin(), second.end());
  stored.resize(stored.size() + 512);  // Padding, as tape tools leave it.
  NiftiBytes::write_bytes(folder / "a.nii.gz", stored);
  EXPECT_EQ(read_image(folder / "a.nii.gz").voxels, ramp<float>());
}

TEST(ReadImage, ReadsBigEndianFilesAsItkDoes) {
  const testing::TemporaryDirectory folder;
  NiftiBytes file = ramp_file<std::int16_t>(4);
  file.swap(0, 4).swap(40, 2, 8).swap(70, 2, 2).swap(76, 4, 8).swap(108, 4, 3).swap(252, 2, 2);
  file.swap(256, 4, 18).swap(352, 2, 60);
  file.write(folder / "a.nii.gz");
  const Image image = read_image(folder / "a.nii.gz");
  EXPECT_EQ(image.voxels, ramp<float>());
  EXPECT_EQ(image.geometry.origin, (std::array<double, 3>{0, -239, 0}));
  const ItkVolume itk = read_with_itk(folder / "a.nii.gz");
  EXPECT_EQ(grid_difference(image.geometry, itk.geometry, 1e-6), "");
  EXPECT_EQ(itk.voxels, ramp<double>());
}

TEST(ReadImage, EqualsItkOnARealCase) {
  for (const char* name : {"t2w", "t2f", "t1n", "t1c", "seg"}) {
    const auto path =
        kReal / "BraTS-GLI-90001-000" / (std::string("BraTS-GLI-90001-000-") + name + ".nii.gz");
    const Image ours = read_image(path);
    const ItkVolume itk = read_with_itk(path);
    EXPECT_EQ(grid_difference(ours.geometry, itk.geometry, 1e-6), "");
    ASSERT_EQ(ours.voxels.size(), itk.voxels.size());
    std::size_t different = 0;
    for (std::size_t i = 0; i < itk.voxels.size(); ++i) {
      different += ours.voxels[i] == static_cast<float>(itk.voxels[i]) ? 0 : 1;
    }
    EXPECT_EQ(different, 0U) << name;
  }
}

TEST(ReadImage, RefusesTruncatedCompressedFilesAtAnyByte) {
  const testing::TemporaryDirectory folder;
  const std::vector<std::byte> whole = ramp_file<std::int16_t>(4).gzip();
  for (std::size_t size = 2; size < whole.size(); size += 7) {
    NiftiBytes::write_bytes(folder / "a.nii.gz",
                            {whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(size)});
    expect_error(ExitCode::BadData, {"a.nii.gz"}, [&] { read_image(folder / "a.nii.gz"); });
  }
  NiftiBytes::write_bytes(folder / "a.nii.gz", {whole.begin(), whole.end() - 30});
  expect_error(ExitCode::BadData, {"truncated", "byte"}, [&] { read_image(folder / "a.nii.gz"); });
}

TEST(ReadImage, RefusesAFlippedBit) {
  const testing::TemporaryDirectory folder;
  std::vector<std::byte> bytes = ramp_file<std::int16_t>(4).gzip();
  bytes[bytes.size() - 7] ^= std::byte{1};  // In the stored CRC.
  NiftiBytes::write_bytes(folder / "a.nii.gz", bytes);
  expect_error(
      ExitCode::BadData, {"corrupt", "a.nii.gz"}, [&] { read_image(folder / "a.nii.gz"); });
}

TEST(ReadImage, RefusesShortAndLongFiles) {
  const testing::TemporaryDirectory folder;
  for (const char* name : {"a.nii", "a.nii.gz"}) {
    const auto path = folder / name;
    ramp_file<std::int16_t>(4).resize(471).write(path);
    expect_error(ExitCode::BadData, {"471", "472"}, [&] { read_image(path); });
    ramp_file<std::int16_t>(4).resize(473).write(path);
    expect_error(ExitCode::BadData, {"header says"}, [&] { read_image(path); });
    ramp_file<std::int16_t>(4).resize(200).write(path);
    expect_error(ExitCode::BadData, {"200 bytes"}, [&] { read_image(path); });
  }
}

TEST(ReadImage, RefusesWrongHeaders) {
  const testing::TemporaryDirectory folder;
  const auto path = folder / "a.nii";
  const auto refused = [&](const NiftiBytes& file, const std::string& word) {
    file.write(path);
    expect_error(ExitCode::BadData, {word, "a.nii"}, [&] { read_image(path); });
  };
  refused(ramp_file<std::int16_t>(4).put(0, std::int32_t{77}), "not a NIfTI file");
  refused(ramp_file<std::int16_t>(4).put(345, 'i'), "magic 'ni1'");
  refused(ramp_file<std::int16_t>(4).put(70, std::int16_t{32}), "voxel type code 32");
  refused(ramp_file<std::int16_t>(4).put(72, std::int16_t{8}), "8 bits per voxel");
  refused(ramp_file<std::int16_t>(4).put(42, std::int16_t{-5}), "axis 1 has length -5");
  refused(ramp_file<std::int16_t>(4).put(42, std::int16_t{0}), "axis 1 has length 0");
  refused(ramp_file<std::int16_t>(4).put(40, std::int16_t{2}), "2 axes");
  refused(ramp_file<std::int16_t>(4).put(108, 100.0F), "byte 100");
  refused(ramp_file<std::int16_t>(4).put(108, std::nanf("")), "byte nan");
  refused(ramp_file<std::int16_t>(4).put(80, -1.0F), "voxel size -1");
  refused(NiftiBytes({5, 4, 3}, 4, ramp<std::int16_t>())
              .put(40, std::int16_t{4})
              .put(46, std::array<std::int16_t, 2>{1, 3}),
          "several volumes");
}

TEST(ReadImage, RefusesAHeaderThatPromisesMoreThanTheFileCanHold) {
  const testing::TemporaryDirectory folder;
  ramp_file<std::int16_t>(4)
      .put(42, std::array<std::int16_t, 3>{2000, 2000, 2000})
      .write(folder / "a.nii.gz");
  expect_error(ExitCode::BadData, {"cannot hold"}, [&] { read_image(folder / "a.nii.gz"); });
}

TEST(ReadImage, NamesAMissingFile) {
  expect_error(
      ExitCode::InputMissing, {"/nonexistent/a.nii"}, [] { read_image("/nonexistent/a.nii"); });
  expect_error(ExitCode::InputMissing, {"/tmp"}, [] { read_image("/tmp"); });
}

TEST(ReadLabelMap, TakesWholeNumbersOfAnyType) {
  const testing::TemporaryDirectory folder;
  ramp_file<double>(64).write(folder / "a.nii.gz");
  EXPECT_EQ(read_label_map(folder / "a.nii.gz").voxels, ramp<std::uint8_t>());
}

TEST(ReadLabelMap, RefusesWhatIsNoLabel) {
  const testing::TemporaryDirectory folder;
  for (const float wrong : {1.5F, -1.0F, 256.0F, std::nanf("")}) {
    std::vector<float> voxels = ramp<float>();
    voxels[4] = wrong;
    voxels[40] = wrong;
    NiftiBytes({5, 4, 3}, 16, voxels).write(folder / "a.nii.gz");
    expect_error(
        ExitCode::BadData, {"2 voxels are no label"}, [&] { read_label_map(folder / "a.nii.gz"); });
  }
}

TEST(WriteLabelMap, RoundTripsThroughItkInARotatedAnisotropicGrid) {
  const testing::TemporaryDirectory folder;
  const double c = std::cos(0.3);
  const double s = std::sin(0.3);
  LabelMap map;
  map.geometry = {.shape = {3, 4, 5},
                  .spacing_mm = {1, 1.5, 3},
                  .origin = {-12.5, 7, 30},
                  .direction = {c, -s, 0, s, c, 0, 0, 0, 1}};
  map.voxels = ramp<std::uint8_t>();
  for (const char* name : {"a.nii", "a.nii.gz"}) {
    write_label_map(folder / name, map);
    const LabelMap ours = read_label_map(folder / name);
    const ItkVolume itk = read_with_itk(folder / name);
    EXPECT_EQ(ours.voxels, map.voxels);
    EXPECT_EQ(grid_difference(ours.geometry, map.geometry, 1e-6), "");
    EXPECT_EQ(grid_difference(itk.geometry, map.geometry, 1e-6), "");
    EXPECT_EQ(itk.voxels, ramp<double>());
  }
}

TEST(WriteImage, KeepsTheGeometryOfARealCase) {
  const testing::TemporaryDirectory folder;
  const LabelMap real =
      read_label_map(kReal / "BraTS-GLI-90002-000" / "BraTS-GLI-90002-000-seg.nii.gz");
  const std::vector<std::int16_t> voxels(real.voxels.begin(), real.voxels.end());
  write_image_int16(folder / "a.nii.gz", real.geometry, voxels);
  const Image back = read_image(folder / "a.nii.gz");
  EXPECT_EQ(back.stored_type, "int16");
  EXPECT_TRUE(same_grid(back.geometry, real.geometry, 0));
  EXPECT_EQ(back.maximum, 4);
}

TEST(SameGrid, NamesTheFirstDifference) {
  const Geometry a{.shape = {3, 4, 5}};
  Geometry b = a;
  EXPECT_TRUE(same_grid(a, b));
  b.origin[1] = 0.0005;
  EXPECT_TRUE(same_grid(a, b));
  b.origin[1] = 0.01;
  EXPECT_NE(grid_difference(a, b).find("origin"), std::string::npos);
  b.spacing_mm[2] = std::nan("");
  EXPECT_NE(grid_difference(a, b).find("spacing"), std::string::npos);
  b.shape[0] = 4;
  EXPECT_NE(grid_difference(a, b).find("shape"), std::string::npos);
}

}  // namespace
}  // namespace yates::io
