// SPDX-License-Identifier: Apache-2.0
#include "launcher/campaign/abandoned_files.hpp"

#include <cerrno>
#include <charconv>
#include <csignal>
#include <optional>
#include <string>
#include <string_view>

#include <system_error>

#include "launcher/campaign/scratch_name.hpp"

namespace yates::campaign {
namespace {

/// The parts of ".NAME.HOST-PID-RANDOM.tmp".
struct Writer {
  std::string_view host;
  pid_t process = 0;
};

std::optional<Writer> writer_of(std::string_view name) {
  constexpr std::string_view kEnd = ".tmp";
  if (!name.starts_with(".") || !name.ends_with(kEnd)) {
    return std::nullopt;
  }
  name.remove_suffix(kEnd.size());
  name.remove_prefix(name.rfind('.') + 1);
  const std::size_t random = name.rfind('-');
  const std::size_t process =
      random == std::string_view::npos ? random : name.rfind('-', random - 1);
  if (process == std::string_view::npos) {
    return std::nullopt;
  }
  Writer writer{.host = name.substr(0, process)};
  const std::string_view digits = name.substr(process + 1, random - process - 1);
  const auto [end, error] =
      std::from_chars(digits.data(), digits.data() + digits.size(), writer.process);
  const bool whole = error == std::errc() && end == digits.data() + digits.size();
  return whole && writer.process > 0 ? std::optional(writer) : std::nullopt;
}

bool has_ended(pid_t process) {
  return ::kill(process, 0) != 0 && errno == ESRCH;
}

}  // namespace

void remove_abandoned_files(const std::filesystem::path& folder) {
  if (!std::filesystem::is_directory(folder)) {
    return;
  }
  const std::string ours = scratch_name(folder, "ours").filename().string();
  const std::string_view host = writer_of(ours)->host;
  std::error_code error;
  for (std::filesystem::recursive_directory_iterator entry(folder, error), end;
       !error && entry != end;
       entry.increment(error)) {
    const std::string name = entry->path().filename().string();
    const std::optional<Writer> writer = writer_of(name);
    std::error_code ignored;
    if (writer && writer->host == host && has_ended(writer->process) &&
        entry->is_regular_file(ignored) && !entry->is_symlink(ignored)) {
      std::filesystem::remove(entry->path(), ignored);
    }
  }
}

}  // namespace yates::campaign
