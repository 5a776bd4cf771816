// SPDX-License-Identifier: Apache-2.0
#include "base/file.hpp"

#include <csignal>

#include <gtest/gtest.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/error.hpp"
#include "tests/support/temporary_directory.hpp"

namespace yates {
namespace {

std::size_t entries(const std::filesystem::path& directory) {
  std::size_t count = 0;
  for ([[maybe_unused]] const auto& entry : std::filesystem::directory_iterator(directory)) {
    ++count;
  }
  return count;
}

TEST(AtomicFile, PublishesOnlyOnCommit) {
  const testing::TemporaryDirectory folder;
  const auto path = folder / "result.txt";

  AtomicFile file(path);
  file.write("half");
  EXPECT_FALSE(std::filesystem::exists(path));
  file.write(" whole");
  file.commit();

  EXPECT_EQ(read_file(path), "half whole");
  EXPECT_EQ(entries(folder.path()), 1U);
}

TEST(AtomicFile, IsNotVisibleAfterSync) {
  const testing::TemporaryDirectory folder;
  const auto path = folder / "result.txt";
  {
    AtomicFile file(path);
    file.write("whole");
    file.sync();
    EXPECT_EQ(read_file(file.temporary_path()), "whole");
    EXPECT_FALSE(std::filesystem::exists(path));
    file.commit();
    EXPECT_EQ(read_file(path), "whole");
  }
  EXPECT_EQ(entries(folder.path()), 1U);
}

TEST(AtomicFile, TwoOfTheSameNameAtOnceDoNotMeet) {
  const testing::TemporaryDirectory folder;
  AtomicFile first(folder / "result.txt");
  AtomicFile second(folder / "result.txt");
  first.write("first");
  second.write("second");
  EXPECT_NE(first.temporary_path(), second.temporary_path());
  second.commit();
  first.commit();
  EXPECT_EQ(read_file(folder / "result.txt"), "first");
}

TEST(AtomicFile, TemporaryNameTellsItsProcess) {
  const testing::TemporaryDirectory folder;
  const AtomicFile file(folder / "a.json");
  const std::string name = file.temporary_path().filename().string();
  EXPECT_TRUE(name.starts_with(".a.json.") && name.ends_with(".tmp")) << name;
  EXPECT_NE(name.find("-" + std::to_string(::getpid()) + "-"), std::string::npos) << name;
}

TEST(AtomicFile, LeavesNothingWithoutCommit) {
  const testing::TemporaryDirectory folder;
  { AtomicFile(folder / "result.txt").write("half"); }
  EXPECT_EQ(entries(folder.path()), 0U);
}

TEST(AtomicFile, KeepsTheOldContentWhenTheDiskIsFull) {
  const testing::TemporaryDirectory folder;
  const auto path = folder / "result.txt";
  write_file_atomic(path, "old");
  rlimit saved{};
  getrlimit(RLIMIT_FSIZE, &saved);
  const rlimit tight{4096, saved.rlim_max};
  std::signal(SIGXFSZ, SIG_IGN);
  setrlimit(RLIMIT_FSIZE, &tight);

  EXPECT_THROW(write_file_atomic(path, std::string(10000, 'x')), Error);

  setrlimit(RLIMIT_FSIZE, &saved);
  EXPECT_EQ(read_file(path), "old");
  EXPECT_EQ(entries(folder.path()), 1U);
}

TEST(ReadFile, NamesAMissingFile) {
  try {
    read_file("/nonexistent/file.yaml");
    FAIL() << "no error";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ExitCode::InputMissing);
    EXPECT_NE(std::string(error.what()).find("/nonexistent/file.yaml"), std::string::npos);
  }
}

}  // namespace
}  // namespace yates
