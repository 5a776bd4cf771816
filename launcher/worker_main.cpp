// SPDX-License-Identifier: Apache-2.0
// yates-worker: the verbs that need LibTorch. Started by `yates`, never by hand.
#include <vector>

#include "launcher/cli/app.hpp"
#include "launcher/cli/guide_verbs.hpp"
#include "launcher/cli/verbs.hpp"
#include "launcher/cli/worker_memory.hpp"

int main(int argc, char** argv) {
  using namespace yates::cli;  // NOLINT(google-build-using-namespace)
  keep_freed_memory();
  const std::vector<RegisterVerb> verbs = {
      register_version,
      register_bench,
      register_model,
      register_train,
      register_predict,
      register_describe,
  };
  return run_app(argc, argv, verbs);
}
