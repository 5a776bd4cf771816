// SPDX-License-Identifier: Apache-2.0
// The names of files under construction.
#include <array>
#include <cerrno>
#include <charconv>
#include <csignal>
#include <cstdint>

#include <fmt/format.h>
#include <sys/random.h>
#include <unistd.h>

#include "base/error.hpp"
#include "base/file.hpp"

namespace yates {
namespace {

constexpr std::string_view kEnd = ".tmp";

/// The first part of the name of this machine.
std::string machine_name() {
  std::array<char, 256> host{};
  ::gethostname(host.data(), host.size() - 1);
  const std::string machine = host.data();
  return machine.substr(0, machine.find_first_of("./"));
}

/// The number of the process if `text` is one, else 0.
pid_t process_number(std::string_view text) {
  pid_t process = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), process);
  return error == std::errc() && end == text.data() + text.size() ? process : 0;
}

}  // namespace

// Processes of different machines that share a folder may have equal process numbers, so the host
// and 64 random bits are part of the name.
std::string temporary_name(const std::string& name) {
  std::uint64_t chance = 0;
  if (::getrandom(&chance, sizeof chance, 0) != static_cast<ssize_t>(sizeof chance)) {
    throw_system_error("no random bytes for the name of a temporary file", name, errno);
  }
  return fmt::format(".{}.{}-{}-{:016x}{}", name, machine_name(), ::getpid(), chance, kEnd);
}

bool is_temporary_name(std::string_view name) {
  return name.starts_with('.') && name.ends_with(kEnd);
}

bool is_abandoned_name(std::string_view name) {
  if (!is_temporary_name(name)) {
    return false;
  }
  name.remove_suffix(kEnd.size());
  name.remove_prefix(name.rfind('.') + 1);
  const std::size_t random = name.rfind('-');
  const std::size_t process =
      random == std::string_view::npos ? random : name.substr(0, random).rfind('-');
  if (process == std::string_view::npos || name.substr(0, process) != machine_name()) {
    return false;
  }
  const pid_t writer = process_number(name.substr(process + 1, random - process - 1));
  return writer > 0 && ::kill(writer, 0) != 0 && errno == ESRCH;
}

}  // namespace yates
