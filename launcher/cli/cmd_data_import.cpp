// SPDX-License-Identifier: Apache-2.0
// yates data import: folders of NIfTI files to a data set of HDF5 shards.
#include <map>
#include <memory>
#include <string>

#include "base/clock.hpp"
#include "base/log.hpp"
#include "io/dataset/import.hpp"
#include "launcher/cli/app.hpp"
#include "launcher/cli/cmd_data.hpp"
#include "launcher/cli/output.hpp"
#include "launcher/train/stop_request.hpp"

namespace yates::cli {
namespace {

struct Arguments {
  std::string in;
  std::string out;
  io::ImportOptions options;
};

void run(Arguments& arguments) {
  arguments.options.in = arguments.in;
  arguments.options.out = arguments.out;
  const Stopwatch watch;
  const train::StopRequest stop;
  arguments.options.stop_reason = [] {
    const int number = train::StopRequest::signal_number();
    return number == 0 ? std::string() : train::signal_name(number);
  };
  const io::ImportReport report = io::import_cases(arguments.options);
  for (const Problem& problem : report.refused) {
    log_warning("refused: {}", to_string(problem));
  }
  std::int64_t voxels = 0;
  for (const io::CaseRecord& record : report.manifest.cases) {
    voxels += record.voxels();
  }
  const Output output("");
  output.text(
      "{}: {} cases in {} shards, {} refused, {} from before, {:.1f} million voxels, {:.2f} s",
      arguments.out,
      report.manifest.cases.size(),
      report.manifest.shards.size(),
      report.refused_cases,
      report.reused_cases,
      static_cast<double>(voxels) / 1e6,
      watch.seconds());
  output.text("next: yates data split --data {} --out split.json", arguments.out);
}

}  // namespace

void register_data_import(CLI::App& data) {
  auto arguments = std::make_shared<Arguments>();
  io::ImportOptions& options = arguments->options;
  CLI::App* verb = data.add_subcommand(
      "import",
      "check, crop and store NIfTI cases (DIR/CASE/CASE-t2w.nii.gz, -t2f, -t1n, -t1c, -seg).\n"
      "Stops cleanly (75) for SIGTERM, SIGINT, SIGUSR1 or SIGUSR2; the same command continues.");
  verb->add_option("--in", arguments->in, "folder that holds the case folders")
      ->type_name("DIR")
      ->required();
  verb->add_option("--out", arguments->out, "folder of the data set; continues a cut import")
      ->type_name("DIR")
      ->required();
  const std::map<std::string, io::LabelConvention> conventions = {
      {"brats2023", io::LabelConvention::Brats2023}, {"brats2021", io::LabelConvention::Brats2021}};
  verb->add_option("--labels",
                   options.labels,
                   "how the enhancing tumour is labelled: brats2023 as 3, brats2021 as 4 "
                   "(stored as 3; default brats2023)")
      ->type_name("NAME")
      ->transform(CLI::CheckedTransformer(conventions));
  verb->add_option("--jobs", options.jobs, "cases prepared at the same time, 0.3 GB each")
      ->check(CLI::Range(1, 1024))
      ->capture_default_str();
  verb->add_option("--allow-missing",
                   options.allow_missing,
                   "go on without refused cases, up to this number")
      ->type_name("N")
      ->check(CLI::NonNegativeNumber)
      ->capture_default_str();
  set_example(*verb, "yates data import --in raw --out shards --jobs 4");
  verb->callback([arguments] { run(*arguments); });
}

}  // namespace yates::cli
