// SPDX-License-Identifier: Apache-2.0
// yates data phantom: BraTS-like synthetic cases as NIfTI folders.
#include <array>
#include <cstdint>
#include <memory>
#include <string>

#include "base/clock.hpp"
#include "base/error.hpp"
#include "base/text.hpp"
#include "io/phantom/defect.hpp"
#include "io/phantom/phantom_set.hpp"
#include "launcher/cli/app.hpp"
#include "launcher/cli/cmd_data.hpp"
#include "launcher/cli/output.hpp"

namespace yates::cli {
namespace {

struct Arguments {
  std::string out;
  std::string shape;
  std::string defects;
  io::PhantomSetOptions options;
};

std::array<std::int64_t, 3> parse_shape(const std::string& text) {
  const std::vector<std::string> parts = split(text, ',');
  std::array<std::int64_t, 3> shape{};
  for (std::size_t axis = 0; axis < 3; ++axis) {
    const auto side = parts.size() == 3 ? parse_integer(trim(parts[axis])) : std::nullopt;
    if (!side) {
      throw Error(ExitCode::Usage,
                  Problem{.what = "'" + text + "' is no shape",
                          .where = "--shape",
                          .allowed = "three whole numbers D,H,W",
                          .fix = "for example --shape 64,64,64"});
    }
    shape[axis] = *side;
  }
  return shape;
}

void run(Arguments& arguments) {
  if (arguments.defects == "all") {
    for (const io::Defect& defect : io::defects()) {
      arguments.options.defects.emplace_back(defect.name);
    }
  } else if (!arguments.defects.empty()) {
    arguments.options.defects = split(arguments.defects, ',');
  }
  if (!arguments.shape.empty()) {
    arguments.options.phantom.shape = parse_shape(arguments.shape);
  }
  const Stopwatch watch;
  const auto [written, kept] = io::write_phantom_set(arguments.out, arguments.options);
  const Output output("");
  output.text("{}: {} cases written in {}, {} kept from before",
              arguments.out,
              written,
              format_duration(watch.seconds()),
              kept);
}

}  // namespace

void register_data_phantom(CLI::App& data) {
  auto arguments = std::make_shared<Arguments>();
  CLI::App* verb = data.add_subcommand(
      "phantom", "make BraTS-like synthetic cases, calibrated to the statistics of BraTS 2023");
  io::PhantomSetOptions& options = arguments->options;
  verb->add_option("--out", arguments->out, "folder for the case folders; continues a cut call")
      ->type_name("DIR")
      ->required();
  verb->add_option("--cases", options.cases, "number of cases, 1 to 100000")->required();
  verb->add_option("--seed", options.phantom.seed, "every case is a function of seed and index")
      ->required();
  verb->add_option("--shape",
                   arguments->shape,
                   "voxels of the volume, 16 to 512 each; brain and tumour scale with it "
                   "(default 155,240,240)")
      ->type_name("D,H,W");
  verb->add_option("--difficulty",
                   options.phantom.difficulty,
                   "0 easy to 1 hard: contrast of the tumour, noise; 0.5 is calibrated, below it "
                   "tumours are larger too")
      ->capture_default_str();
  verb->add_option("--defects",
                   arguments->defects,
                   "break the first cases on purpose, one defect each: all, or names with commas "
                   "(a wrong one lists them); for tests of an import")
      ->type_name("NAMES");
  verb->add_flag("--labels-only",
                 options.labels_only,
                 "write the segmentations only, for yates data stats --labels");
  verb->add_option("--jobs", options.jobs, "cases made at the same time")->capture_default_str();
  set_example(*verb, "yates data phantom --out raw --cases 20 --seed 1 --shape 64,64,64 --jobs 2");
  verb->callback([arguments] { run(*arguments); });
}

}  // namespace yates::cli
