// SPDX-License-Identifier: Apache-2.0
// yates data split: which cases train, which validate, which test.
#include <array>
#include <memory>
#include <string>

#include "base/error.hpp"
#include "base/log.hpp"
#include "base/text.hpp"
#include "io/dataset/split.hpp"
#include "io/shard/equal_images.hpp"
#include "launcher/cli/app.hpp"
#include "launcher/cli/cmd_data.hpp"
#include "launcher/cli/output.hpp"

namespace yates::cli {
namespace {

struct Arguments {
  std::string data;
  std::string out;
  std::string ratios = "0.7,0.1,0.2";
  std::string test_list;
  io::SplitOptions options;
};

std::array<double, 3> parse_ratios(const std::string& text) {
  const std::vector<std::string> parts = split(text, ',');
  std::array<double, 3> ratios{};
  for (std::size_t i = 0; i < ratios.size(); ++i) {
    const auto ratio = parts.size() == ratios.size() ? parse_number(trim(parts[i])) : std::nullopt;
    if (!ratio) {
      throw Error(ExitCode::Usage,
                  Problem{.what = "'" + text + "' are no ratios",
                          .where = "--ratios",
                          .allowed = "three numbers TRAIN,VALIDATION,TEST",
                          .fix = "--ratios 0.7,0.1,0.2"});
    }
    ratios[i] = *ratio;
  }
  return ratios;
}

void warn_of_gaps(const io::Split& split, std::size_t cases) {
  const std::pair<const char*, bool> parts[] = {{"train", split.train.empty()},
                                                {"validation", split.validation.empty()},
                                                {"test", split.test.empty()}};
  for (const auto& [name, empty] : parts) {
    if (empty) {
      log_warning("{} cases: the part '{}' is empty", cases, name);
    }
  }
  for (const std::string& patient : split.patients_on_both_sides) {
    log_warning("patient {} stands in the test list and outside it: the test is not independent",
                patient);
  }
}

void run(Arguments& arguments) {
  arguments.options.ratios = parse_ratios(arguments.ratios);
  if (!arguments.test_list.empty()) {
    arguments.options.test_list = io::read_id_list(arguments.test_list);
  }
  const io::Manifest manifest = io::read_manifest(arguments.data);
  const io::Split split = io::make_split(manifest.cases, arguments.options);
  io::write_split(arguments.out, split);
  warn_of_gaps(split, manifest.cases.size());
  for (const io::EqualImages& found : io::find_equal_images(manifest)) {
    if (found.other_patient) {
      log_warning("{} but count as two patients, which the split may separate", found.text());
    }
  }
  const Output output("");
  output.text("{}: {} train, {} validation, {} test, sha256 {}",
              arguments.out,
              split.train.size(),
              split.validation.size(),
              split.test.size(),
              split.sha256);
}

}  // namespace

void register_data_split(CLI::App& data) {
  auto arguments = std::make_shared<Arguments>();
  CLI::App* verb = data.add_subcommand(
      "split", "divide the cases of a data set; all cases of a patient stay together");
  verb->add_option("--data", arguments->data, "folder written by yates data import")
      ->type_name("DIR")
      ->required();
  verb->add_option("--out", arguments->out, "the split, as JSON")->type_name("FILE")->required();
  verb->add_option("--seed", arguments->options.seed, "another seed, another split")
      ->capture_default_str();
  verb->add_option("--ratios", arguments->ratios, "shares of the cases; they sum to 1")
      ->type_name("TRAIN,VALIDATION,TEST")
      ->capture_default_str();
  verb->add_option("--test-list",
                   arguments->test_list,
                   "case ids, one per line: exactly these are the test cases")
      ->type_name("FILE");
  set_example(*verb, "yates data split --data shards --out split.json --seed 1");
  verb->callback([arguments] { run(*arguments); });
}

}  // namespace yates::cli
