// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include <fmt/format.h>

#include "base/text.hpp"
#include "launcher/report/document.hpp"

namespace yates::report {
namespace {

constexpr const char* kStyle = R"(
:root { color-scheme: light; }
body { font: 15px/1.5 Helvetica, Arial, sans-serif;
  color: #222;
  background: #fff;
  max-width: 1100px;
  margin: 2rem auto;
  padding: 0 1.5rem;
  }
h1 { font-size: 1.7rem; margin-bottom: .3rem; }
h2 { font-size: 1.2rem; margin-top: 2.2rem; border-bottom: 1px solid #ddd; padding-bottom: .2rem; }
.lead { background: #eef4f9;
  border-left: 5px solid #0072B2;
  padding: .7rem 1rem;
  font-size: 1.05rem;
  }
.lead p { margin: .3rem 0; }
.stamp { background: #D55E00; color: #fff; font-weight: bold; padding: .4rem 1rem; margin: .3rem 0; }
tr.strong td { font-weight: bold; background: #eef4f9; }
.warnings { background: #fdf3e7; border-left: 5px solid #D55E00; padding: .2rem 1rem; }
.warnings h2 { border: 0; margin-top: .5rem; }
.wide { overflow-x: auto; }
table { border-collapse: collapse;
  font-size: 13px;
  margin: .6rem 0 1.2rem;
  font-variant-numeric: tabular-nums;
  }
caption { caption-side: top; text-align: left; color: #555; padding-bottom: .3rem; }
th, td { padding: .22rem .6rem;
  border-bottom: 1px solid #e6e6e6;
  text-align: right;
  vertical-align: top;
  }
td.number { white-space: nowrap; }
th { border-bottom: 2px solid #888; }
.name { text-align: left; }
figure { margin: 1rem 0; }
figure svg { max-width: 100%; height: auto; }
@page { size: A4 portrait; margin: 10mm; }
@page wide { size: A4 landscape; margin: 10mm; }
@media print { body { page: wide; max-width: none;
  margin: 0;
  padding: 0;
  font-size: 10pt;
  }
h1 { margin: 0 0 .2rem; }
h2 { margin-top: 1rem; break-after: avoid; }
.lead { font-size: 10.5pt; padding: .3rem .8rem; }
.stamp, .lead, tr.strong td { -webkit-print-color-adjust: exact; print-color-adjust: exact; }
table { font-size: 9pt; margin: .3rem 0 .6rem; }
th, td { padding: .1rem .35rem; }
td.number { white-space: normal; }
.wide { overflow: visible; }
body.declared { page: auto; }
body.declared section { page: wide; }
body.declared section.page { page: auto; }
caption { break-after: avoid; }
figure { margin: .4rem 0; }
figure, tr { break-inside: avoid; }
}
)";

/// Escaped, with "+-" as the sign it stands for.
std::string html_text(const std::string& text) {
  std::string escaped = escape_html(text);
  for (std::size_t place = 0; (place = escaped.find("+-", place)) != std::string::npos;) {
    escaped.replace(place, 2, "&plusmn;");
  }
  return escaped;
}

std::string html_table(const Table& table) {
  std::string text = "<div class=\"wide\"><table>\n<caption>" + html_text(table.caption) +
                     "</caption>\n<thead><tr>";
  for (std::size_t column = 0; column < table.header.size(); ++column) {
    text += fmt::format("<th{}>{}</th>",
                        column < table.text_columns ? " class=\"name\"" : "",
                        html_text(table.header[column]));
  }
  text += "</tr></thead>\n<tbody>\n";
  for (std::size_t place = 0; place < table.rows.size(); ++place) {
    const auto& row = table.rows[place];
    text += place < table.bold_rows ? "<tr class=\"strong\">" : "<tr>";
    for (std::size_t column = 0; column < row.size(); ++column) {
      text += fmt::format("<td class=\"{}\">{}</td>",
                          column < table.text_columns ? "name" : "number",
                          html_text(row[column]));
    }
    text += "</tr>\n";
  }
  return text + "</tbody></table></div>\n";
}

std::string html_section(const Section& section) {
  const char* kind = section.title == "Warnings" ? " class=\"warnings\""
                     : section.first_page        ? " class=\"page\""
                                                 : "";
  std::string text = fmt::format("<section{}>\n<h2>{}</h2>\n", kind, html_text(section.title));
  for (const std::string& paragraph : section.paragraphs) {
    text += "<p>" + html_text(paragraph) + "</p>\n";
  }
  std::string tables;
  for (const Table& table : section.tables) {
    tables += html_table(table);
  }
  std::string figures;
  for (const Figure& figure : section.figures) {
    figures += "<figure>\n" + figure.svg + "</figure>\n";
  }
  return text + (section.first_page ? tables + figures : figures + tables) + "</section>\n";
}

/// Markdown would read these as markup.
std::string escape_markdown(const std::string& text) {
  std::string escaped;
  for (const char c : text) {
    if (c == '|' || c == '*' || c == '_' || c == '<' || c == '`') {
      escaped += '\\';
    }
    escaped += c;
  }
  return escaped;
}

std::string markdown_row(const std::vector<std::string>& fields, bool bold = false) {
  std::string text = "|";
  const char* mark = bold ? "**" : "";
  for (const std::string& field : fields) {
    text += fmt::format(" {}{}{} |", mark, escape_markdown(field), mark);
  }
  return text + "\n";
}

std::string markdown_table(const Table& table) {
  std::string text = escape_markdown(table.caption) + "\n\n" + markdown_row(table.header) + "|";
  for (std::size_t column = 0; column < table.header.size(); ++column) {
    text += column < table.text_columns ? " --- |" : " ---: |";
  }
  text += "\n";
  for (std::size_t place = 0; place < table.rows.size(); ++place) {
    text += markdown_row(table.rows[place], place < table.bold_rows);
  }
  return text + "\n";
}

std::string escape_latex(const std::string& text) {
  std::string escaped;
  for (const char c : text) {
    switch (c) {
      case '\\': escaped += "\\textbackslash{}"; break;
      case '~': escaped += "\\textasciitilde{}"; break;
      case '^': escaped += "\\textasciicircum{}"; break;
      case '<': escaped += "\\textless{}"; break;
      case '>': escaped += "\\textgreater{}"; break;
      case '|': escaped += "\\textbar{}"; break;
      case '&':
      case '%':
      case '$':
      case '#':
      case '_':
      case '{':
      case '}':
        escaped += '\\';
        escaped += c;
        break;
      default: escaped += c;
    }
  }
  for (std::size_t place = 0; (place = escaped.find("+-", place)) != std::string::npos;) {
    escaped.replace(place, 2, "$\\pm$");
  }
  return escaped;
}

std::string latex_row(const std::vector<std::string>& fields, bool bold = false) {
  std::vector<std::string> escaped;
  for (const std::string& field : fields) {
    // A bracket at the start of a row would be read as the option of the line break before it.
    const std::string text = (field.starts_with("[") ? "{}" : "") + escape_latex(field);
    escaped.push_back(bold ? "\\textbf{" + text + "}" : text);
  }
  return join(escaped, " & ") + " \\\\\n";
}

std::string latex_table(const Table& table) {
  std::string columns;
  for (std::size_t column = 0; column < table.header.size(); ++column) {
    columns += column < table.text_columns ? 'l' : 'r';
  }
  std::string text = "{\\scriptsize\\setlength{\\tabcolsep}{3pt}\n\\begin{longtable}{" + columns +
                     "}\n\\caption{" + escape_latex(table.caption) + "}\\\\\n\\toprule\n" +
                     latex_row(table.header) + "\\midrule\n\\endhead\n";
  for (std::size_t place = 0; place < table.rows.size(); ++place) {
    text += latex_row(table.rows[place], place < table.bold_rows);
  }
  return text + "\\bottomrule\n\\end{longtable}}\n\n";
}

}  // namespace

std::string render_html(const Document& document) {
  const bool declared = std::any_of(document.sections.begin(),
                                    document.sections.end(),
                                    [](const Section& section) { return section.first_page; });
  std::string text = fmt::format(
      "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
      "<meta name=\"viewport\" content=\"width=device-width, "
      "initial-scale=1\">\n<title>{0}</title>\n<style>{1}</style>\n"
      "</head>\n<body{2}>\n<h1>{0}</h1>\n",
      html_text(document.title),
      kStyle,
      declared ? " class=\"declared\"" : "");
  for (const std::string& stamp : document.stamps) {
    text += "<p class=\"stamp\">" + html_text(stamp) + "</p>\n";
  }
  text += "<div class=\"lead\">\n";
  for (const std::string& sentence : document.lead) {
    text += "<p>" + html_text(sentence) + "</p>\n";
  }
  text += "</div>\n";
  for (const Section& section : document.sections) {
    text += html_section(section);
  }
  return text + "</body>\n</html>\n";
}

std::string render_markdown(const Document& document) {
  std::string text = "# " + escape_markdown(document.title) + "\n\n";
  for (const std::string& stamp : document.stamps) {
    text += "> **" + escape_markdown(stamp) + "**\n\n";
  }
  for (const std::string& sentence : document.lead) {
    text += "**" + escape_markdown(sentence) + "**\n\n";
  }
  for (const Section& section : document.sections) {
    text += "## " + escape_markdown(section.title) + "\n\n";
    for (const std::string& paragraph : section.paragraphs) {
      text += escape_markdown(paragraph) + "\n\n";
    }
    for (const Figure& figure : section.figures) {
      text += fmt::format("![{}]({})\n\n", figure.caption, figure.file);
    }
    for (const Table& table : section.tables) {
      text += markdown_table(table);
    }
  }
  return text;
}

std::string render_latex(const Document& document) {
  std::string text =
      "\\documentclass[a4paper]{article}\n\\usepackage[T1]{fontenc}\n\\usepackage[margin=15mm,"
      "landscape]{geometry}\n"
      "\\usepackage{booktabs,longtable,caption}\n\\captionsetup{labelformat=empty,justification="
      "raggedright,"
      "singlelinecheck=false}\n\\begin{document}\n";
  text += "\\section*{" + escape_latex(document.title) + "}\n";
  for (const std::string& stamp : document.stamps) {
    text +=
        "\\noindent\\fbox{\\parbox{0.97\\linewidth}{\\textbf{" + escape_latex(stamp) + "}}}\n\n";
  }
  for (const std::string& sentence : document.lead) {
    text += "\\noindent\\textbf{" + escape_latex(sentence) + "}\n\n";
  }
  for (const Section& section : document.sections) {
    text += "\\subsection*{" + escape_latex(section.title) + "}\n";
    for (const std::string& paragraph : section.paragraphs) {
      text += escape_latex(paragraph) + "\n\n";
    }
    for (const Table& table : section.tables) {
      text += latex_table(table);
    }
  }
  return text + "\\end{document}\n";
}

}  // namespace yates::report
