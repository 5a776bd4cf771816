// SPDX-License-Identifier: Apache-2.0
// What `yates doctor` looks at: can this machine plan, train and submit?
#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace yates::cli {

enum class CheckState { Ok, Warning, Error };

/// One finding about the machine, with what to do about it (empty when all is well).
struct MachineCheck {
  std::string check;
  CheckState state = CheckState::Ok;
  std::string found;
  std::string fix;
};

/// "ok", "warning" or "error".
std::string to_string(CheckState state);

/// Looks at the worker, MPI, GPUs, NCCL, Slurm and the machine's cores and memory.
/// Starts no process and takes well under a second.
std::vector<MachineCheck> check_machine();

/// Tries in `folder` what runs rely on: create exclusively, rename over, lock, free space.
/// Leaves nothing behind.
std::vector<MachineCheck> check_file_system(const std::filesystem::path& folder);

}  // namespace yates::cli
