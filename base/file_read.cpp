// SPDX-License-Identifier: Apache-2.0
// Files that are read, with a second try where a network file system stumbles.
#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <fstream>
#include <sstream>
#include <thread>
#include <utility>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.hpp"
#include "base/fault.hpp"
#include "base/file.hpp"
#include "base/log.hpp"
#include "base/text.hpp"

namespace yates {
namespace {

/// The first part of a path that does not exist.
std::filesystem::path first_missing(const std::filesystem::path& path) {
  std::filesystem::path so_far;
  for (const std::filesystem::path& part : path) {
    so_far /= part;
    std::error_code ignored;
    if (!std::filesystem::exists(so_far, ignored)) {
      break;
    }
  }
  return so_far;
}

/// "did you mean 'runs/a.yaml'?" for the entry beside `missing` whose name is nearest.
std::string neighbour(const std::filesystem::path& missing) {
  constexpr std::size_t kMostNames = 2000;
  const std::filesystem::path folder = missing.parent_path();
  std::vector<std::string> names;
  std::error_code error;
  std::filesystem::directory_iterator entries(folder.empty() ? "." : folder, error);
  for (const auto end = std::filesystem::directory_iterator();
       !error && entries != end && names.size() < kMostNames;
       entries.increment(error)) {
    names.push_back(entries->path().filename().string());
  }
  std::sort(names.begin(), names.end());
  const auto match = closest_match(missing.filename().string(), names);
  return match ? "did you mean '" + (folder / *match).string() + "'?" : "check the path";
}

/// Says whether the file is missing, with the name beside it that was likely meant, or no file.
[[noreturn]] void throw_missing(const std::filesystem::path& path) {
  Problem problem{.what = "cannot read the file",
                  .where = path.string(),
                  .allowed = "",
                  .fix = "check its permissions, and those of the folders above"};
  std::error_code ignored;
  const auto status = std::filesystem::status(path, ignored);
  if (path.empty()) {
    problem.what = "the name of the file is empty";
    problem.fix = "";
  } else if (std::filesystem::is_directory(status)) {
    problem.what = "this is a folder, not a file";
    problem.fix = "name a file in it";
  } else if (status.type() == std::filesystem::file_type::not_found) {
    const std::filesystem::path missing = first_missing(path);
    problem.what = missing == path ? "there is no such file or folder"
                                   : "there is no '" + missing.string() + "'";
    problem.fix = neighbour(missing);
  }
  throw Error(ExitCode::InputMissing, std::move(problem));
}

/// The errno that a test wants here; 0 for none.
int injected_error(const std::string& point) {
  switch (fault_point(point)) {
    case FaultAction::Eio: return EIO;
    case FaultAction::Estale: return ESTALE;
    default: return 0;
  }
}

}  // namespace

bool ReadRetry::again(int error_number,
                      const std::string& what,
                      const std::filesystem::path& path) {
  const bool may_pass = error_number == EIO || error_number == ESTALE || error_number == ETIMEDOUT;
  if (!may_pass || tries_ >= kReadTries) {
    return false;
  }
  log_warning("{}: reading {} failed: {}; try {} of {} follows",
              path.string(),
              what,
              std::strerror(error_number),
              tries_ + 1,
              kReadTries);
  std::this_thread::sleep_for(std::chrono::milliseconds(100) * (1 << (tries_ - 1)));
  ++tries_;
  return true;
}

void throw_read_error(const std::string& what,
                      const std::filesystem::path& path,
                      int error_number,
                      int tries) {
  throw_system_error(
      fmt::format("reading {} failed after {} {}", what, tries, tries == 1 ? "try" : "tries"),
      path.string(),
      error_number);
}

InputFile::InputFile(std::filesystem::path path, const std::string& fault)
    : path_(std::move(path)), open_point_(fault + ".open"), read_point_(fault + ".read") {
  ReadRetry retry;
  do {
    const int injected = injected_error(open_point_);
    descriptor_ = injected != 0 ? -1 : ::open(path_.c_str(), O_RDONLY | O_CLOEXEC);
    errno = injected != 0 ? injected : errno;
  } while (descriptor_ < 0 && retry.again(errno, "the file", path_));
  const int error = errno;
  struct stat status {};
  if (descriptor_ >= 0 && ::fstat(descriptor_, &status) == 0 && S_ISREG(status.st_mode)) {
    size_ = status.st_size;
    return;
  }
  if (descriptor_ >= 0) {
    ::close(descriptor_);
  } else if (retry.tries() > 1) {
    throw_read_error("the file", path_, error, retry.tries());
  }
  throw_missing(path_);
}

InputFile::~InputFile() {
  ::close(descriptor_);
}

// The number of the descriptor stays, so that other threads read on through it.
void InputFile::reopen() const {
  const int fresh = ::open(path_.c_str(), O_RDONLY | O_CLOEXEC);
  if (fresh >= 0) {
    ::dup3(fresh, descriptor_, O_CLOEXEC);
    ::close(fresh);
  }
}

std::size_t InputFile::read(std::int64_t offset,
                            std::span<std::byte> target,
                            const std::string& what) const {
  ReadRetry retry;
  std::size_t done = 0;
  while (done < target.size()) {
    const int injected = injected_error(read_point_);
    const ssize_t count = injected != 0 ? -1
                                        : ::pread(descriptor_,
                                                  target.data() + done,
                                                  target.size() - done,
                                                  offset + static_cast<std::int64_t>(done));
    const int error = injected != 0 ? injected : errno;
    if (count == 0) {
      return done;
    }
    if (count > 0) {
      done += static_cast<std::size_t>(count);
    } else if (error != EINTR) {
      if (!retry.again(error, what, path_)) {
        throw_read_error(
            fmt::format("{} at byte {}", what, offset + static_cast<std::int64_t>(done)),
            path_,
            error,
            retry.tries());
      }
      if (error == ESTALE) {
        reopen();
      }
    }
  }
  return done;
}

std::string read_file(const std::filesystem::path& path) {
  std::error_code ignored;
  if (std::filesystem::is_regular_file(path, ignored) || !std::filesystem::exists(path, ignored)) {
    constexpr std::size_t kBlockBytes = std::size_t{1} << 16;
    const InputFile file(path);
    std::string content;
    std::size_t done = 0;
    // Files of the kernel say that they hold nothing.
    std::size_t room = std::max(static_cast<std::size_t>(file.size()) + 1, kBlockBytes);
    for (;;) {
      content.resize(done + room);
      const std::size_t count = file.read(static_cast<std::int64_t>(done),
                                          std::as_writable_bytes(std::span(content).subspan(done)));
      done += count;
      if (count < room) {
        content.resize(done);
        return content;
      }
      room = kBlockBytes;
    }
  }
  std::ifstream stream(path, std::ios::binary);
  if (!stream || std::filesystem::is_directory(path)) {
    throw_missing(path);
  }
  std::ostringstream content;
  content << stream.rdbuf();
  if (stream.bad()) {
    throw_system_error("reading failed", path.string(), errno);
  }
  return std::move(content).str();
}

}  // namespace yates
