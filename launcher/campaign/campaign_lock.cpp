// SPDX-License-Identifier: Apache-2.0
#include "launcher/campaign/campaign_lock.hpp"

#include <array>
#include <cerrno>
#include <fstream>
#include <string>

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include "base/clock.hpp"
#include "base/error.hpp"

namespace yates::campaign {
namespace {

std::string host_name() {
  std::array<char, 256> name{};
  ::gethostname(name.data(), name.size() - 1);
  return name.data();
}

}  // namespace

CampaignLock::CampaignLock(const std::filesystem::path& out, double wait_s) {
  const std::string path = (out / ".lock").string();
  descriptor_ = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0644);
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
  const std::string host = host_name() + "\n";
  if (::ftruncate(descriptor_, 0) != 0 ||
      ::pwrite(descriptor_, host.data(), host.size(), 0) != static_cast<ssize_t>(host.size())) {
    const int error_number = errno;
    ::close(descriptor_);
    throw_system_error("cannot write the lock file", path, error_number);
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

bool CampaignLock::is_foreign(const std::filesystem::path& out) {
  std::ifstream file(out / ".lock");
  std::string host;
  return std::getline(file, host) && host != host_name();
}

}  // namespace yates::campaign
