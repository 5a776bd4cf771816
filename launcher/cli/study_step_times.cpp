// SPDX-License-Identifier: Apache-2.0
#include "launcher/cli/study_step_times.hpp"

#include <utility>

namespace yates::cli {

void add_step_time_options(CLI::App& verb, StepTimeArguments& arguments) {
  verb.add_option(
          "--measured",
          arguments.measured,
          "what `yates bench step --json FILE` measured at the width, patch and batch of an "
          "arm; may be given again")
      ->type_name("BENCH.json")
      ->expected(1)
      ->take_all();
  verb.add_option("--seconds-per-step",
                  arguments.seconds,
                  "time of a training step of all arms, or of one; may be given again")
      ->type_name("[ARM=]SECONDS")
      ->expected(1)
      ->take_all();
}

campaign::StepTimeSources read_step_times(const StepTimeArguments& arguments,
                                          const config::StudyFile& study) {
  campaign::StepTimeSources sources;
  for (const std::string& text : arguments.seconds) {
    sources.measurements.push_back(campaign::parse_step_time(text, study));
  }
  for (const std::string& file : arguments.measured) {
    for (campaign::Measurement& found : campaign::read_bench_step(file)) {
      sources.measurements.push_back(std::move(found));
    }
  }
  return sources;
}

}  // namespace yates::cli
