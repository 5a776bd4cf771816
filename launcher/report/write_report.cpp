// SPDX-License-Identifier: Apache-2.0
#include "launcher/report/write_report.hpp"

#include "base/file.hpp"
#include "launcher/report/document.hpp"
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
  const Document document = make_document(analysis, provenance);
  for (const Section& section : document.sections) {
    for (const Figure& figure : section.figures) {
      write_file_atomic(folder / figure.file, figure.svg);
    }
  }
  write_file_atomic(folder / "report.md", render_markdown(document));
  write_file_atomic(folder / "report.tex", render_latex(document));
  write_file_atomic(folder / "report.html", render_html(document));
}

}  // namespace yates::report
