// SPDX-License-Identifier: Apache-2.0
// Files whose headers are not plain.
#include <cmath>
#include <numeric>

#include <gtest/gtest.h>

#include "io/image/image.hpp"
#include "io/image/nifti_file.hpp"
#include "tests/support/expect_error.hpp"
#include "tests/support/nifti_bytes.hpp"
#include "tests/support/temporary_directory.hpp"

namespace yates::io {
namespace {

using testing::expect_error;
using testing::NiftiBytes;

constexpr std::size_t kQformCode = 252;
constexpr std::size_t kSformCode = 254;
constexpr std::size_t kQuaternB = 256;
constexpr std::size_t kQoffsetX = 268;
constexpr std::size_t kSrow = 280;
constexpr std::int16_t kUnset = 0;

std::vector<std::int16_t> ramp() {
  std::vector<std::int16_t> voxels(60);
  std::iota(voxels.begin(), voxels.end(), std::int16_t{0});
  return voxels;
}

NiftiBytes plain() {
  return {{5, 4, 3}, 4, ramp()};
}

Image read(const NiftiBytes& file) {
  const testing::TemporaryDirectory folder;
  file.write(folder / "a.nii.gz");
  return read_image(folder / "a.nii.gz");
}

/// BraTS' grid, the voxels in order, and a note that holds `note`.
void expect_brats_grid(const NiftiBytes& file, const std::string& note) {
  const Image image = read(file);
  const Geometry brats{.shape = {3, 4, 5}, .origin = {0, -239, 0}};
  EXPECT_EQ(grid_difference(image.geometry, brats, 1e-6), "");
  EXPECT_EQ(image.voxels[7], 7.0F);
  EXPECT_EQ(image.voxels[59], 59.0F);
  if (note.empty()) {
    EXPECT_EQ(image.note, "");
  } else {
    EXPECT_NE(image.note.find(note), std::string::npos) << image.note;
  }
}

TEST(SpecialHeader, MayHaveOneFormOnly) {
  expect_brats_grid(plain().put(kQformCode, kUnset), "");
  expect_brats_grid(plain().put(kSformCode, kUnset), "");
}

TEST(SpecialHeader, MayHaveFurtherAxesOfLengthOne) {
  expect_brats_grid(plain().put(40, std::int16_t{4}), "");
  expect_brats_grid(plain().put(40, std::int16_t{7}), "");
}

TEST(SpecialHeader, IsNotedWhenTheFormsDisagree) {
  expect_brats_grid(plain().put(kQoffsetX, -5.0F), "qform and sform disagree");
}

TEST(SpecialHeader, TakesTheQformBesideABrokenSform) {
  expect_brats_grid(plain().put(kSrow + 4, 0.03F), "the sform is not a rotation");
  expect_brats_grid(plain().put(kSrow, std::array<float, 12>{}), "the sform is not a rotation");
}

TEST(SpecialHeader, IsPlacedAtTheOriginWithoutForms) {
  const Image image = read(plain().put(kQformCode, kUnset).put(kSformCode, kUnset));
  EXPECT_EQ(grid_difference(image.geometry, {.shape = {3, 4, 5}}, 1e-6), "");
  EXPECT_NE(image.note.find("neither qform nor sform"), std::string::npos);
}

TEST(SpecialHeader, MayBeSlightlySkewed) {
  const NiftiBytes file = plain().put(kSrow + 4, 0.004F).put(kQformCode, kUnset);
  const Image image = read(file);
  EXPECT_NE(image.note.find("nearest rotation"), std::string::npos);
  const auto& m = image.geometry.direction;
  for (std::size_t i = 0; i < 3; ++i) {
    for (std::size_t j = 0; j < 3; ++j) {
      const double dot = m[i] * m[j] + m[3 + i] * m[3 + j] + m[6 + i] * m[6 + j];
      EXPECT_NEAR(dot, i == j ? 1 : 0, 1e-12);
    }
  }
  EXPECT_NEAR(m[0], 1, 1e-5);
  EXPECT_NEAR(m[1], -0.002, 1e-5);
  EXPECT_NEAR(m[3], 0.002, 1e-5);
}

TEST(SpecialHeader, IsRefusedWhenClearlySkewedOrFlat) {
  const auto refused = [](const NiftiBytes& file) {
    expect_error(ExitCode::BadData, {"orthonormal"}, [&] { read(file); });
  };
  refused(plain().put(kSrow + 4, 0.03F).put(kQformCode, kUnset));
  refused(plain().put(kSrow, std::array<float, 12>{}).put(kQformCode, kUnset));
}

TEST(SpecialHeader, IsRefusedWhenAFormIsNotFinite) {
  const auto refused = [](const NiftiBytes& file) {
    expect_error(ExitCode::BadData, {"not finite"}, [&] { read(file); });
  };
  refused(plain().put(kSrow + 12, std::nanf("")));
  refused(plain().put(kQuaternB, HUGE_VALF));
  refused(plain().put(kQoffsetX, std::nanf("")));
}

TEST(SpecialHeader, IsNotedWhenLengthsAreNotInMillimetres) {
  EXPECT_NE(read(plain().put(123, char{3})).note.find("not in mm"), std::string::npos);
}

/// A NIfTI-2 file of the same volume, either byte order.
std::vector<std::byte> nifti2(bool swapped) {
  std::vector<std::byte> bytes(544 + 120);
  const auto put = [&](std::size_t offset, auto value) {
    std::array<std::byte, sizeof value> raw{};
    std::memcpy(raw.data(), &value, sizeof value);
    if (swapped) {
      std::reverse(raw.begin(), raw.end());
    }
    std::copy(raw.begin(), raw.end(), bytes.begin() + static_cast<std::ptrdiff_t>(offset));
  };
  put(0, std::int32_t{540});
  std::memcpy(bytes.data() + 4, "n+2\0\r\n\032\n", 8);
  put(12, std::int16_t{4});
  put(14, std::int16_t{16});
  const std::int64_t dim[] = {3, 5, 4, 3, 1, 1, 1, 1};
  for (std::size_t i = 0; i < 8; ++i) {
    put(16 + 8 * i, dim[i]);
    put(104 + 8 * i, 1.0);
  }
  put(168, std::int64_t{544});
  put(176, 1.0);
  put(344, std::int32_t{1});
  put(348, std::int32_t{1});
  put(368, 1.0);
  put(384, 239.0);
  const double srow[] = {-1, 0, 0, 0, 0, -1, 0, 239, 0, 0, 1, 0};
  for (std::size_t i = 0; i < 12; ++i) {
    put(400 + 8 * i, srow[i]);
  }
  put(500, std::int32_t{2});
  const std::vector<std::int16_t> voxels = ramp();
  for (std::size_t i = 0; i < voxels.size(); ++i) {
    put(544 + 2 * i, voxels[i]);
  }
  return bytes;
}

TEST(Nifti2, IsRead) {
  const testing::TemporaryDirectory folder;
  NiftiBytes::write_bytes(folder / "a.nii", nifti2(false));
  const Image image = read_image(folder / "a.nii");
  EXPECT_EQ(grid_difference(image.geometry, {.shape = {3, 4, 5}, .origin = {0, -239, 0}}), "");
  EXPECT_EQ(image.voxels[59], 59.0F);
  EXPECT_EQ(image.note, "");
  std::vector<std::byte> cut = nifti2(false);
  cut.pop_back();
  NiftiBytes::write_bytes(folder / "a.nii", cut);
  expect_error(ExitCode::BadData, {"663", "664"}, [&] { read_image(folder / "a.nii"); });
}

TEST(Nifti2, IsReadInTheOtherByteOrder) {
  const testing::TemporaryDirectory folder;
  NiftiBytes::write_bytes(folder / "a.nii", nifti2(true));
  EXPECT_EQ(read_image(folder / "a.nii").voxels[59], 59.0F);
}

}  // namespace
}  // namespace yates::io
