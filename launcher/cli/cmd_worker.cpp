// SPDX-License-Identifier: Apache-2.0
// The verbs that need LibTorch live in a second executable, yates-worker; `yates` becomes it.
#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <string_view>
#include <utility>

#include <fmt/format.h>
#include <system_error>
#include <unistd.h>

#include "base/error.hpp"
#include "launcher/cli/app.hpp"
#include "launcher/cli/verbs.hpp"
#include "launcher/cli/worker_memory.hpp"

namespace yates::cli {
namespace {

constexpr std::pair<const char*, const char*> kWorkerVerbs[] = {
    {"train", "train one run; alone, under mpirun or srun; resumes by itself"},
    {"predict", "write label maps for the cases of a data set"},
    {"model", "summary, init, forward, profile of the network"},
    {"bench", "measure a part of yates against a named peer"}};

}  // namespace

std::filesystem::path worker_path() {
  const std::filesystem::path self = std::filesystem::read_symlink("/proc/self/exe");
  return self.parent_path().parent_path() / "libexec" / "yates" / "yates-worker";
}

void register_worker_verbs(CLI::App& app) {
  for (const auto& [name, description] : kWorkerVerbs) {
    app.add_subcommand(name, description);
  }
}

void become_worker_if_asked(int argc, char** argv) {
  const std::string_view verb = argc > 1 ? argv[1] : "";
  const bool asked = std::any_of(std::begin(kWorkerVerbs),
                                 std::end(kWorkerVerbs),
                                 [&](auto& known) { return verb == known.first; });
  if (!asked) {
    return;
  }
  const std::filesystem::path worker = worker_path();
  ask_for_huge_pages();
  ::execv(worker.c_str(), argv);
  const std::string reason = std::error_code(errno, std::generic_category()).message();
  fmt::print(stderr,
             "{}\n",
             to_string(Problem{.what = fmt::format("cannot start it for '{}': {}", verb, reason),
                               .where = worker.string(),
                               .allowed = "",
                               .fix = "this build has no LibTorch (preset login); build with "
                                      "cmake --preset release"}));
  std::exit(static_cast<int>(ExitCode::InputMissing));
}

}  // namespace yates::cli
