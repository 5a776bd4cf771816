// SPDX-License-Identifier: Apache-2.0
#include "io/shard/case_reader.hpp"

#include <fstream>
#include <thread>

#include <gtest/gtest.h>

#include "base/file.hpp"
#include "tests/support/expect_error.hpp"
#include "tests/support/small_data_set.hpp"
#include "tests/support/temporary_directory.hpp"

namespace yates::io {
namespace {

using testing::expect_error;
using testing::TemporaryDirectory;

constexpr std::array<std::int64_t, 3> kShape = {7, 5, 11};

class SmallDataSet : public ::testing::Test {
 protected:
  SmallDataSet()
      : manifest_(testing::write_small_data_set(folder_.path(),
                                                {{"case-a", kShape}, {"case b", {1, 1, 1}}})) {}

  CaseReader open(const std::string& id = "case-a") const {
    return {folder_.path(), manifest_, id};
  }
  [[nodiscard]] std::filesystem::path shard() const { return folder_ / "shard-0000.h5"; }
  [[nodiscard]] std::int64_t image_offset() const {
    return ShardFile(shard(), manifest_.shards[0].bytes).find("case-a").image.offset;
  }
  void flip_byte(std::int64_t offset) const {
    std::fstream file(shard(), std::ios::in | std::ios::out | std::ios::binary);
    file.seekg(offset);
    const char byte = static_cast<char>(file.get());
    file.seekp(offset);
    file.put(static_cast<char>(byte ^ 0x10));
  }

