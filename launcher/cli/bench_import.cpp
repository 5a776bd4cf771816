// SPDX-License-Identifier: Apache-2.0
// yates bench import: BraTS folders to shards, against the Python chain of the paper's code.
#include <algorithm>
#include <filesystem>
#include <string>
#include <vector>

#include "io/dataset/import.hpp"
#include "launcher/cli/bench_data.hpp"
#include "launcher/cli/bench_peer.hpp"
#include "launcher/cli/benches.hpp"

namespace yates::cli {
namespace {

namespace fs = std::filesystem;

/// Seconds per case of whole imports; every one starts from nothing and is checked and published.
Spread measure_import(const fs::path& raw,
                      const fs::path& out,
                      std::int64_t cases,
                      const BenchSettings& settings) {
  return measure_seconds(
             settings.count("repeats"),
             [&] {
               fs::remove_all(out);
               io::import_cases({.in = raw, .out = out, .jobs = settings.count("threads")});
             })
      .scaled(1 / static_cast<double>(cases));
}

std::vector<BenchResult> run(const BenchSettings& settings) {
  const std::string given = settings.text("raw");
  const RawCases made(given == "phantom" ? settings.count("cases") : 0);
  const fs::path raw = given == "phantom" ? made.path() : fs::path(given);
  const auto cases = static_cast<std::int64_t>(
      std::count_if(fs::directory_iterator(raw), fs::directory_iterator(), [](const auto& entry) {
        return entry.is_directory();
      }));
  const Spread ours = measure_import(raw, made.scratch() / "shards", cases, settings);
  return {
      {.name = "import",
       .size = std::to_string(cases) + " cases of " +
               (given == "phantom" ? "155 x 240 x 240, int16" : given),
       .unit = "s/case",
       .ours = ours,
       .peer = run_python_peer("python_import.py",
                               {{"raw", raw.string()}, {"repeats", settings.count("peer_repeats")}},
                               1)}};
}

}  // namespace

Bench bench_import() {
  return {.name = "import",
          .description =
              "import of cases from a warm page cache: read, check, crop, store, verify and "
              "publish, against SimpleITK, numpy and savez_compressed",
          .keys = {{"cases", "4", "phantom cases of full size"},
                   {"raw", "phantom", "folder of BraTS cases to import instead"}},
          .run = run};
}

}  // namespace yates::cli
