// SPDX-License-Identifier: Apache-2.0
#include "launcher/report/write_report.hpp"

#include "base/file.hpp"
#include "launcher/report/effects_csv.hpp"
#include "launcher/report/effects_json.hpp"

namespace yates::report {

void write_report(const std::filesystem::path& folder,
                  const study::Analysis& analysis,
                  const Provenance& provenance) {
  make_directories(folder);
  write_json(folder / "effects.json", effects_json(analysis, provenance));
  write_file_atomic(folder / "effects.csv", effects_csv(analysis));
  write_file_atomic(folder / "cells.csv", cells_csv(analysis));
}

}  // namespace yates::report