  TemporaryDirectory folder_;
  Manifest manifest_;
};

/// The value a crop must have at (channel, z, y, x) of the volume.
float expected(const CaseRecord& record, std::size_t channel, std::array<std::int64_t, 3> at) {
  const auto [z, y, x] = at;
  const auto [depth, height, width] = record.shape;
  if (z < 0 || y < 0 || x < 0 || z >= depth || y >= height || x >= width) {
    return 0;
  }
  const std::vector<std::int16_t> counts = testing::small_counts(record.shape);
  const auto index = static_cast<std::size_t>((z * height + y) * width + x);
  const auto count =
      static_cast<float>(counts[channel * static_cast<std::size_t>(record.voxels()) + index]);
  const auto sd = static_cast<float>(std::max(record.sd[channel], 1e-8));
  return (count - static_cast<float>(record.mean[channel])) / sd;
}

TEST_F(SmallDataSet, CropsInsideAcrossAndOutsideTheVolume) {
  const CaseReader reader = open();
  const VoxelBox boxes[] = {{{0, 0, 0}, kShape},
                            {{2, 1, 3}, {3, 2, 4}},
                            {{-2, -1, -3}, {12, 8, 20}},
                            {{5, 3, 9}, {4, 4, 4}},
                            {{-1, 0, 0}, {2, 5, 11}},
                            {{6, 4, 10}, {1, 1, 1}},
                            {{20, 0, 0}, {2, 2, 2}},
                            {{-9, -9, -9}, {3, 3, 3}}};
  for (const VoxelBox& box : boxes) {
    const std::vector<float> image = reader.read_image(box);
    const std::vector<std::uint8_t> labels = reader.read_labels(box);
    const auto [d, h, w] = box.shape;
    std::size_t wrong = 0;
    std::size_t i = 0;
    for (std::int64_t z = 0; z < d; ++z) {
      for (std::int64_t y = 0; y < h; ++y) {
        for (std::int64_t x = 0; x < w; ++x, ++i) {
          const std::array<std::int64_t, 3> at = {
              box.corner[0] + z, box.corner[1] + y, box.corner[2] + x};
          for (std::size_t channel = 0; channel < 4; ++channel) {
            const float found = image[channel * static_cast<std::size_t>(box.voxels()) + i];
            wrong += found == expected(reader.record(), channel, at) ? 0 : 1;
          }
          const bool in = at[0] >= 0 && at[1] >= 0 && at[2] >= 0 && at[0] < kShape[0] &&
                          at[1] < kShape[1] && at[2] < kShape[2];
          const auto index = (at[0] * kShape[1] + at[1]) * kShape[2] + at[2];
          wrong += labels[i] == (in ? index % 4 : 0) ? 0 : 1;
        }
      }
    }
    EXPECT_EQ(wrong, 0U) << box.corner[0];
  }
}

TEST_F(SmallDataSet, FloorsTheSdOfAConstantModality) {
  const CaseReader reader = open("case b");
  EXPECT_EQ(reader.record().sd[0], 0.0);
  EXPECT_EQ(reader.read_image(reader.whole()), std::vector<float>(4, 0.0F));
}

TEST_F(SmallDataSet, ReadsOneModalityUnnormalised) {
  const std::vector<std::int16_t> counts = testing::small_counts(kShape);
  const std::vector<float> modality = open().read_modality(2);
  const auto voxels = static_cast<std::ptrdiff_t>(modality.size());
  EXPECT_EQ(modality, std::vector<float>(counts.begin() + 2 * voxels, counts.begin() + 3 * voxels));
}

TEST_F(SmallDataSet, GivesSeveralThreadsTheSame) {
  const CaseReader reader = open();
  const std::vector<float> alone = open().read_image(reader.whole());
  std::vector<std::vector<float>> found(4);
  std::vector<std::thread> threads;
  for (std::vector<float>& target : found) {
    threads.emplace_back([&] { target = reader.read_image(reader.whole()); });
  }
  for (std::thread& thread : threads) {
    thread.join();
  }
  for (const std::vector<float>& one : found) {
    EXPECT_EQ(one, alone);
  }
}

TEST_F(SmallDataSet, NamesTheFlippedBitsModalityAtFirstTouch) {
  const std::int64_t channel_bytes = kShape[0] * kShape[1] * kShape[2] * 2;
  flip_byte(image_offset() + channel_bytes + 4);
  const CaseReader reader = open();
  for (int repeat = 0; repeat < 2; ++repeat) {
    expect_error(ExitCode::BadData, {"case case-a, t2f", "checksum", "shard-0000.h5"}, [&] {
      static_cast<void>(reader.read_image({{0, 0, 0}, {1, 1, 1}}));
    });
  }
  EXPECT_NO_THROW(static_cast<void>(reader.read_modality(0)));
  EXPECT_NO_THROW(static_cast<void>(reader.read_labels(reader.whole())));
}

TEST_F(SmallDataSet, NoticesEveryFlippedVoxelByte) {
  const std::int64_t bytes = kShape[0] * kShape[1] * kShape[2] * 8;
  for (std::int64_t at = image_offset(); at < image_offset() + bytes; at += 211) {
    flip_byte(at);
    expect_error(ExitCode::BadData, {"checksum"}, [&] { open().verify(); });
    flip_byte(at);
  }
  EXPECT_NO_THROW(open().verify());
}

TEST_F(SmallDataSet, RefusesATruncatedShardAtAnyLength) {
  const std::string whole = read_file(shard());
  for (std::size_t size = 0; size < whole.size(); size += 997) {
    write_file_atomic(shard(), std::string_view(whole).substr(0, size));
    expect_error(ExitCode::BadData, {"the manifest says", "shard-0000.h5"}, [&] { open(); });
  }
}

TEST_F(SmallDataSet, RefusesAShardThatBecomesShortWhileOpen) {
  const CaseReader reader = open();
  std::filesystem::resize_file(shard(), static_cast<std::uintmax_t>(image_offset() + 100));
  expect_error(ExitCode::BadData, {"case case-a, t2w", "ends at byte"}, [&] {
    static_cast<void>(reader.read_image(reader.whole()));
  });
}

TEST_F(SmallDataSet, RefusesAMissingShard) {
  std::filesystem::remove(shard());
  expect_error(ExitCode::InputMissing, {"shard-0000.h5"}, [&] { open(); });
}

TEST_F(SmallDataSet, RefusesAManifestThatContradictsTheShard) {
  const auto refused = [&](const std::string& word, const auto& change) {
    Manifest changed = manifest_;
    change(changed.cases[0]);
    expect_error(ExitCode::BadData, {"case-a", word}, [&] {
      CaseReader(folder_.path(), changed, changed.cases[0].id);
    });
  };
  refused("shape", [](CaseRecord& record) { record.shape = {5, 7, 11}; });
  refused("storage", [](CaseRecord& record) { record.storage = Storage::Float32; });
  refused("mean", [](CaseRecord& record) { record.mean[3] += 1e-9; });
  refused("sd", [](CaseRecord& record) { record.sd[0] *= 2; });
  refused("checksum", [](CaseRecord& record) { record.crc32c.labels ^= 1U; });
  refused("not in this shard", [](CaseRecord& record) { record.id = "case-a2"; });
}

TEST_F(SmallDataSet, RefusesAShardOfAnotherSchema) {
  const auto path = folder_ / "other.h5";
  Hdf5File file = Hdf5File::create(path);
  const std::int64_t schema[] = {kDataSchema + 1};
  file.write_attribute("/", "yates_schema", std::span<const std::int64_t>(schema));
  file.close();
  const auto bytes = static_cast<std::int64_t>(std::filesystem::file_size(path));
  expect_error(ExitCode::BadData, {"schema 2", "other.h5"}, [&] { ShardFile(path, bytes); });
}

TEST_F(SmallDataSet, RefusesAnUnknownCase) {
  expect_error(ExitCode::BadData, {"no case 'x'"}, [&] { open("x"); });
}

TEST(ShardWriter, LeavesNothingWhenItIsNotPublished) {
  const TemporaryDirectory folder;
  {
    const std::vector<std::int16_t> counts = testing::small_counts(kShape);
    CaseRecord record = testing::small_record("a", kShape, counts);
    ShardWriter writer(folder.path(), "shard-0000.h5");
    writer.add(record, std::as_bytes(std::span(counts)), testing::small_labels(kShape));
  }
  EXPECT_TRUE(std::filesystem::is_empty(folder.path()));
}

TEST(ShardWriter, WritesEqualBytesForEqualInput) {
  const TemporaryDirectory one;
  const TemporaryDirectory two;
  const Manifest first = testing::write_small_data_set(one.path(), {{"a", kShape}});
  const Manifest second = testing::write_small_data_set(two.path(), {{"a", kShape}});
  EXPECT_EQ(first.shards[0].sha256, second.shards[0].sha256);
}

TEST(Hdf5File, NamesWhatIsNoHdf5) {
  const TemporaryDirectory folder;
  write_file_atomic(folder / "a.h5", "text");
  expect_error(ExitCode::BadData, {"a.h5", "HDF5"}, [&] { Hdf5File::open(folder / "a.h5"); });
}

}  // namespace
}  // namespace yates::io
