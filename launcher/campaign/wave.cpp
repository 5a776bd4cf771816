// SPDX-License-Identifier: Apache-2.0
#include "launcher/campaign/wave.hpp"

#include <algorithm>
#include <limits>

#include "base/file.hpp"
#include "launcher/campaign/packing.hpp"

namespace yates::campaign {
namespace {

std::filesystem::path log_path(const config::StudyFile& study) {
  return slurm_directory(study) / "waves.json";
}

}  // namespace

std::vector<std::int64_t> wave_ends(const config::StudyFile& study) {
  const auto all = static_cast<std::int64_t>(study.spec.seeds.size());
  std::vector<std::int64_t> ends;
  if (study.spec.sequential && study.spec.primary) {
    for (const std::int64_t look : study.spec.sequential->looks) {
      if (look < all) {
        ends.push_back(look);
      }
    }
  }
  ends.push_back(all);
  return ends;
}

std::vector<std::size_t> wave_runs(const config::StudyFile& study,
                                   const Plan& plan,
                                   std::int64_t wave) {
  const std::vector<std::int64_t> ends = wave_ends(study);
  const auto index = static_cast<std::size_t>(wave - 1);
  const std::int64_t first = index == 0 ? 1 : ends[index - 1] + 1;
  std::vector<std::size_t> runs;
  for (std::size_t run = 0; run < plan.runs.size(); ++run) {
    if (plan.runs[run].block >= first && plan.runs[run].block <= ends[index]) {
      runs.push_back(run);
    }
  }
  const auto length = [&](std::size_t run) {
    return plan.runs[run].gpu_days.value_or(std::numeric_limits<double>::infinity());
  };
  std::stable_sort(runs.begin(), runs.end(), [&](std::size_t a, std::size_t b) {
    return length(a) > length(b);
  });
  return runs;
}

std::vector<std::size_t> packed_wave(const config::StudyFile& study,
                                     const Plan& plan,
                                     std::int64_t wave,
                                     std::int64_t slots,
                                     std::int64_t ranks) {
  const std::vector<std::size_t> runs = wave_runs(study, plan, wave);
  std::vector<double> days;
  for (const std::size_t run : runs) {
    if (!plan.runs[run].gpu_days) {
      return runs;
    }
    days.push_back(*plan.runs[run].gpu_days / static_cast<double>(ranks));
  }
  std::vector<std::size_t> packed;
  for (const std::size_t at : pack_runs(days, slots).order) {
    packed.push_back(runs[at]);
  }
  return packed;
}

std::filesystem::path slurm_directory(const config::StudyFile& study) {
  return study.out / "slurm";
}

WaveLog read_wave_log(const config::StudyFile& study) {
  WaveLog log;
  const std::filesystem::path path = log_path(study);
  std::error_code ignored;
  if (!std::filesystem::exists(path, ignored)) {
    return log;
  }
  const Json json = read_json(path);
  const std::string origin = path.string();
  for (const Json& item : json_get<Json>(json, "batches", origin)) {
    log.batches.push_back({.wave = json_get<std::int64_t>(item, "wave", origin),
                           .name = json_get<std::string>(item, "name", origin),
                           .runs = json_get<std::vector<std::string>>(item, "runs", origin),
                           .job = json_get<std::string>(item, "job", origin),
                           .submitted = json_get<std::string>(item, "submitted", origin)});
  }
  log.gate_name = json_get<std::string>(json, "gate_name", origin);
  log.gate_job = json_get<std::string>(json, "gate_job", origin);
  log.stopped = json_get<std::string>(json, "stopped", origin);
  return log;
}

void write_wave_log(const config::StudyFile& study, const WaveLog& log) {
  make_directories(slurm_directory(study));
  Json json = {{"schema", 1},
               {"gate_name", log.gate_name},
               {"gate_job", log.gate_job},
               {"stopped", log.stopped},
               {"batches", Json::array()}};
  for (const Batch& batch : log.batches) {
    json["batches"].push_back({{"wave", batch.wave},
                               {"name", batch.name},
                               {"job", batch.job},
                               {"submitted", batch.submitted},
                               {"runs", batch.runs}});
  }
  write_json(log_path(study), json);
}

}  // namespace yates::campaign
