// SPDX-License-Identifier: Apache-2.0
// Publishes the files of a report in one folder.
#pragma once

#include <filesystem>

#include "launcher/report/provenance.hpp"
#include "launcher/study/analysis.hpp"

namespace yates::report {

/// Writes effects.json, effects.csv, cells.csv, report.html, report.md, report.tex and figures into
/// `folder`, which is created; each file atomically. Equal analyses give equal bytes. Throws
/// Error{Io}.
void write_report(const std::filesystem::path& folder,
                  const study::Analysis& analysis,
                  const Provenance& provenance);

}  // namespace yates::report
