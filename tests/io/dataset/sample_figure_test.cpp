// SPDX-License-Identifier: Apache-2.0
#include "io/dataset/sample_figure.hpp"

#include <gtest/gtest.h>

#include "io/image/png.hpp"

namespace yates::io {
namespace {

Sample small_sample() {
  Sample sample;
  sample.case_id = "a<b";
  sample.shape = {3, 4, 5};
  sample.x.resize(4 * 60);
  for (std::size_t i = 0; i < sample.x.size(); ++i) {
    sample.x[i] = static_cast<float>(i % 17);
  }
  sample.y.assign(60, 0);
  return sample;
}

std::size_t count(const std::string& text, const std::string& part) {
  std::size_t found = 0;
  for (std::size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) {
    ++found;
  }
  return found;
}

TEST(SampleFigure, ShowsThreeSlicesOfFourModalities) {
  const std::string svg = sample_figure_svg(small_sample());
  EXPECT_EQ(count(svg, "<image "), 12U);
  EXPECT_EQ(count(svg, "<path "), 0U);
  EXPECT_EQ(count(svg, "a&lt;b"), 1U);
  EXPECT_EQ(svg, sample_figure_svg(small_sample()));
}

TEST(SampleFigure, OutlinesALabelledVoxelByItsFourEdges) {
  Sample sample = small_sample();
  sample.y[(1 * 4 + 2) * 5 + 3] = 2;
  const std::string svg = sample_figure_svg(sample);
  EXPECT_EQ(count(svg, "<path "), 12U);
  // Axial: row y = 2, column x = 3. Coronal: z = 1 of 3 is the middle row from either side.
  EXPECT_EQ(count(svg, "M3 2h1M3 2v1M4 2v1M3 3h1"), 4U);
  EXPECT_EQ(count(svg, "M3 1h1M3 1v1M4 1v1M3 2h1"), 4U);
}

TEST(SampleFigure, IsFineWithConstantImages) {
  Sample sample = small_sample();
  sample.x.assign(sample.x.size(), 0.5F);
  EXPECT_EQ(count(sample_figure_svg(sample), "nan"), 0U);
}

TEST(Png, WritesTheChunksOfTheFormat) {
  const std::vector<std::uint8_t> pixels = {0, 128, 255, 1, 2, 3};
  const std::vector<std::byte> png = encode_png(pixels, 3);
  const auto byte = [&](std::size_t i) { return std::to_integer<int>(png[i]); };
  EXPECT_EQ(byte(0), 0x89);
  EXPECT_EQ(byte(19), 3);
  EXPECT_EQ(byte(23), 2);
  EXPECT_EQ(byte(24), 8);
  // The checksum of an empty IEND chunk, as in every PNG file.
  EXPECT_EQ(byte(png.size() - 4), 0xAE);
  EXPECT_EQ(byte(png.size() - 1), 0x82);
}

TEST(Base64, EqualsTheExamplesOfRfc4648) {
  const std::pair<const char*, const char*> examples[] = {{"", ""},
                                                          {"f", "Zg=="},
                                                          {"fo", "Zm8="},
                                                          {"foo", "Zm9v"},
                                                          {"foob", "Zm9vYg=="},
                                                          {"fooba", "Zm9vYmE="},
                                                          {"foobar", "Zm9vYmFy"}};
  for (const auto& [text, encoded] : examples) {
    const std::string_view view = text;
    EXPECT_EQ(base64(std::as_bytes(std::span(view.data(), view.size()))), encoded);
  }
}

}  // namespace
}  // namespace yates::io
