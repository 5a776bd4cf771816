// SPDX-License-Identifier: Apache-2.0
// yates data verify: is a data set still what was imported?
#include <memory>
#include <string>

#include "base/error.hpp"
#include "base/log.hpp"
#include "base/text.hpp"
#include "io/dataset/verify.hpp"
#include "launcher/cli/app.hpp"
#include "launcher/cli/cmd_data.hpp"
#include "launcher/cli/output.hpp"

namespace yates::cli {
namespace {

struct Arguments {
  std::string data;
  std::string json_path;
  std::int64_t jobs = 1;
};

void run(const Arguments& arguments) {
  const io::VerifyReport report = io::verify_data_set(arguments.data, arguments.jobs);
  const Output output(arguments.json_path);
  for (const std::string& warning : report.warnings) {
    log_warning("{}", warning);
  }
  output.json(io::verify_to_json(report));
  if (!report.problems.empty()) {
    throw Error(ExitCode::BadData, report.problems);
  }
  for (const auto& [patient, cases] : report.repeated_patients) {
    output.text("patient {} has {} cases: {}", patient, cases.size(), join(cases, ", "));
  }
  output.text("{}: {} cases in {} shards, {:.1f} MB, all good",
              arguments.data,
              report.cases,
              report.shards,
              static_cast<double>(report.bytes) / 1e6);
}

}  // namespace

void register_data_verify(CLI::App& data) {
  auto arguments = std::make_shared<Arguments>();
  CLI::App* verb = data.add_subcommand(
      "verify", "read a whole data set and check sizes, checksums, labels, grids, duplicates");
  verb->add_option("--data", arguments->data, "folder written by yates data import")
      ->type_name("DIR")
      ->required();
  verb->add_option("--jobs", arguments->jobs, "shards read at the same time")
      ->check(CLI::Range(1, 1024))
      ->capture_default_str();
  add_json_option(*verb, arguments->json_path);
  set_example(*verb, "yates data verify --data shards");
  verb->callback([arguments] { run(*arguments); });
}

}  // namespace yates::cli
