// SPDX-License-Identifier: Apache-2.0
#include "base/error.hpp"

#include <cerrno>
#include <cstring>
#include <utility>

namespace yates {
namespace {

std::string join_problems(const std::vector<Problem>& problems) {
  std::string text;
  for (const Problem& problem : problems) {
    if (!text.empty()) {
      text += '\n';
    }
    text += to_string(problem);
  }
  if (problems.size() > 1) {
    text += fmt::format("\n{} errors.", problems.size());
  }
  return text;
}

/// What a user can do about a failed write; empty where that is not known.
std::string remedy(int error_number) {
  switch (error_number) {
    case ENOSPC: return "make room on that disk, or write to another place";
    case EDQUOT: return "your quota is used up: remove files, or write to another place";
    case EACCES:
    case EPERM:
    case EROFS: return "choose a place where you may write";
    case ENOENT: return "make its folder first: mkdir -p";
    case ENOTDIR:
    case EEXIST: return "a file stands where a folder is wanted; choose another name";
    case EISDIR: return "a folder stands where a file is wanted; choose another name";
    default: return "";
  }
}

}  // namespace

std::string to_string(const Problem& problem) {
  std::string text = problem.where.empty() ? "" : problem.where + ": ";
  text += "error: " + problem.what;
  if (!problem.excerpt.empty()) {
    text += "\n" + problem.excerpt;
  }
  if (!problem.allowed.empty()) {
    text += "\n  allowed: " + problem.allowed;
  }
  if (!problem.fix.empty()) {
    text += "\n  fix: " + problem.fix;
  }
  return text;
}

Error::Error(ExitCode code, Problem problem)
    : Error(code, std::vector<Problem>{std::move(problem)}) {}

Error::Error(ExitCode code, std::vector<Problem> problems)
    : code_(code), problems_(std::move(problems)), text_(join_problems(problems_)) {}

void throw_system_error(const std::string& what, const std::string& path, int error_number) {
  throw Error(ExitCode::Io,
              Problem{.what = fmt::format("{}: {}", what, std::strerror(error_number)),
                      .where = path,
                      .allowed = "",
                      .fix = remedy(error_number)});
}

void throw_assertion(const char* condition, const char* file, int line, const std::string& text) {
  throw Error(ExitCode::Internal,
              Problem{.what = fmt::format("broken invariant `{}`: {}", condition, text),
                      .where = fmt::format("{}:{}", file, line),
                      .allowed = "",
                      .fix = "this is a bug in yates; please report it with the command line"});
}

}  // namespace yates
