// SPDX-License-Identifier: Apache-2.0
#include "launcher/cli/machine_checks.hpp"

#include <cstdlib>
#include <dlfcn.h>
#include <optional>
#include <string_view>
#include <thread>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <unistd.h>

#include "base/error.hpp"
#include "base/file.hpp"
#include "base/text.hpp"
#include "launcher/cli/build_info.hpp"
#include "launcher/cli/installed_files.hpp"
#include "launcher/cli/shell_output.hpp"
#include "launcher/cli/verbs.hpp"

namespace yates::cli {
namespace {

constexpr double kGiB = 1024.0 * 1024.0 * 1024.0;

std::optional<std::filesystem::path> find_program(const std::string& name) {
  const char* path = std::getenv("PATH");
  for (const std::string& folder : split(path == nullptr ? "" : path, ':')) {
    const std::filesystem::path candidate = std::filesystem::path(folder) / name;
    if (!folder.empty() && ::access(candidate.c_str(), X_OK) == 0) {
      return candidate;
    }
  }
  return std::nullopt;
}

bool library_loads(const char* name) {
  void* handle = ::dlopen(name, RTLD_LAZY | RTLD_LOCAL);
  if (handle != nullptr) {
    ::dlclose(handle);
  }
  return handle != nullptr;
}

MachineCheck check_worker() {
  const std::filesystem::path worker = worker_path();
  if (::access(worker.c_str(), X_OK) != 0) {
    return {
        "worker",
        CheckState::Warning,
        "no yates-worker beside this program: it plans, evaluates and analyses, but cannot train",
        "build with LibTorch: tools/bootstrap.sh, then cmake --preset release"};
  }
  // LibTorch may lie outside the installation, and may have gone from there.
  const ShellResult started =
      run_in_shell(shell_quoted(worker.string()) + " --version 2>&1 >/dev/null");
  if (!started.ok) {
    return {
        "worker",
        CheckState::Error,
        "yates-worker does not start: " + std::string(trim(started.output)),
        "put LibTorch into lib/yates of the installation (cmake --install BUILD --prefix PREFIX "
        "--component libtorch), or its folder into LD_LIBRARY_PATH"};
  }
  return {"worker",
          CheckState::Ok,
          "yates-worker with LibTorch " + std::string(build_info::kLibtorch),
          ""};
}

MachineCheck check_files() {
  const std::filesystem::path folder = data_folder();
  if (std::filesystem::exists(folder / "configs")) {
    return {"files", CheckState::Ok, "configurations and site files: " + folder.string(), ""};
  }
  return {"files",
          CheckState::Warning,
          "no configurations and site files in " + folder.string(),
          "install with cmake --install, and move the whole prefix, not the program alone"};
}

MachineCheck check_mpi() {
  if (const auto mpirun = find_program("mpirun")) {
    return {"mpi", CheckState::Ok, "mpirun: " + mpirun->string(), ""};
  }
  if (const auto srun = find_program("srun")) {
    return {"mpi", CheckState::Ok, "no mpirun, but srun: " + srun->string(), ""};
  }
  return {"mpi",
          CheckState::Warning,
          "neither mpirun nor srun is on PATH: runs have one rank",
          "apt-get install openmpi-bin, or load your site's MPI module"};
}

MachineCheck check_gpu() {
  const bool built = *build_info::kCuda != '\0';
  if (!library_loads("libcuda.so.1")) {
    return {"gpu",
            CheckState::Warning,
            "no NVIDIA driver: training runs on the CPU",
            "run on a GPU node for full-size arms"};
  }
  if (!built) {
    return {"gpu",
            CheckState::Warning,
            "an NVIDIA driver is here, but this build has no CUDA",
            "build with cmake --preset cuda"};
  }
  if (std::string_view(build_info::kGpu) == "ON") {
    return {"gpu",
            CheckState::Ok,
            "NVIDIA driver found; built for GPUs with CUDA " + std::string(build_info::kCuda),
            ""};
  }
  return {"gpu",
          CheckState::Warning,
          "NVIDIA driver found; kernels are built with CUDA " + std::string(build_info::kCuda) +
              ", but not for training on GPUs",
          "build with cmake --preset cuda"};
}

MachineCheck check_nccl() {
  if (*build_info::kNccl != '\0') {
    return {"nccl", CheckState::Ok, "built with NCCL " + std::string(build_info::kNccl), ""};
  }
  return {"nccl",
          CheckState::Warning,
          "not built in: gradients travel through MPI",
          "build with cmake --preset cuda where NCCL is installed"};
}

MachineCheck check_slurm() {
  if (const auto sbatch = find_program("sbatch")) {
    return {"slurm", CheckState::Ok, "sbatch: " + sbatch->string(), ""};
  }
  return {"slurm",
          CheckState::Warning,
          "no sbatch on PATH: `study submit` needs a Slurm login node",
          "use `yates study run` on this machine, or log in to the cluster"};
}

MachineCheck check_cores() {
  const long pages = ::sysconf(_SC_PHYS_PAGES);
  const long page_bytes = ::sysconf(_SC_PAGE_SIZE);
  const double memory = static_cast<double>(pages) * static_cast<double>(page_bytes) / kGiB;
  return {
      "machine",
      CheckState::Ok,
      fmt::format("{} cores, {:.0f} GiB of memory", std::thread::hardware_concurrency(), memory),
      ""};
}

/// Creates a file that must not exist yet, as run directories fence their attempts.
bool exclusive_create_works(const std::filesystem::path& path) {
  const int first = ::open(path.c_str(), O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0600);
  if (first < 0) {
    return false;
  }
  const int second = ::open(path.c_str(), O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0600);
  ::close(first);
  if (second >= 0) {
    ::close(second);
    return false;
  }
  return true;
}

bool lock_works(const std::filesystem::path& path) {
  const int descriptor = ::open(path.c_str(), O_RDWR | O_CLOEXEC);
  if (descriptor < 0) {
    return false;
  }
  const bool locked = ::flock(descriptor, LOCK_EX | LOCK_NB) == 0;
  ::close(descriptor);
  return locked;
}

MachineCheck check_space(const std::filesystem::path& folder) {
  constexpr double kLowGiB = 5.0;
  std::error_code error;
  const auto space = std::filesystem::space(folder, error);
  if (error) {
    return {"free space", CheckState::Error, error.message(), "check the folder"};
  }
  const double free = static_cast<double>(space.available) / kGiB;
  const bool low = free < kLowGiB;
  return {"free space",
          low ? CheckState::Warning : CheckState::Ok,
          fmt::format("{:.1f} GiB", free),
          low ? "a full-size run keeps two checkpoints of 1.1 GB and its predictions" : ""};
}

}  // namespace

std::string to_string(CheckState state) {
  switch (state) {
    case CheckState::Ok: return "ok";
    case CheckState::Warning: return "warning";
    default: return "error";
  }
}

std::vector<MachineCheck> check_machine() {
  return {check_cores(),
          check_worker(),
          check_files(),
          check_mpi(),
          check_gpu(),
          check_nccl(),
          check_slurm()};
}

std::vector<MachineCheck> check_file_system(const std::filesystem::path& folder) {
  std::vector<MachineCheck> checks;
  const std::filesystem::path probe = folder / fmt::format(".yates-doctor-{}", ::getpid());
  const std::filesystem::path renamed = probe.string() + "-renamed";
  if (!exclusive_create_works(probe)) {
    checks.push_back({"file system",
                      CheckState::Error,
                      "cannot create files exclusively in " + folder.string(),
                      "give --dir a folder where you may write; runs need exclusive creation"});
    return checks;
  }
  const bool locks = lock_works(probe);
  std::error_code error;
  std::filesystem::rename(probe, renamed, error);
  checks.push_back({"file system",
                    error ? CheckState::Error : CheckState::Ok,
                    error ? "rename fails: " + error.message() : "exclusive create and rename work",
                    error ? "checkpoints are published by rename; use another file system" : ""});
  checks.push_back({"file locks",
                    locks ? CheckState::Ok : CheckState::Warning,
                    locks ? "flock works" : "flock is refused",
                    locks ? "" : "set HDF5_USE_FILE_LOCKING=FALSE for read-only shards"});
  checks.push_back(check_space(folder));
  std::filesystem::remove(probe, error);
  std::filesystem::remove(renamed, error);
  return checks;
}

}  // namespace yates::cli
