// SPDX-License-Identifier: Apache-2.0
#include "launcher/campaign/queue_view.hpp"

#include <algorithm>
#include <filesystem>
#include <vector>

#include "base/text.hpp"
#include "launcher/campaign/slurm_commands.hpp"

namespace yates::campaign {

bool QueueView::has_job(const std::string& job) const {
  return std::any_of(elements.begin(), elements.end(), [&](const auto& element) {
    return element.first == job || element.first.starts_with(job + "_");
  });
}

QueueView parse_queue(const std::string& answer) {
  QueueView view;
  for (const std::string& line : split(answer, '\n')) {
    const std::vector<std::string> fields = split(trim(line), '|');
    if (fields.size() < 4 || !parse_integer(fields[0])) {
      continue;
    }
    const bool in_array = parse_integer(fields[1]).has_value();
    view.elements[in_array ? fields[0] + "_" + fields[1] : fields[0]] = {
        .running = fields[2] == "RUNNING" || fields[2] == "COMPLETING", .reason = fields[3]};
  }
  return view;
}

std::optional<QueueView> view_queue(const WaveLog& log) noexcept {
  constexpr double kPatienceS = 15;
  try {
    std::vector<std::string> names;
    for (const Batch& batch : log.batches) {
      if (!batch.name.empty()) {
        names.push_back(batch.name);
      }
    }
    if (!log.gate_name.empty()) {
      names.push_back(log.gate_name);
    }
    if (names.empty()) {
      return std::nullopt;
    }
    return parse_queue(run_slurm_program(
        {"squeue", "--noheader", "--array", "--name=" + join(names, ","), "--format=%F|%K|%T|%r"},
        std::filesystem::temp_directory_path(),
        kPatienceS));
  } catch (const std::exception&) {
    return std::nullopt;
  }
}

}  // namespace yates::campaign
