// SPDX-License-Identifier: Apache-2.0
#include "launcher/campaign/slurm_commands.hpp"

#include <algorithm>
#include <cctype>
#include <optional>
#include <poll.h>

#include <unistd.h>

#include "base/error.hpp"
#include "base/file.hpp"
#include "base/text.hpp"
#include "launcher/campaign/child_process.hpp"

namespace yates::campaign {
namespace {

/// Output of a program that ended with 0.
std::string run_and_read(const std::vector<std::string>& words,
                         const std::filesystem::path& scratch) {
  make_directories(scratch);
  const std::filesystem::path log = scratch / (".answer." + std::to_string(::getpid()) + ".txt");
  std::error_code ignored;
  std::filesystem::remove(log, ignored);
  Command command;
  command.words = words;
  command.log = log;
  ChildProcess process(command);
  pollfd wait = {process.ended_descriptor(), POLLIN, 0};
  std::optional<Ending> ending;
  while (!(ending = process.ending())) {
    ::poll(&wait, 1, -1);
  }
  const std::string answer = read_file(log);
  std::filesystem::remove(log, ignored);
  if (ending->exit_code != 0) {
    const bool missing = ending->exit_code == 127;
    throw Error(missing ? ExitCode::InputMissing : ExitCode::Io,
                Problem{.what = words.front() + " ended with " + ending->text() + ": " +
                                std::string(trim(answer)),
                        .where = join(words, " "),
                        .allowed = "",
                        .fix = missing ? "run this where Slurm is, or use `yates study run`" : ""});
  }
  return answer;
}

std::string job_of_line(const std::string& line) {
  const std::string id = split(trim(line), ';').front();
  const bool digits = !id.empty() && std::all_of(id.begin(), id.end(), [](unsigned char c) {
    return std::isdigit(c) != 0;
  });
  return digits ? id : "";
}

}  // namespace

std::string submit_job(const std::vector<std::string>& words,
                       const std::filesystem::path& scratch) {
  const std::string answer = run_and_read(words, scratch);
  std::string id;
  for (const std::string& line : split(answer, '\n')) {
    const std::string job = job_of_line(line);
    id = job.empty() ? id : job;
  }
  if (id.empty()) {
    throw Error(ExitCode::Io,
                Problem{.what = "sbatch named no job: " + answer,
                        .where = join(words, " "),
                        .allowed = "one line JOB or JOB;CLUSTER",
                        .fix = ""});
  }
  return id;
}

std::vector<std::string> queued_jobs(const std::vector<std::string>& names,
                                     const std::filesystem::path& scratch) {
  std::vector<std::string> jobs;
  if (names.empty()) {
    return jobs;
  }
  const std::string answer =
      run_and_read({"squeue", "--noheader", "--name=" + join(names, ","), "--format=%F"}, scratch);
  for (const std::string& line : split(answer, '\n')) {
    const std::string job = job_of_line(line);
    if (!job.empty() && std::find(jobs.begin(), jobs.end(), job) == jobs.end()) {
      jobs.push_back(job);
    }
  }
  return jobs;
}

void cancel_pending(const std::vector<std::string>& names, const std::filesystem::path& scratch) {
  for (const std::string& name : names) {
    (void)run_and_read({"scancel", "--state=PENDING", "--name=" + name}, scratch);
  }
}

}  // namespace yates::campaign
