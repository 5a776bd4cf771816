// SPDX-License-Identifier: Apache-2.0
#include "launcher/campaign/campaign_lock.hpp"

#include <cerrno>
#include <string>

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include "base/clock.hpp"
#include "base/error.hpp"

namespace yates::campaign {

CampaignLock::CampaignLock(const std::filesystem::path& out, double wait_s) {
  const std::string path = (out / ".lock").string();
  descriptor_ = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644);
  if (descriptor_ < 0) {
    throw_system_error("cannot open the lock file", path, errno);
  }
  const Stopwatch waited;
  while (::flock(descriptor_, LOCK_EX | LOCK_NB) != 0) {
    if (errno != EWOULDBLOCK || waited.seconds() > wait_s) {
      ::close(descriptor_);
      throw Error(
          ExitCode::RunOwned,
          Problem{.what = "another `yates study run` works on this campaign",
                  .where = out.string(),
                  .allowed = "one launcher per campaign",
                  .fix = "wait for it, or stop it; `yates study status` shows what it does"});
    }
    ::usleep(50'000);
  }
}

CampaignLock::~CampaignLock() {
  ::close(descriptor_);
}

bool CampaignLock::is_held(const std::filesystem::path& out) {
  const int descriptor = ::open((out / ".lock").c_str(), O_RDONLY | O_CLOEXEC);
  if (descriptor < 0) {
    return false;
  }
  const bool free = ::flock(descriptor, LOCK_SH | LOCK_NB) == 0;
  ::close(descriptor);
  return !free;
}

}  // namespace yates::campaign
