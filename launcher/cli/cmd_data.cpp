// SPDX-License-Identifier: Apache-2.0
// yates data ...: the noun; its verbs are in cmd_data_NAME.cpp.
#include "launcher/cli/cmd_data.hpp"

#include "launcher/cli/verbs.hpp"

namespace yates::cli {

void register_data(CLI::App& app) {
  CLI::App* data =
      app.add_subcommand("data", "raw cases to training samples: make, check, look at");
  data->require_subcommand(1);
  register_data_phantom(*data);
  register_data_import(*data);
  register_data_verify(*data);
  register_data_split(*data);
  register_data_sample(*data);
  register_data_stats(*data);
}

}  // namespace yates::cli
