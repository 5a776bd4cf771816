// SPDX-License-Identifier: Apache-2.0
#include "launcher/cli/declared_analysis.hpp"

#include "base/error.hpp"
#include "base/text.hpp"
#include "launcher/campaign/registration.hpp"

namespace yates::cli {

void apply_registration(const AnalyzeArguments& arguments,
                        const config::StudyFile& file,
                        report::Provenance& provenance) {
  const auto registration = campaign::read_registration(file);
  provenance.registration = campaign::registration_json(registration);
  provenance.stamps = campaign::registration_stamps(registration);
  const auto changes = campaign::registration_differences(file, registration);
  if (changes.empty()) {
    return;
  }
  if (!arguments.exploratory) {
    throw Error(ExitCode::BadConfig,
                Problem{.what = "the study file declares another analysis than was registered: " +
                                join(changes, "; "),
                        .where = file.path.string(),
                        .allowed = "",
                        .fix = fmt::format("undo the change; or yates study amend {} --reason "
                                           "\"...\"; or analyze --exploratory",
                                           file.path.string())});
  }
  provenance.exploratory = true;
  provenance.stamps.push_back("EXPLORATORY: another analysis than was registered (" +
                              join(changes, "; ") + ").");
}

void check_looks(const AnalyzeArguments& arguments,
                 const study::Analysis& analysis,
                 report::Provenance& provenance) {
  if (!analysis.looks || analysis.looks->unplanned.empty()) {
    return;
  }
  if (!arguments.exploratory) {
    throw Error(ExitCode::Incomplete,
                Problem{.what = "not a declared look at the data: " + analysis.looks->unplanned,
                        .where = arguments.study,
                        .allowed = "an analysis at a declared look: every other one inflates the "
                                   "error of the test",
                        .fix = "wait for the next look; yates study power --blind re-estimates the "
                               "SD meanwhile; analyze --exploratory shows the data and says so"});
  }
  provenance.exploratory = true;
  provenance.stamps.push_back("EXPLORATORY: not a declared look (" + analysis.looks->unplanned +
                              "). Nothing here is a result of the study.");
}

}  // namespace yates::cli
