// SPDX-License-Identifier: Apache-2.0
#include "io/phantom/intensities.hpp"

#include <algorithm>
#include <cmath>

#include "base/error.hpp"
#include "io/augment/normal_field.hpp"

namespace yates::io {
namespace {

constexpr std::size_t kTissues = 6;
constexpr std::size_t kWhite = static_cast<std::size_t>(Tissue::White);

/// Means by modality (t2w, t2f, t1n, t1c) and tissue (CSF, grey, white, NCR, ED, ET).
constexpr std::array<std::array<double, kTissues>, 4> kMeans = {{
    {1.00, 0.55, 0.42, 0.80, 0.78, 0.60},
    {0.20, 0.55, 0.45, 0.50, 0.95, 0.70},
    {0.25, 0.55, 0.75, 0.35, 0.50, 0.52},
    {0.25, 0.50, 0.65, 0.35, 0.48, 1.05},
}};
constexpr double kNoiseSd = 0.04;
constexpr double kBias = 0.08;
constexpr double kBiasCell = 70;
constexpr double kTissueCell = 10;
constexpr double kTissueNoise = 0.08;
constexpr double kCsfDepth = 0.06;
constexpr double kGreyDepth = 0.36;
constexpr double kMeanGain = 900;
constexpr float kBlurSide = 0.2F;
constexpr float kBlurMiddle = 0.6F;

/// Contrast of tumour labels against white matter: 1.6 easy, 1 calibrated, 0.4 hard.
double contrast(double difficulty) {
  return 1.6 - 1.2 * difficulty;
}

/// Noise: half at difficulty 0, the calibrated one at 0.5, double at 1.
double noise_sd(double difficulty) {
  return kNoiseSd * std::exp2(2 * difficulty - 1);
}

std::array<float, kTissues + 1> means_of(std::size_t modality, double difficulty) {
  std::array<float, kTissues + 1> means{};
  const auto& table = kMeans[modality];
  for (std::size_t i = 0; i < kTissues; ++i) {
    const double from_white = table[i] - table[kWhite];
    const double factor = i > kWhite ? contrast(difficulty) : 1;
    means[i] = static_cast<float>(std::max(0.05, table[kWhite] + factor * from_white));
  }
  return means;
}

/// In-place [.2 .6 .2] between rows `stride` apart; beyond the ends counts as 0.
void blur_rows(std::vector<float>& field,
               std::size_t begin,
               std::size_t rows,
               std::size_t stride,
               std::size_t length) {
  std::vector<float> before(length, 0.0F);
  std::vector<float> here(length);
  for (std::size_t r = 0; r < rows; ++r) {
    float* row = field.data() + begin + r * stride;
    const float* after = r + 1 < rows ? row + stride : nullptr;
    std::copy_n(row, length, here.begin());
    for (std::size_t i = 0; i < length; ++i) {
      const float next = after != nullptr ? after[i] : 0.0F;
      row[i] = kBlurMiddle * here[i] + kBlurSide * (before[i] + next);
    }
    std::swap(before, here);
  }
}

void blur_along_row(std::span<float> row) {
  float before = 0;
  for (std::size_t i = 0; i < row.size(); ++i) {
    const float here = row[i];
    const float after = i + 1 < row.size() ? row[i + 1] : 0.0F;
    row[i] = kBlurMiddle * here + kBlurSide * (before + after);
    before = here;
  }
}

void blur(std::vector<float>& field, const std::array<std::int64_t, 3>& size) {
  const auto depth = static_cast<std::size_t>(size[0]);
  const auto height = static_cast<std::size_t>(size[1]);
  const auto width = static_cast<std::size_t>(size[2]);
  for (std::size_t z = 0; z < depth; ++z) {
    for (std::size_t y = 0; y < height; ++y) {
      blur_along_row({field.data() + (z * height + y) * width, width});
    }
    blur_rows(field, z * height * width, height, width, width);
  }
  for (std::size_t y = 0; y < height; ++y) {
    blur_rows(field, y * width, depth, height * width, width);
  }
}

/// The noise-free image over the box, in units of the table.
std::vector<float> clean_image(const PhantomOptions& options,
                               std::uint64_t index,
                               std::size_t modality,
                               const BrainShape& brain,
                               std::span<const Tissue> tissues) {
  const auto means = means_of(modality, options.difficulty);
  const LatticeNoise bias(
      brain.grid, kBiasCell, RandomStream(options.seed, "phantom.bias", index, modality));
  const auto width = static_cast<std::size_t>(brain.grid.size[2]);
  std::vector<float> field(tissues.size());
  std::size_t offset = 0;
  for (std::int64_t z = 0; z < brain.grid.size[0]; ++z) {
    for (std::int64_t y = 0; y < brain.grid.size[1]; ++y, offset += width) {
      bias.row(z, y, 0, {field.data() + offset, width});
      for (std::size_t x = offset; x < offset + width; ++x) {
        field[x] = means[static_cast<std::size_t>(tissues[x])] *
                   (1.0F + static_cast<float>(kBias) * field[x]);
      }
    }
  }
  blur(field, brain.grid.size);
  return field;
}

/// First and last + 1 brain voxel of a row; {0, 0} without any.
std::array<std::size_t, 2> brain_span(std::span<const Tissue> row) {
  const auto inside = [](Tissue tissue) { return tissue != Tissue::Outside; };
  const auto first = std::find_if(row.begin(), row.end(), inside);
  if (first == row.end()) {
    return {0, 0};
  }
  const auto last = std::find_if(row.rbegin(), row.rend(), inside).base();
  return {static_cast<std::size_t>(first - row.begin()),
          static_cast<std::size_t>(last - row.begin())};
}

}  // namespace

std::vector<Tissue> draw_tissues(const PhantomOptions& options,
                                 std::uint64_t index,
                                 const BrainShape& brain,
                                 std::span<const std::uint8_t> labels) {
  YATES_ASSERT(labels.size() == brain.depth.size(), "{} labels", labels.size());
  constexpr std::array<Tissue, 4> kOfLabel = {
      Tissue::White, Tissue::Ncr, Tissue::Oedema, Tissue::Enhancing};
  const LatticeNoise folds(
      brain.grid, kTissueCell, RandomStream(options.seed, "phantom.tissue", index));
  const auto width = static_cast<std::size_t>(brain.grid.size[2]);
  std::vector<Tissue> tissues(labels.size(), Tissue::Outside);
  std::vector<float> noise(width);
  std::size_t offset = 0;
  for (std::int64_t z = 0; z < brain.grid.size[0]; ++z) {
    for (std::int64_t y = 0; y < brain.grid.size[1]; ++y) {
      folds.row(z, y, 0, noise);
      for (std::size_t x = 0; x < width; ++x, ++offset) {
        if (brain.depth[offset] <= 0) {
          continue;
        }
        const auto depth =
            static_cast<double>(brain.depth[offset] + static_cast<float>(kTissueNoise) * noise[x]);
        const Tissue healthy = depth < kCsfDepth    ? Tissue::Csf
                               : depth < kGreyDepth ? Tissue::Grey
                                                    : Tissue::White;
        tissues[offset] = labels[offset] == 0 ? healthy : kOfLabel[labels[offset]];
      }
    }
  }
  return tissues;
}

std::vector<std::int16_t> draw_modality(const PhantomOptions& options,
                                        std::uint64_t index,
                                        std::size_t modality,
                                        const BrainShape& brain,
                                        std::span<const Tissue> tissues) {
  RandomStream random(options.seed, "phantom.modality", index, modality);
  const auto gain = static_cast<float>(kMeanGain * std::exp(0.5 * random.normal()));
  const auto sigma = static_cast<float>(noise_sd(options.difficulty));
  const NoiseKey key = draw_noise_key(random);
  const std::vector<float> clean = clean_image(options, index, modality, brain, tissues);
  const auto [depth, height, width] = brain.grid.size;
  const auto [full_depth, full_height, full_width] = options.shape;
  std::vector<std::int16_t> counts(static_cast<std::size_t>(full_depth * full_height * full_width),
                                   0);
  std::vector<float> normals(2 * static_cast<std::size_t>(width));
  for (std::int64_t z = 0; z < depth; ++z) {
    for (std::int64_t y = 0; y < height; ++y) {
      const auto begin = static_cast<std::size_t>((z * height + y) * width);
      const auto [first, last] =
          brain_span(tissues.subspan(begin, static_cast<std::size_t>(width)));
      const std::size_t length = last - first;
      fill_normal({normals.data(), 2 * length},
                  key,
                  {static_cast<std::uint32_t>(y), static_cast<std::uint32_t>(z), 0});
      std::int16_t* row = counts.data() +
                          ((z + brain.corner[0]) * full_height + y + brain.corner[1]) * full_width +
                          brain.corner[2];
      for (std::size_t i = 0; i < length; ++i) {
        const std::size_t x = first + i;
        const float real = clean[begin + x] + sigma * normals[i];
        const float imaginary = sigma * normals[length + i];
        const float value = gain * std::sqrt(real * real + imaginary * imaginary) + 0.5F;
        const float bounded = std::clamp(value, 1.0F, 32767.0F);
        row[x] = tissues[begin + x] == Tissue::Outside ? std::int16_t{0}
                                                       : static_cast<std::int16_t>(bounded);
      }
    }
  }
  return counts;
}

}  // namespace yates::io
