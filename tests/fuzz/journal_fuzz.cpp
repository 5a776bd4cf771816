// SPDX-License-Identifier: Apache-2.0
// The files that a campaign, a run and an import leave for whoever goes on. The first byte of the
// input says which file the rest is the content of.
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "base/file.hpp"
#include "base/json.hpp"
#include "base/log.hpp"
#include "io/dataset/import_journal.hpp"
#include "launcher/campaign/fsck.hpp"
#include "launcher/campaign/launch_fence.hpp"
#include "launcher/campaign/lost_work.hpp"
#include "launcher/campaign/plan.hpp"
#include "launcher/campaign/registration.hpp"
#include "launcher/campaign/results.hpp"
#include "launcher/campaign/run_record.hpp"
#include "launcher/campaign/status.hpp"
#include "launcher/campaign/step_time.hpp"
#include "launcher/campaign/wave.hpp"
#include "launcher/train/event_file.hpp"
#include "launcher/train/metrics_log.hpp"
#include "launcher/train/run_directory.hpp"
#include "tests/fuzz/input_folder.hpp"

namespace yates::fuzz {
namespace {

/// A study of two external arms with one seed each, whose folder each input finds empty.
struct Campaign {
  config::StudyFile study;
  campaign::Plan plan;
  std::filesystem::path run;  ///< Of the first planned run.
};

Campaign make_campaign() {
  const std::string out = (folder() / "out").string();
  const std::filesystem::path path =
      put_file("study.yaml",
               "study: {name: fuzz, out: " + out +
                   "}\n"
                   "factors:\n"
                   "  way: {\"a\": {command: [/bin/true]}, \"b\": {command: [/bin/false]}}\n"
                   "design: {seeds: [1]}\n"
                   "analysis:\n"
                   "  primary: {metric: dice, region: mean, contrast: way}\n");
  ::setenv("SLURM_JOB_ID", "1", 1);  // So that the owner of a launch is looked at.
  Campaign made{.study = config::load_study_file(path), .plan = {}, .run = {}};
  made.plan = campaign::make_plan(made.study, 1);
  made.run = campaign::run_directory(made.study, made.plan.runs.front());
  return made;
}

const Campaign& fixture() {
  static const Campaign made = make_campaign();
  return made;
}

void check_status(const Campaign& c) {
  accepted([&] { (void)campaign::report_status(c.study, c.plan); });
}

/// After fsck the files it looks at can be read.
void check_repaired(const Campaign& c) {
  (void)campaign::check_campaign(c.study, c.plan, false);
  must(accepted([&] {
         (void)campaign::current_plan(c.study, 1);
         (void)campaign::read_wave_log(c.study);
         (void)campaign::read_run_record(c.run);
       }),
       "what fsck repaired can be read");
}

void read_record(const Campaign& c, const std::filesystem::path&) {
  accepted([&] {
    const campaign::RunRecord record = campaign::read_run_record(c.run);
    campaign::write_run_record(c.run, record);
    must(campaign::read_run_record(c.run).state == record.state, "a record survives being written");
  });
  accepted([&] { (void)campaign::collect_results(c.study, c.plan, c.study.out); });
  check_status(c);
  check_repaired(c);
}

void read_plan(const Campaign& c, const std::filesystem::path&) {
  accepted([&] { (void)campaign::collect_results(c.study, c.plan, c.study.out); });
  accepted([&] { campaign::publish_plan(c.study, campaign::plan_json(c.study, c.plan)); });
  check_status(c);
  accepted([&] { campaign::amend_study(c.study, c.plan, "a reason"); });
  check_repaired(c);
}

void read_waves(const Campaign& c, const std::filesystem::path&) {
  accepted([&] {
    const campaign::WaveLog log = campaign::read_wave_log(c.study);
    campaign::write_wave_log(c.study, log);
    must(campaign::read_wave_log(c.study).batches.size() == log.batches.size(),
         "no batch is lost by writing");
  });
}

void read_registration(const Campaign& c, const std::filesystem::path&) {
  accepted([&] {
    const auto registration = campaign::read_registration(c.study);
    (void)campaign::registration_stamps(registration);
    (void)campaign::registration_differences(c.study, registration);
    (void)campaign::registration_json(registration);
  });
  accepted([&] { campaign::register_study(c.study, c.plan); });
  accepted([&] { campaign::amend_study(c.study, c.plan, "a reason"); });
}

void read_metrics(const Campaign& c, const std::filesystem::path& path) {
  (void)campaign::lost_share(c.run);
  (void)campaign::recorded_step_seconds(c.run);
  const std::string all = train::event_file(read_file(path));
  must(!all.empty(), "an event file has a first record");
  { train::MetricsLog log(path, 5); }
  const std::string kept = read_file(path);
  { train::MetricsLog log(path, 5); }
  must(read_file(path) == kept, "what was kept of a record is kept again");
}

void read_status(const Campaign& c, const std::filesystem::path&) {
  accepted([&] { (void)train::RunDirectory(c.run).read_status(); });
  check_status(c);
}

void read_start(const Campaign& c, const std::filesystem::path&) {
  const double share = campaign::lost_share(c.run);
  must(share >= 0 && share <= 1, "a share is between 0 and 1");
}

void read_import(const Campaign& c, const std::filesystem::path&) {
  io::ImportJournal journal(c.study.out);
  (void)journal.find("shard-0000.h5", "input");
}

void read_times(const Campaign& c, const std::filesystem::path& path) {
  accepted([&] {
    const auto times = campaign::read_bench_step(path);
    (void)campaign::step_times(c.study, c.plan, {.measurements = times});
  });
}

void read_owner(const Campaign& c, const std::filesystem::path&) {
  accepted([&] { (void)campaign::LaunchFence::is_restart_of_newest(c.run); });
}

void read_any(const Campaign&, const std::filesystem::path& path) {
  accepted([&] {
    const Json json = read_json(path);
    must(parse_json(json.dump(2), "written") == json, "JSON is read again as it was written");
  });
}

struct Part {
  const char* file;
  void (*read)(const Campaign&, const std::filesystem::path&);
};

void check(std::uint8_t which, std::string_view content) {
  static const std::array<Part, 11> kParts = {{{"RUN/campaign.json", read_record},
                                               {"plan.json", read_plan},
                                               {"slurm/waves.json", read_waves},
                                               {"registration.json", read_registration},
                                               {"RUN/metrics.jsonl", read_metrics},
                                               {"RUN/status.json", read_status},
                                               {"RUN/attempts/0001/start.json", read_start},
                                               {"import.partial.json", read_import},
                                               {"bench.json", read_times},
                                               {"RUN/launches/0001/owner.json", read_owner},
                                               {"any.json", read_any}}};
  const Campaign& c = fixture();
  std::filesystem::remove_all(c.study.out);
  std::filesystem::create_directories(c.run);
  const Part& part = kParts[(which + kParts.size() - 'a' % kParts.size()) % kParts.size()];
  std::string name = part.file;
  if (name.starts_with("RUN/")) {
    name = "runs/" + c.plan.runs.front().id + name.substr(3);
  }
  part.read(c, put_file("out/" + name, content));
}

}  // namespace
}  // namespace yates::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace yates::fuzz;
  yates::set_log_level(yates::LogLevel::Error);
  if (size > 0) {
    check(data[0], text_of(data + 1, size - 1));
  }
  return 0;
}
