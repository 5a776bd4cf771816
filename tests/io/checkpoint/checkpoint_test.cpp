// SPDX-License-Identifier: Apache-2.0
#include "io/checkpoint/checkpoint.hpp"

#include <algorithm>
#include <fstream>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "base/error.hpp"
#include "base/file.hpp"
#include "tests/support/temporary_directory.hpp"

namespace yates::io {
namespace {

const std::vector<float> kWeight = {1, 2, 3, 4, 5, 6};
const std::vector<double> kWide = {0.5};

std::vector<TensorEntry> tensors() {
  return {{"a", Dtype::F32, {2, 3}, std::as_bytes(std::span(kWeight))},
          {"momentum.a", Dtype::F32, {6}, std::as_bytes(std::span(kWeight))},
          {"wide", Dtype::F64, {1}, std::as_bytes(std::span(kWide))}};
}

std::filesystem::path write(const testing::TemporaryDirectory& folder, std::int64_t step) {
  const auto path = checkpoint_path(folder.path(), step);
  write_verified(path, tensors(), {{"step", std::to_string(step)}});
  return path;
}

void flip(const std::filesystem::path& path, std::size_t byte) {
  std::string content = read_file(path);
  content[byte] = static_cast<char>(content[byte] ^ 1);
  std::ofstream(path, std::ios::binary) << content;
}

TEST(Checkpoint, ReadsBackWithItsChecksumsLast) {
  const testing::TemporaryDirectory folder;
  const SafetensorsFile file = read_verified(write(folder, 500));
  EXPECT_EQ(file.path().filename(), "step-00000500.safetensors");
  ASSERT_EQ(file.entries().size(), 4U);
  EXPECT_EQ(file.entries().back().name, kChecksumTensor);
  EXPECT_EQ(file.metadata().at("step"), "500");
  EXPECT_EQ(file.find("a")->data.size(), 24U);
}

TEST(Checkpoint, FindsEveryFlippedBit) {
  const testing::TemporaryDirectory folder;
  const auto path = write(folder, 1);
  const std::string whole = read_file(path);
  for (std::size_t byte = 0; byte < whole.size(); ++byte) {
    flip(path, byte);
    EXPECT_THROW(read_verified(path), Error) << "byte " << byte;
    flip(path, byte);
  }
  EXPECT_EQ(read_verified(path).entries().size(), 4U);
}

TEST(Checkpoint, RefusesEveryTruncationAndAZeroedTail) {
  const testing::TemporaryDirectory folder;
  const auto path = write(folder, 1);
  const std::string whole = read_file(path);
  const auto put = [&](const std::string& content) {
    std::ofstream(path, std::ios::binary) << content;
  };
  for (std::size_t length = 0; length < whole.size(); ++length) {
    put(whole.substr(0, length));
    EXPECT_THROW(read_verified(path), Error) << length << " bytes";
    // As after a power failure: the length is there, the content is not.
    std::string zeroed = whole;
    std::fill(zeroed.begin() + static_cast<std::ptrdiff_t>(length), zeroed.end(), '\0');
    if (zeroed != whole) {
      put(zeroed);
      EXPECT_THROW(read_verified(path), Error) << "zero from byte " << length;
    }
  }
  put(whole);
  EXPECT_EQ(read_verified(path).entries().size(), 4U);
}

TEST(Checkpoint, NamesTheDamagedTensorAndItsOffset) {
  const testing::TemporaryDirectory folder;
  const auto path = write(folder, 1);
  const std::size_t header = SafetensorsFile(path).header().size();
  flip(path, header + 8 + 24 + 1);
  try {
    read_verified(path);
    FAIL() << "no error";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ExitCode::BadData);
    EXPECT_NE(std::string(error.what()).find("'momentum.a'"), std::string::npos);
    EXPECT_NE(std::string(error.what()).find("byte offset " + std::to_string(header + 32)),
              std::string::npos);
  }
}

TEST(Checkpoint, RefusesAFileWithoutChecksums) {
  const testing::TemporaryDirectory folder;
  write_safetensors(folder / "w.safetensors", tensors());
  EXPECT_THROW(read_verified(folder / "w.safetensors"), Error);
  write_safetensors(folder / "w.safetensors", {});
  EXPECT_THROW(read_verified(folder / "w.safetensors"), Error);
}

TEST(Checkpoint, FallsBackPastDamagedOnes) {
  const testing::TemporaryDirectory folder;
  write(folder, 10);
  flip(write(folder, 20), 300);
  write_file_atomic(write(folder, 30), "");
  std::vector<std::string> reports;
  const auto report = [&](const std::string& text) { reports.push_back(text); };

  const auto found = read_newest_checkpoint(folder.path(), report);
  ASSERT_TRUE(found.has_value());
  EXPECT_EQ(found->metadata().at("step"), "10");
  ASSERT_EQ(reports.size(), 2U);
  EXPECT_NE(reports[0].find("step-00000030"), std::string::npos);
  EXPECT_NE(reports[1].find("step-00000020"), std::string::npos);
}

TEST(Checkpoint, IsAbsentInAnEmptyOrMissingDirectory) {
  const testing::TemporaryDirectory folder;
  const auto report = [](const std::string& text) { ADD_FAILURE() << text; };
  EXPECT_FALSE(read_newest_checkpoint(folder.path(), report).has_value());
  EXPECT_FALSE(read_newest_checkpoint(folder / "none", report).has_value());
}

TEST(Checkpoint, IsWithdrawnWhenTheFenceThrows) {
  const testing::TemporaryDirectory folder;
  const auto path = checkpoint_path(folder.path(), 7);
  const auto fence = [] { throw std::runtime_error("superseded"); };
  EXPECT_THROW(write_verified(path, tensors(), {}, fence), std::runtime_error);
  EXPECT_TRUE(std::filesystem::is_empty(folder.path()));
}

TEST(Checkpoint, KeepsTheNewestAndSweepsUnfinishedFiles) {
  const testing::TemporaryDirectory folder;
  for (const std::int64_t step : {3, 100000000, 20}) {
    write(folder, step);
  }
  write_file_atomic(folder / ".step-00000021.safetensors.77.tmp", "half");
  write_file_atomic(folder / "step-x.safetensors", "of somebody else");
  remove_old_checkpoints(folder.path(), 2);

  const auto files = list_checkpoints(folder.path());
  ASSERT_EQ(files.size(), 2U);
  EXPECT_EQ(files[0].step, 100000000);
  EXPECT_EQ(files[1].step, 20);
  EXPECT_FALSE(std::filesystem::exists(folder / ".step-00000021.safetensors.77.tmp"));
  EXPECT_TRUE(std::filesystem::exists(folder / "step-x.safetensors"));
}

TEST(RunWeights, AreTheFinalOnesOrTheNewestCheckpoint) {
  const testing::TemporaryDirectory run;
  EXPECT_THROW(run_weights(run.path()), Error);
  make_directories(run / "checkpoints");
  write_verified(checkpoint_path(run / "checkpoints", 5), tensors(), {});
  EXPECT_EQ(run_weights(run.path()).filename(), "step-00000005.safetensors");
  write_verified(run / "final.safetensors", tensors(), {});
  EXPECT_EQ(run_weights(run.path()).filename(), "final.safetensors");
}

}  // namespace
}  // namespace yates::io
