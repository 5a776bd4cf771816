// SPDX-License-Identifier: Apache-2.0
#include "launcher/campaign/session_folder.hpp"

#include <cstdlib>
#include <filesystem>
#include <string>

#include <gtest/gtest.h>

#include "base/file.hpp"
#include "tests/support/temporary_directory.hpp"

namespace yates::campaign {
namespace {

/// TMPDIR is a folder of the test.
class SessionFolderTest : public ::testing::Test {
 protected:
  SessionFolderTest() {
    std::filesystem::create_directory(temporary_);
    ::setenv("TMPDIR", temporary_.c_str(), 1);
  }
  ~SessionFolderTest() override {
    if (before_ == nullptr) {
      ::unsetenv("TMPDIR");
    } else {
      ::setenv("TMPDIR", kept_.c_str(), 1);
    }
  }

  testing::TemporaryDirectory directory_;
  std::filesystem::path temporary_ = directory_ / "tmp";
  const char* before_ = std::getenv("TMPDIR");
  std::string kept_ = before_ == nullptr ? "" : before_;
};

TEST_F(SessionFolderTest, GoesWithItsLauncherAndAllThatIsInIt) {
  {
    const SessionFolder folder(directory_ / "campaign");
    ASSERT_EQ(folder.path().parent_path(), temporary_);
    std::filesystem::create_directories(folder.path() / "ompi.node.0/pid.1");
    write_file_atomic(folder.path() / "ompi.node.0/pid.1/contact.txt", "here");
  }
  EXPECT_TRUE(std::filesystem::is_empty(temporary_));
}

TEST_F(SessionFolderTest, IsEmptyAfterALauncherThatWasKilled) {
  const std::filesystem::path left = SessionFolder(directory_ / "campaign").path();
  std::filesystem::create_directories(left / "ompi.node.0/pid.1");
  const SessionFolder next(directory_ / "campaign");
  EXPECT_EQ(next.path(), left);
  EXPECT_TRUE(std::filesystem::is_empty(left));
}

TEST_F(SessionFolderTest, CampaignsHaveFoldersOfTheirOwn) {
  EXPECT_NE(SessionFolder(directory_ / "one").path(), SessionFolder(directory_ / "two").path());
}

TEST_F(SessionFolderTest, WithoutADirectoryForTemporaryFilesThereIsNone) {
  std::filesystem::remove(temporary_);
  EXPECT_EQ(SessionFolder(directory_ / "campaign").path(), "");
}

}  // namespace
}  // namespace yates::campaign
