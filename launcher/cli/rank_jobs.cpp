// SPDX-License-Identifier: Apache-2.0
#include "launcher/cli/rank_jobs.hpp"

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <map>
#include <memory>

#include <fmt/format.h>
#include <unistd.h>

#include "base/error.hpp"
#include "base/text.hpp"
#include "dist/mpi_session.hpp"
#include "launcher/cli/shell_output.hpp"

namespace yates::cli {
namespace {

const std::map<std::string, RankJob> kJobs = {
    {"allreduce", allreduce_on_rank}, {"plan", plan_on_rank}, {"scaling", scaling_on_rank}};

/// A number in the environment, e.g. of Slurm; nothing where it is not set.
std::optional<std::int64_t> number_in_environment(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? std::nullopt : parse_integer(value);
}

/// A command that starts `ranks` ranks. Inside a job of Slurm they go to its nodes in turn; else
/// they run here. Open MPI refuses root, which containers run as, unless told twice.
std::string launch_command(std::int64_t ranks) {
  if (const auto nodes = number_in_environment("SLURM_JOB_NUM_NODES")) {
    std::string command = fmt::format(
        "srun --mpi=pmix --nodes={} --ntasks={} --distribution=cyclic --kill-on-bad-exit=1",
        std::min(ranks, *nodes),
        ranks);
    if (ranks > number_in_environment("SLURM_NTASKS").value_or(1)) {
      return command + " --overcommit";
    }
    // srun does not take it over from the job.
    const auto cpus = number_in_environment("SLURM_CPUS_PER_TASK");
    return cpus ? command + fmt::format(" --cpus-per-task={}", *cpus) : command;
  }
  const char* root = "OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1 ";
  return fmt::format(
      "{}mpirun -np {} --oversubscribe --bind-to none", ::geteuid() == 0 ? root : "", ranks);
}

void run_here(const std::string& job, const std::string& arguments) {
  dist::MpiSession session;
  const std::unique_ptr<dist::Communicator> world = session.world();
  const Json result = kJobs.at(job)(parse_json(arguments, "arguments"), *world);
  if (world->rank() == 0) {
    fmt::print("{}\n", result.dump());
  }
  world->barrier();
}

}  // namespace

Json run_rank_job(const std::string& job, std::int64_t ranks, const Json& arguments) {
  if (dist::started_by_mpi_launcher()) {
    throw Error(ExitCode::Usage,
                Problem{.what = "this measurement starts its ranks itself",
                        .where = "",
                        .allowed = "",
                        .fix = "call yates bench without mpirun or srun, with ranks=N"});
  }
  const std::string self = std::filesystem::read_symlink("/proc/self/exe").string();
  const std::string command = fmt::format("{} {} bench rank {} {}",
                                          launch_command(ranks),
                                          shell_quoted(self),
                                          job,
                                          shell_quoted(arguments.dump()));
  const std::optional<std::string> text = output_of_shell(command);
  if (!text) {
    throw Error(ExitCode::Internal,
                Problem{.what = "the measurement failed on its ranks",
                        .where = command,
                        .allowed = "",
                        .fix = "see the messages above; yates doctor tells whether MPI works"});
  }
  const std::string_view trimmed = trim(*text);
  return parse_json(std::string(trimmed.substr(trimmed.rfind('\n') + 1)), command);
}

void register_rank_job(CLI::App& bench) {
  auto words = std::make_shared<std::pair<std::string, std::string>>();
  CLI::App* verb = bench.add_subcommand("rank", "one rank of a measurement; started by mpirun");
  verb->group("");
  verb->add_option("job", words->first, "name of the measurement")->required();
  verb->add_option("arguments", words->second, "JSON text")->required();
  verb->callback([words] { run_here(words->first, words->second); });
}

std::vector<std::int64_t> rank_counts(const std::string& text) {
  std::vector<std::int64_t> counts;
  for (const std::string& word : split(text, ',')) {
    const std::optional<std::int64_t> count = parse_integer(word);
    if (!count || *count < 1) {
      throw Error(ExitCode::Usage,
                  Problem{.what = "'" + word + "' is not a number of ranks",
                          .where = "ranks",
                          .allowed = "whole numbers from 1, separated by commas",
                          .fix = "ranks=1,2,4"});
    }
    counts.push_back(*count);
  }
  return counts;
}

Json to_json(const Spread& spread) {
  return {{"median", spread.median}, {"min", spread.min}, {"max", spread.max}, {"n", spread.n}};
}

Spread spread_from(const Json& json) {
  return {.median = json_get<double>(json, "median", "rank"),
          .min = json_get<double>(json, "min", "rank"),
          .max = json_get<double>(json, "max", "rank"),
          .n = json_get<std::int64_t>(json, "n", "rank")};
}

}  // namespace yates::cli
