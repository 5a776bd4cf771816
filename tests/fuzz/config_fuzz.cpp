// SPDX-License-Identifier: Apache-2.0
// A text is a run configuration, a study or a site, or refused; a resolved configuration means
// what it was made from.
#include <cstddef>
#include <cstdint>
#include <string>

#include "launcher/config/run_config.hpp"
#include "launcher/config/site_file.hpp"
#include "launcher/config/study_file.hpp"
#include "tests/fuzz/input_folder.hpp"

namespace yates::fuzz {
namespace {

void check_run(const std::filesystem::path& path) {
  accepted([&] {
    const config::RunConfig run = config::load_run_config(path);
    const std::string text = config::resolved_yaml(run);
    const config::RunConfig again = config::load_run_config(put_file("resolved.yaml", text));
    must(config::same_values(run, again), "a resolved configuration has the values it came from");
    must(config::resolved_yaml(again) == text, "resolving twice changes nothing");
  });
}

void check_study(const std::filesystem::path& path) {
  accepted([&] {
    if (!config::is_study_file(path)) {
      return;
    }
    const config::StudyFile study = config::load_study_file(path);
    must(!study.arms.empty(), "a study has arms");
    must(!config::run_identity(study.arms.front(), 1).empty(), "an arm has an identity");
  });
}

void check_override(std::string_view text) {
  accepted([&] { config::load_run_config("", {std::string(text)}); });
}

}  // namespace
}  // namespace yates::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace yates::fuzz;
  const std::filesystem::path path = put_file("input.yaml", text_of(data, size));
  check_run(path);
  check_study(path);
  accepted([&] { yates::config::load_site_file(path); });
  check_override(text_of(data, size));
  return 0;
}
