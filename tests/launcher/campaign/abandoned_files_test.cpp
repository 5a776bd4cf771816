// SPDX-License-Identifier: Apache-2.0
#include "launcher/campaign/abandoned_files.hpp"

#include <filesystem>
#include <string>

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/file.hpp"
#include "launcher/campaign/scratch_name.hpp"
#include "tests/support/temporary_directory.hpp"

namespace yates::campaign {
namespace {

/// The name that a process which has ended gave its temporary file.
std::filesystem::path name_of_ended_process(const std::filesystem::path& folder,
                                            const std::string& name) {
  const std::string ours = scratch_name(folder, name).filename().string();
  const pid_t child = ::fork();
  if (child == 0) {
    ::_exit(0);
  }
  ::waitpid(child, nullptr, 0);
  const std::string process = "-" + std::to_string(::getpid()) + "-";
  std::string theirs = ours;
  theirs.replace(theirs.rfind(process), process.size(), "-" + std::to_string(child) + "-");
  return folder / theirs;
}

class AbandonedFilesTest : public ::testing::Test {
 protected:
  /// Whether a file of that name survives.
  bool stays(const std::filesystem::path& path) const {
    write_file_atomic(path, "half");
    remove_abandoned_files(directory_.path());
    return std::filesystem::exists(path);
  }

  testing::TemporaryDirectory directory_;
};

TEST_F(AbandonedFilesTest, OfAProcessThatHasEndedGoIncludingThoseFurtherDown) {
  EXPECT_FALSE(stays(name_of_ended_process(directory_.path(), "run.yaml")));
  make_directories(directory_ / "attempts/0001");
  EXPECT_FALSE(stays(name_of_ended_process(directory_ / "attempts/0001", "end.json")));
  EXPECT_FALSE(stays(name_of_ended_process(directory_.path(), "name.with-dots.and-4-dashes")));
}

TEST_F(AbandonedFilesTest, OfALivingProcessStay) {
  EXPECT_TRUE(stays(scratch_name(directory_.path(), "status.json")));
}

TEST_F(AbandonedFilesTest, OfAnotherMachineStay) {
  EXPECT_TRUE(stays(directory_ / ".end.json.elsewhere-1234567-00000000000000aa.tmp"));
}

TEST_F(AbandonedFilesTest, WhatOnlyLooksAlikeStays) {
  for (const char* name : {".end.json.tmp",
                           ".a-b.tmp",
                           ".-.tmp",
                           ".x-99999999999-1.tmp",
                           ".tmp",
                           "end.json.vm-1-1.tmp",
                           ".end.json.vm-1-1"}) {
    EXPECT_TRUE(stays(directory_ / name)) << name;
  }
}

TEST_F(AbandonedFilesTest, NoFolderIsNoError) {
  remove_abandoned_files(directory_ / "absent");
}

}  // namespace
}  // namespace yates::campaign
