// SPDX-License-Identifier: Apache-2.0
// The report as sections of text, tables and figures; rendered alike to HTML, Markdown and LaTeX.
#pragma once

#include <string>
#include <vector>

#include "launcher/report/provenance.hpp"
#include "launcher/study/analysis.hpp"

namespace yates::report {

/// A table of finished texts. The first `text_columns` are names and align left, the rest are
/// numbers.
struct Table {
  std::string caption;
  std::size_t text_columns = 1;
  std::vector<std::string> header;
  std::vector<std::vector<std::string>> rows;
  std::size_t bold_rows = 0;  ///< How many of the first rows stand out.
};

struct Figure {
  std::string file;     ///< Name of the SVG file beside the report.
  std::string caption;  ///< What it is; what it shows stands in the figure.
  std::string svg;
};

struct Section {
  std::string title;
  std::vector<std::string> paragraphs;
  std::vector<Table> tables;
  std::vector<Figure> figures;
  bool first_page = false;  ///< Tables stand before figures; on paper a new page follows.
};

struct Document {
  std::string title;
  std::vector<std::string> stamps = {};  ///< Amendments, exploratory looks; above everything.
  std::vector<std::string> lead;  ///< The conclusion, one sentence each, before everything else.
  std::vector<Section> sections;
};

/// Puts the analysis into sections: the verdict first. Sections without content are left out.
Document make_document(const study::Analysis& analysis, const Provenance& provenance);

/// One self-contained page: styles and figures inline, no script, prints on paper.
std::string render_html(const Document& document);

/// Markdown with pipe tables; figures by file name.
std::string render_markdown(const Document& document);

/// A LaTeX article with booktabs tables; figures are named, not included.
std::string render_latex(const Document& document);

}  // namespace yates::report
