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
@media print { body { max-width: none;
  margin: 0;
  font-size: 10pt;
  }
table { font-size: 8pt;
  }
th, td { padding: .15rem .3rem;
  }
.wide { overflow: visible;
  }
figure, tr { break-inside: avoid;
  }
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
  for (const auto& row : table.rows) {
    text += "<tr>";
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
  const bool warnings = section.title == "Warnings";
  std::string text = warnings ? "<section class=\"warnings\">\n" : "<section>\n";
  text += "<h2>" + html_text(section.title) + "</h2>\n";
  for (const std::string& paragraph : section.paragraphs) {
    text += "<p>" + html_text(paragraph) + "</p>\n";
  }
  for (const Figure& figure : section.figures) {
    text += "<figure>\n" + figure.svg + "</figure>\n";
  }
  for (const Table& table : section.tables) {
    text += html_table(table);
  }
  return text + "</section>\n";
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

std::string markdown_row(const std::vector<std::string>& fields) {
  std::string text = "|";
  for (const std::string& field : fields) {
    text += " " + escape_markdown(field) + " |";
  }
  return text + "\n";
}

std::string markdown_table(const Table& table) {
  std::string text = escape_markdown(table.caption) + "\n\n" + markdown_row(table.header) + "|";
  for (std::size_t column = 0; column < table.header.size(); ++column) {
    text += column < table.text_columns ? " --- |" : " ---: |";
  }
  text += "\n";
  for (const auto& row : table.rows) {
    text += markdown_row(row);
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

std::string latex_row(const std::vector<std::string>& fields) {
  std::vector<std::string> escaped;
  for (const std::string& field : fields) {
    // A bracket at the start of a row would be read as the option of the line break before it.
    escaped.push_back((field.starts_with("[") ? "{}" : "") + escape_latex(field));
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
  for (const auto& row : table.rows) {
    text += latex_row(row);
  }
  return text + "\\bottomrule\n\\end{longtable}}\n\n";
}

}  // namespace

std::string render_html(const Document& document) {
  std::string text = fmt::format(
      "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
      "<meta name=\"viewport\" content=\"width=device-width, "
      "initial-scale=1\">\n<title>{0}</title>\n<style>{1}</style>\n"
      "</head>\n<body>\n<h1>{0}</h1>\n<div class=\"lead\">\n",
      html_text(document.title),
      kStyle);
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
