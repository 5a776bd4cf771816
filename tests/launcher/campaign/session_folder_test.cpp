// SPDX-License-Identifier: Apache-2.0
#include "launcher/campaign/session_folder.hpp"

#include <filesystem>

#include <gtest/gtest.h>

#include "base/file.hpp"
#include "tests/support/temporary_directory.hpp"

namespace yates::campaign {
namespace {

class SessionFolderTest : public ::testing::Test {
 protected:
  SessionFolderTest() { std::filesystem::create_directory(parent_); }

  testing::TemporaryDirectory directory_;
  std::filesystem::path parent_ = directory_ / "parent";
  std::filesystem::path campaign_ = directory_ / "campaign";
};

TEST_F(SessionFolderTest, GoesWithItsLauncherAndAllThatIsInIt) {
  {
    const SessionFolder folder(parent_, campaign_);
    ASSERT_EQ(folder.path().parent_path(), parent_);
    std::filesystem::create_directories(folder.path() / "ompi.node.0/pid.1");
    write_file_atomic(folder.path() / "ompi.node.0/pid.1/contact.txt", "here");
  }
  EXPECT_TRUE(std::filesystem::is_empty(parent_));
}

TEST_F(SessionFolderTest, IsEmptyAfterALauncherThatWasKilled) {
  const std::filesystem::path left = SessionFolder(parent_, campaign_).path();
  std::filesystem::create_directories(left / "ompi.node.0/pid.1");
  const SessionFolder next(parent_, campaign_);
  EXPECT_EQ(next.path(), left);
  EXPECT_TRUE(std::filesystem::is_empty(left));
}

TEST_F(SessionFolderTest, CampaignsHaveFoldersOfTheirOwn) {
  EXPECT_NE(SessionFolder(parent_, campaign_).path(),
            SessionFolder(parent_, directory_ / "another").path());
}

TEST_F(SessionFolderTest, WithoutAParentThereIsNone) {
  EXPECT_EQ(SessionFolder(directory_ / "absent", campaign_).path(), "");
  EXPECT_EQ(SessionFolder("", campaign_).path(), "");
}

}  // namespace
}  // namespace yates::campaign
