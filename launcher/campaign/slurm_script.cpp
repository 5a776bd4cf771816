// SPDX-License-Identifier: Apache-2.0
#include "launcher/campaign/slurm_script.hpp"

#include <algorithm>
#include <map>

#include <fmt/format.h>

#include "base/digest.hpp"
#include "base/error.hpp"
#include "base/text.hpp"
#include "launcher/campaign/slurm_templates.hpp"

namespace yates::campaign {
namespace {

std::string absolute_text(const std::filesystem::path& path) {
  return std::filesystem::absolute(path).lexically_normal().string();
}

/// Replaces every @NAME@ of `text` once; what is put in is not looked at again.
std::string fill(const std::string& text, const std::map<std::string, std::string>& values) {
  std::string filled;
  std::size_t at = 0;
  while (at < text.size()) {
    const std::size_t open = text.find('@', at);
    const std::size_t close = open == std::string::npos ? open : text.find('@', open + 1);
    if (close == std::string::npos) {
      break;
    }
    const auto value = values.find(text.substr(open + 1, close - open - 1));
    if (value == values.end()) {
      filled += text.substr(at, open + 1 - at);
      at = open + 1;
    } else {
      filled += text.substr(at, open - at) + value->second;
      at = close + 1;
    }
  }
  return filled + text.substr(at);
}

std::int64_t nodes_of(const config::SlurmOptions& slurm) {
  const std::int64_t per_node = std::max<std::int64_t>(slurm.gpus_per_node, 1);
  return slurm.gpus_per_node == 0 ? 1 : (slurm.ranks_per_run + per_node - 1) / per_node;
}

/// GPUs of one run on each of its nodes.
std::int64_t gpus_of(const config::SlurmOptions& slurm) {
  return std::min(slurm.gpus_per_node, slurm.ranks_per_run);
}

void add_gpus(const config::SlurmOptions& slurm,
              const std::string& gpus_as,
              std::vector<std::string>& words) {
  if (gpus_of(slurm) > 0 && gpus_as != "none") {
    const std::string option = gpus_as == "gres" ? "--gres=gpu:" : "--gpus-per-node=";
    words.push_back(option + std::to_string(gpus_of(slurm)));
  }
}

/// A path in a file name pattern of sbatch, in which % begins a symbol.
std::string pattern_text(const std::string& path) {
  std::string text;
  for (const char c : path) {
    text += c == '%' ? "%%" : std::string(1, c);
  }
  return text;
}

/// `--stage FOLDER` as shell text; `folder` was checked by the reader of site files.
std::string stage_words(const std::string& folder) {
  if (folder.empty()) {
    return "";
  }
  const bool variable = folder.front() == '$';
  return "--stage " + (variable ? "\"${" + folder.substr(1) + ":?is not set in this job}\""
                                : shell_quote(folder));
}

std::vector<std::string> sbatch_words(const config::StudyFile& study,
                                      const std::string& name,
                                      const std::string& log_name) {
  return {"sbatch",
          "--parsable",
          "--job-name=" + name,
          "--chdir=" + absolute_text("."),
          "--output=" + pattern_text(absolute_text(study.out / "slurm" / "log")) + "/" + log_name,
          "--open-mode=append",
          "--requeue"};
}

void add_site(const config::StudyFile& study,
              const Submission& submission,
              std::vector<std::string>& words) {
  if (study.slurm.account) {
    words.push_back("--account=" + *study.slurm.account);
  }
  words.insert(words.end(), submission.site.options.begin(), submission.site.options.end());
}

}  // namespace

std::string shell_quote(const std::string& word) {
  YATES_ASSERT(word.find('\0') == std::string::npos, "a NUL in a word of a script");
  std::string quoted = "'";
  for (const char c : word) {
    quoted += c == '\'' ? "'\\''" : std::string(1, c);
  }
  return quoted + "'";
}

std::string shell_line(const std::vector<std::string>& words) {
  std::vector<std::string> quoted;
  for (const std::string& word : words) {
    quoted.push_back(shell_quote(word));
  }
  return join(quoted, " ");
}

std::vector<std::string> srun_words(const config::StudyFile& study, const SrunOptions& options) {
  const config::SlurmOptions& slurm = study.slurm;
  std::vector<std::string> words = {"srun",
                                    "--exact",
                                    "--kill-on-bad-exit=1",
                                    "--wait=60",
                                    "--mpi=" + options.mpi,
                                    fmt::format("--nodes={}", nodes_of(slurm)),
                                    fmt::format("--ntasks={}", slurm.ranks_per_run),
                                    fmt::format("--cpus-per-task={}", slurm.cpus_per_rank)};
  add_gpus(slurm, options.gpus_as, words);
  return words;
}

std::string run_script(const config::StudyFile& study,
                       const Submission& submission,
                       const std::vector<std::string>& ids) {
  const std::int64_t ranks = study.slurm.ranks_per_run;
  return fill(kRunTemplate,
              {{"YATES", shell_quote(submission.yates.string())},
               {"STUDY", shell_quote(absolute_text(study.path))},
               {"OVERRIDES", shell_line(submission.overrides)},
               {"OUT", shell_quote(absolute_text(study.out))},
               {"RUNS", shell_line(ids)},
               {"SETUP", join(submission.site.setup, "\n")},
               {"STAGE", stage_words(submission.site.stage_to)},
               {"LAUNCH",
                shell_line({"--ranks",
                            std::to_string(ranks),
                            "--srun=" + submission.site.mpi,
                            "--srun-gpus=" + submission.site.gpus_as})}});
}

std::string gate_script(const config::StudyFile& study, const Submission& submission) {
  const std::vector<std::string> site =
      submission.site_file.empty()
          ? std::vector<std::string>{}
          : std::vector<std::string>{"--site", absolute_text(submission.site_file)};
  return fill(kGateTemplate,
              {{"YATES", shell_quote(submission.yates.string())},
               {"STUDY", shell_quote(absolute_text(study.path))},
               {"OVERRIDES", shell_line(submission.overrides)},
               {"SITE", shell_line(site)},
               {"SETUP", join(submission.site.setup, "\n")}});
}

std::vector<std::vector<std::string>> split_by_size(const std::vector<std::string>& ids,
                                                    std::int64_t max_array_size) {
  std::vector<std::vector<std::string>> parts;
  const auto size = static_cast<std::size_t>(std::max<std::int64_t>(max_array_size - 1, 1));
  for (std::size_t at = 0; at < ids.size(); at += size) {
    const std::size_t end = std::min(at + size, ids.size());
    parts.emplace_back(ids.begin() + static_cast<std::ptrdiff_t>(at),
                       ids.begin() + static_cast<std::ptrdiff_t>(end));
  }
  return parts;
}

std::string job_name(const config::StudyFile& study, const std::string& part) {
  return fmt::format(
      "yates-{}-{}-{}", study.spec.name, sha256_hex(absolute_text(study.out)).substr(0, 6), part);
}

std::vector<std::string> sbatch_runs(const config::StudyFile& study,
                                     const Submission& submission,
                                     const std::string& name,
                                     std::size_t count,
                                     const std::filesystem::path& script) {
  const config::SlurmOptions& slurm = study.slurm;
  const config::SiteOptions& site = submission.site;
  std::vector<std::string> words = sbatch_words(study, name, "%A_%a.txt");
  const std::string throttle =
      site.max_running > 0 ? "%" + std::to_string(site.max_running) : std::string();
  words.push_back(fmt::format("--array=0-{}{}", count - 1, throttle));
  words.push_back(fmt::format("--signal=B:USR1@{}", site.signal_s));
  words.push_back(fmt::format("--time={}", std::max<std::int64_t>(slurm.time_limit_s / 60, 1)));
  words.push_back(fmt::format("--nodes={}", nodes_of(slurm)));
  words.push_back(fmt::format("--ntasks={}", slurm.ranks_per_run));
  words.push_back(fmt::format("--cpus-per-task={}", slurm.cpus_per_rank));
  add_gpus(slurm, site.gpus_as, words);
  if (slurm.partition) {
    words.push_back("--partition=" + *slurm.partition);
  }
  add_site(study, submission, words);
  words.insert(words.end(), slurm.extra.begin(), slurm.extra.end());
  words.push_back(absolute_text(script));
  return words;
}

std::vector<std::string> sbatch_gate(const config::StudyFile& study,
                                     const Submission& submission,
                                     const std::string& name,
                                     const std::vector<std::string>& jobs,
                                     const std::filesystem::path& script) {
  std::vector<std::string> words = sbatch_words(study, name, "gate-%j.txt");
  words.push_back("--dependency=afterany:" + join(jobs, ":"));
  words.emplace_back("--time=15");
  words.emplace_back("--ntasks=1");
  const std::string partition = submission.site.gate_partition.empty()
                                    ? study.slurm.partition.value_or("")
                                    : submission.site.gate_partition;
  if (!partition.empty()) {
    words.push_back("--partition=" + partition);
  }
  add_site(study, submission, words);
  words.push_back(absolute_text(script));
  return words;
}

}  // namespace yates::campaign
