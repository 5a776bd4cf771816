// SPDX-License-Identifier: Apache-2.0
#include "launcher/cli/output.hpp"

namespace yates::cli {

void Output::json(const Json& value) const {
  if (json_path_.empty()) {
    return;
  }
  if (json_path_ == "-") {
    fmt::print("{}\n", value.dump(2));
    return;
  }
  write_json(json_path_, value);
}

}  // namespace yates::cli
