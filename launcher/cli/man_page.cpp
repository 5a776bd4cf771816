// SPDX-License-Identifier: Apache-2.0
#include "launcher/cli/man_page.hpp"

#include <algorithm>
#include <cctype>
#include <utility>

#include <fmt/format.h>

#include "base/error.hpp"
#include "base/text.hpp"
#include "launcher/cli/completion_words.hpp"

namespace yates::cli {
namespace {

constexpr std::pair<ExitCode, const char*> kExitCodes[] = {
    {ExitCode::Ok, "done; also: was done before, or diverged and recorded as that"},
    {ExitCode::Usage, "wrong usage"},
    {ExitCode::Incomplete, "incomplete: runs are missing, or the contrast cannot be estimated"},
    {ExitCode::BadData, "bad data"},
    {ExitCode::InputMissing, "an input is missing"},
    {ExitCode::Internal, "internal error, or a hang that was ended"},
    {ExitCode::Io, "the disk or the file system failed"},
    {ExitCode::Interrupted, "stopped cleanly: the same command continues"},
    {ExitCode::DoNotRequeue,
     "do not start again: replicas differ, or no progress in three attempts"},
    {ExitCode::RunOwned, "another attempt owns the folder of the run"},
    {ExitCode::BadConfig, "bad configuration"}};

/// Text that roff prints as it is: no escapes, no requests at the beginning of a line.
std::string roff(const std::string& text) {
  std::string result;
  bool line_begins = true;
  for (const char c : text) {
    if (line_begins && (c == '.' || c == '\'')) {
      result += "\\&";
    }
    switch (c) {
      case '\\': result += "\\e"; break;
      case '-': result += "\\-"; break;
      case '\'': result += "\\(aq"; break;
      case '`': result += "\\(ga"; break;
      case '^': result += "\\(ha"; break;
      case '~': result += "\\(ti"; break;
      default: result += c;
    }
    line_begins = c == '\n';
  }
  return result;
}

/// The same as a paragraph: roff breaks the lines, and one that begins with a blank would be a
/// break.
std::string paragraph(const std::string& text) {
  std::string joined;
  for (const std::string& line : split(text, '\n')) {
    joined += (joined.empty() ? "" : "\n") + std::string(trim(line));
  }
  return roff(joined) + "\n";
}

std::string verbatim(const std::string& text) {
  std::string body = roff(text);
  while (body.ends_with('\n')) {
    body.pop_back();
  }
  return ".nf\n" + body + "\n.fi\n";
}

std::string value_of(const OptionEntry& option) {
  std::string text = option.value;
  if (!option.choices.empty()) {
    text = join(option.choices, "|");
  }
  return option.repeated && !text.ends_with("...") ? text + "..." : text;
}

/// ".TP" with names and value in the type that man pages use: names bold, values in italics.
std::string option_entry(const OptionEntry& option) {
  std::vector<std::string> names;
  for (const std::string& name : option.names) {
    names.push_back("\\fB" + roff(name) + "\\fR");
  }
  std::string text = ".TP\n" + join(names, ", ");
  if (!option.value.empty()) {
    const std::string value = "\\fI" + roff(value_of(option)) + "\\fR";
    text += option.positional() ? value : option.value_optional ? " [" + value + "]" : " " + value;
  }
  std::string description = option.description;
  if (!option.fallback.empty() && description.find("default") == std::string::npos) {
    description += " (default " + option.fallback + ")";
  }
  if (option.required && !option.positional()) {
    description += " (required)";
  }
  return text + "\n" + paragraph(description);
}

std::string synopsis(const std::string& path, const CommandEntry& command) {
  std::string text = "\\fByates " + roff(path) + "\\fR";
  bool optional = false;
  for (const OptionEntry& option : command.options) {
    if (option.positional()) {
      const std::string value = "\\fI" + roff(value_of(option)) + "\\fR";
      text += option.required ? " " + value : " [" + value + "]";
    } else if (option.required) {
      text += " \\fB" + roff(option.names.back()) + "\\fR \\fI" + roff(option.value) + "\\fR";
    } else {
      optional = true;
    }
  }
  return text + (optional ? " [options]\n" : "\n");
}

std::string options_of(const CommandEntry& command) {
  std::string text;
  for (const OptionEntry& option : command.options) {
    text += option_entry(option);
  }
  return text;
}

std::string upper(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(), [](unsigned char c) {
    return static_cast<char>(std::toupper(c));
  });
  return text;
}

std::string head(const std::string& name,
                 const std::string& description,
                 const std::string& version,
                 const std::string& date) {
  return fmt::format(
      ".\\\" Written by `yates manual`.\n.TH {} 1 {} \"yates {}\" \"User Commands\"\n.nh\n.ad l\n"
      ".SH NAME\n{} \\- {}\n",
      roff(upper(name)),
      date,
      roff(version),
      roff(name),
      roff(description));
}

std::string footer_of(const CommandEntry& command) {
  return command.footer.empty() ? "" : ".PP\n" + verbatim(command.footer);
}

ManPage page_of(const CommandEntry& verb, const std::string& version, const std::string& date) {
  const std::string name = "yates-" + verb.name;
  std::string text =
      head(name, short_description(verb.description), version, date) + ".SH SYNOPSIS\n";
  if (verb.verbs.empty()) {
    text += synopsis(verb.name, verb);
  }
  for (const CommandEntry& part : verb.verbs) {
    text +=
        (&part == &verb.verbs.front() ? "" : ".PP\n") + synopsis(verb.name + " " + part.name, part);
  }
  text += ".SH DESCRIPTION\n" + paragraph(verb.description);
  if (verb.verbs.empty()) {
    text += ".SH OPTIONS\n" + options_of(verb);
  }
  for (const CommandEntry& part : verb.verbs) {
    text += fmt::format(".SH YATES {} {}\n", roff(upper(verb.name)), roff(upper(part.name))) +
            paragraph(part.description) + options_of(part) + footer_of(part);
  }
  if (!verb.footer.empty()) {
    text += ".SH NOTES\n" + verbatim(verb.footer);
  }
  return {.file = name + ".1", .text = text + ".SH SEE ALSO\n\\fByates\\fR(1)\n"};
}

ManPage program_page(const CommandEntry& program,
                     const std::string& version,
                     const std::string& date) {
  const std::string first = program.description.substr(0, program.description.find('\n'));
  const std::size_t dash = first.find(" - ");
  const std::string what = dash == std::string::npos ? first : first.substr(dash + 3);
  std::string text = head("yates", what, version, date) +
                     ".SH SYNOPSIS\n\\fByates\\fR \\fIverb\\fR [options]\n" + ".SH DESCRIPTION\n" +
                     paragraph(program.description) + ".SH VERBS\n";
  std::vector<std::string> pages;
  for (const CommandEntry& verb : program.verbs) {
    text += fmt::format(".TP\n\\fB{}\\fR\n{}", roff(verb.name), paragraph(verb.description));
    pages.push_back(fmt::format("\\fByates\\-{}\\fR(1)", roff(verb.name)));
  }
  text += ".SH OPTIONS\n" + options_of(program) + ".SH EXIT STATUS\n";
  for (const auto& [code, meaning] : kExitCodes) {
    text += fmt::format(".TP\n{}\n{}", static_cast<int>(code), paragraph(meaning));
  }
  text +=
      ".SH FILES\n.TP\nPREFIX/share/yates\nconfigurations, studies, files for Slurm sites, "
      "environment modules\n.TP\nPREFIX/libexec/yates/yates\\-worker\nwhat needs LibTorch; "
      "started by yates\n.SH SEE ALSO\n" +
      join(pages, ",\n") + "\n";
  return {.file = "yates.1", .text = text};
}

}  // namespace

std::vector<ManPage> man_pages(const CommandEntry& program,
                               const std::string& version,
                               const std::string& date) {
  std::vector<ManPage> pages = {program_page(program, version, date)};
  for (const CommandEntry& verb : program.verbs) {
    pages.push_back(page_of(verb, version, date));
  }
  return pages;
}

}  // namespace yates::cli
