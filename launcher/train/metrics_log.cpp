// SPDX-License-Identifier: Apache-2.0
#include "launcher/train/metrics_log.hpp"

#include <cerrno>
#include <string>
#include <utility>

#include <fcntl.h>
#include <unistd.h>

#include "base/error.hpp"
#include "base/file.hpp"

namespace yates::train {
namespace {

/// Length of the leading lines that are whole and belong to steps up to `step`.
std::size_t kept_length(const std::string& content, std::int64_t step) {
  std::size_t begin = 0;
  while (true) {
    const std::size_t end = content.find('\n', begin);
    if (end == std::string::npos) {
      return begin;
    }
    const Json line = Json::parse(content.substr(begin, end - begin), nullptr, false);
    const bool numbered =
        line.is_object() && line.contains("step") && line["step"].is_number_integer();
    if (!numbered || line["step"].get<std::int64_t>() > step) {
      return begin;
    }
    begin = end + 1;
  }
}

}  // namespace

MetricsLog::MetricsLog(std::filesystem::path path, std::int64_t step) : path_(std::move(path)) {
  if (std::filesystem::exists(path_)) {
    const std::string content = read_file(path_);
    const std::size_t kept = kept_length(content, step);
    // Always a new file: an attempt that was cut off and lives on appends to the old one.
    write_file_atomic(path_, std::string_view(content).substr(0, kept));
  }
  descriptor_ = ::open(path_.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
  if (descriptor_ < 0) {
    throw_system_error("cannot open the file", path_.string(), errno);
  }
}

MetricsLog::~MetricsLog() {
  ::close(descriptor_);
}

void MetricsLog::append(const Json& line) {
  const std::string text = line.dump() + "\n";
  const ssize_t written = ::write(descriptor_, text.data(), text.size());
  if (written != static_cast<ssize_t>(text.size())) {
    throw_system_error("writing failed", path_.string(), written < 0 ? errno : ENOSPC);
  }
}

void MetricsLog::sync() {
  if (::fsync(descriptor_) != 0) {
    throw_system_error("cannot sync the file", path_.string(), errno);
  }
}

}  // namespace yates::train
