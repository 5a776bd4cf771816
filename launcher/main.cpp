// SPDX-License-Identifier: Apache-2.0
// yates: everything that needs no tensors, and the door to yates-worker for what does.
#include <vector>

#include "launcher/cli/app.hpp"
#include "launcher/cli/guide_verbs.hpp"
#include "launcher/cli/verbs.hpp"

int main(int argc, char** argv) {
  using namespace yates::cli;  // NOLINT(google-build-using-namespace)
  become_worker_if_asked(argc, argv);
  const std::vector<RegisterVerb> verbs = {
      register_version,
      register_config,
      register_data,
      register_doctor,
      register_analyze,
      register_evaluate,
      register_study,
      register_worker_verbs,
      register_completion,
  };
  return run_app(argc, argv, verbs);
}
