// SPDX-License-Identifier: Apache-2.0
#include "launcher/cli/bench_peer.hpp"

#include <cstdlib>
#include <filesystem>

#include <fmt/format.h>

#include "base/error.hpp"
#include "base/log.hpp"
#include "base/text.hpp"
#include "launcher/cli/shell_output.hpp"

namespace yates::cli {
namespace {

namespace fs = std::filesystem;

std::string environment(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? "" : value;
}

fs::path interpreter() {
  fs::path cache = environment("YATES_CACHE");
  if (cache.empty()) {
    const std::string xdg = environment("XDG_CACHE_HOME");
    cache = (xdg.empty() ? fs::path(environment("HOME")) / ".cache" : fs::path(xdg)) / "yates";
  }
  return cache / "peers" / "bin" / "python";
}

/// Installed beside the program, or in the checkout that holds the build folder.
fs::path script_path(const std::string& script) {
  const fs::path prefix =
      fs::read_symlink("/proc/self/exe").parent_path().parent_path().parent_path();
  const fs::path installed = prefix / "share" / "yates" / "peers" / script;
  return fs::exists(installed)
             ? installed
             : prefix.parent_path().parent_path() / "tools" / "bench" / "peers" / script;
}

std::string last_line(const std::string& text) {
  const std::string_view trimmed = trim(text);
  return std::string(trimmed.substr(trimmed.rfind('\n') + 1));
}

}  // namespace

std::optional<Json> run_python_peer_json(const std::string& script,
                                         const Json& arguments,
                                         std::int64_t threads) {
  const fs::path python = interpreter();
  const fs::path path = script_path(script);
  if (!fs::exists(python) || !fs::exists(path)) {
    log_warning("peer {} not measured: {} does not exist; run tools/bootstrap.sh --peers",
                script,
                (fs::exists(python) ? path : python).string());
    return std::nullopt;
  }
  const std::optional<std::string> text =
      output_of_shell(fmt::format("OMP_NUM_THREADS={} {} {} {}",
                                  threads,
                                  shell_quoted(python.string()),
                                  shell_quoted(path.string()),
                                  shell_quoted(arguments.dump())));
  if (!text) {
    log_warning("peer {} not measured: the script failed", script);
    return std::nullopt;
  }
  try {
    return parse_json(last_line(*text), script);
  } catch (const Error&) {
    log_warning("peer {} not measured: its last line is not JSON: {}", script, last_line(*text));
    return std::nullopt;
  }
}

std::optional<PeerResult> run_python_peer(const std::string& script,
                                          const Json& arguments,
                                          std::int64_t threads) {
  const std::optional<Json> json = run_python_peer_json(script, arguments, threads);
  if (!json) {
    return std::nullopt;
  }
  try {
    return PeerResult{.name = json_get<std::string>(*json, "name", script),
                      .spread = {.median = json_get<double>(*json, "median", script),
                                 .min = json_get<double>(*json, "min", script),
                                 .max = json_get<double>(*json, "max", script),
                                 .n = json_get<std::int64_t>(*json, "n", script)}};
  } catch (const Error& error) {
    log_warning("peer {} not measured: {}", script, error.what());
    return std::nullopt;
  }
}

}  // namespace yates::cli
