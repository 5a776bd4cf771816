// SPDX-License-Identifier: Apache-2.0
#include "base/log.hpp"

#include <algorithm>
#include <cstdlib>
#include <mutex>

#include <unistd.h>

#include "base/clock.hpp"
#include "base/text.hpp"

namespace yates {
namespace {

constexpr double kPlainIntervalS = 30.0;
constexpr double kTerminalIntervalS = 0.1;

struct Sink {
  std::mutex mutex;
  std::string prefix;
  LogLevel level = LogLevel::Info;
  bool line_open = false;  // A terminal progress line waits to be overwritten.
};

Sink& sink() {
  static Sink instance;
  return instance;
}

bool on_terminal() {
  return ::isatty(STDERR_FILENO) == 1;
}

const char* level_text(LogLevel level, bool colour) {
  switch (level) {
    case LogLevel::Warning: return colour ? "\x1b[33mwarning:\x1b[0m " : "warning: ";
    case LogLevel::Error: return colour ? "\x1b[31merror:\x1b[0m " : "error: ";
    default: return "";
  }
}

void write_stderr(const std::string& text) {
  std::fwrite(text.data(), 1, text.size(), stderr);
  std::fflush(stderr);
}

}  // namespace

void set_log_prefix(std::string prefix) {
  const std::lock_guard lock(sink().mutex);
  sink().prefix = std::move(prefix);
}

void set_log_level(LogLevel level) {
  const std::lock_guard lock(sink().mutex);
  sink().level = level;
}

void log_message(LogLevel level, const std::string& text) {
  const std::lock_guard lock(sink().mutex);
  if (level < sink().level) {
    return;
  }
  const bool colour = on_terminal() && std::getenv("NO_COLOR") == nullptr;
  const std::string clear = std::exchange(sink().line_open, false) ? "\r\x1b[K" : "";
  write_stderr(clear + sink().prefix + level_text(level, colour) + text + "\n");
}

Progress::Progress(std::string label, std::int64_t total, std::string unit, std::int64_t done)
    : label_(std::move(label)),
      total_(total),
      unit_(std::move(unit)),
      first_(done),
      done_(done),
      start_(steady_seconds()),
      shown_at_(start_),
      terminal_(on_terminal()) {}

Progress::~Progress() {
  const std::lock_guard lock(sink().mutex);
  if (std::exchange(sink().line_open, false)) {
    write_stderr("\n");
  }
}

void Progress::update(std::int64_t done, const std::string& detail) {
  done_ = done;
  const bool last = done >= total_;
  const double since = steady_seconds() - shown_at_;
  const bool enough_work = (done - std::max<std::int64_t>(shown_, first_)) * 100 >= total_;
  const bool due =
      terminal_ ? since >= kTerminalIntervalS : since >= kPlainIntervalS && enough_work;
  if (last ? shown_ != done : due) {
    show(detail, last);
  }
}

void Progress::show(const std::string& detail, bool last) {
  const double elapsed = steady_seconds() - start_;
  const std::int64_t worked = done_ - first_;
  const double left =
      worked > 0 ? elapsed / static_cast<double>(worked) * static_cast<double>(total_ - done_) : -1;
  const double percent =
      total_ > 0 ? 100.0 * static_cast<double>(done_) / static_cast<double>(total_) : 100.0;
  std::string line = fmt::format("{} {} {}/{} {:.1f}%", label_, unit_, done_, total_, percent);
  line += detail.empty() ? "" : " " + detail;
  line += last ? " in " + format_duration(elapsed) : " eta " + format_duration(left);
  shown_ = done_;
  shown_at_ = steady_seconds();

  const std::lock_guard lock(sink().mutex);
  if (sink().level > LogLevel::Info) {
    return;
  }
  if (terminal_) {
    write_stderr("\r\x1b[K" + sink().prefix + line + (last ? "\n" : ""));
    sink().line_open = !last;
  } else {
    write_stderr(sink().prefix + line + "\n");
  }
}

}  // namespace yates
