// SPDX-License-Identifier: Apache-2.0
#include "launcher/campaign/slurm_commands.hpp"

#include <algorithm>
#include <cctype>
#include <optional>
#include <poll.h>

#include <fmt/format.h>

#include "base/clock.hpp"
#include "base/error.hpp"
#include "base/file.hpp"
#include "base/text.hpp"
#include "launcher/campaign/child_process.hpp"
#include "launcher/campaign/scratch_name.hpp"

namespace yates::campaign {
namespace {

std::string job_of_line(const std::string& line) {
  const std::string id = split(trim(line), ';').front();
  const bool digits = !id.empty() && std::all_of(id.begin(), id.end(), [](unsigned char c) {
    return std::isdigit(c) != 0;
  });
  return digits ? id : "";
}

}  // namespace

std::string run_slurm_program(const std::vector<std::string>& words,
                              const std::filesystem::path& scratch,
                              double patience_s) {
  make_directories(scratch);
  const std::filesystem::path log = scratch_name(scratch, "answer");
  Command command;
  command.words = words;
  command.log = log;
  std::optional<Ending> ending;
  {
    ChildProcess process(command);
    const Stopwatch watch;
    pollfd wait = {process.ended_descriptor(), POLLIN, 0};
    while (!(ending = process.ending()) && watch.seconds() < patience_s) {
      ::poll(&wait, 1, 1000);
    }
  }
  std::error_code ignored;
  const std::string answer = std::filesystem::exists(log, ignored) ? read_file(log) : "";
  std::filesystem::remove(log, ignored);
  if (!ending || ending->exit_code != 0) {
    const bool missing = ending && ending->exit_code == 127;
    const std::string end =
        ending ? "ended with " + ending->text() : fmt::format("gave no answer in {} s", patience_s);
    throw Error(missing ? ExitCode::InputMissing : ExitCode::Io,
                Problem{.what = words.front() + " " + end + ": " + std::string(trim(answer)),
                        .where = join(words, " "),
                        .allowed = "",
                        .fix = missing ? "run this where Slurm is, or use `yates study run`" : ""});
  }
  return answer;
}

std::string submit_job(const std::vector<std::string>& words,
                       const std::filesystem::path& scratch) {
  const std::string answer = run_slurm_program(words, scratch);
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
  const std::string answer = run_slurm_program(
      {"squeue", "--noheader", "--name=" + join(names, ","), "--format=%F"}, scratch);
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
    (void)run_slurm_program({"scancel", "--state=PENDING", "--name=" + name}, scratch);
  }
}

}  // namespace yates::campaign
