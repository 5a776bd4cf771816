// SPDX-License-Identifier: Apache-2.0
// One launcher per campaign on one machine.
#pragma once

#include <filesystem>

namespace yates::campaign {

/// Holds OUT/.lock (flock). The guards of its runs inherit it, so it is free only when a killed
/// launcher's last program has ended.
class CampaignLock {
 public:
  /// Waits up to `wait_s` seconds for the end of an earlier launcher's programs. Throws
  /// Error{RunOwned} if another launcher works on the campaign, Error{Io}.
  CampaignLock(const std::filesystem::path& out, double wait_s);
  ~CampaignLock();
  CampaignLock(const CampaignLock&) = delete;
  CampaignLock& operator=(const CampaignLock&) = delete;

  /// True if some launcher holds the lock of the campaign at `out` now, as this machine sees it:
  /// on some network file systems a lock is known to its own machine only.
  static bool is_held(const std::filesystem::path& out);
  /// True if the last launcher at `out` ran on another machine than this.
  static bool is_foreign(const std::filesystem::path& out);

 private:
  int descriptor_ = -1;
};

}  // namespace yates::campaign
