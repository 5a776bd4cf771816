// SPDX-License-Identifier: Apache-2.0
#include "launcher/train/run_owner.hpp"

#include <exception>
#include <filesystem>
#include <limits>
#include <set>
#include <utility>

#include <fmt/format.h>

#include "base/digest.hpp"
#include "base/json.hpp"
#include "base/text.hpp"
#include "io/checkpoint/checkpoint.hpp"
#include "launcher/train/event_file.hpp"

namespace yates::train {
namespace {

constexpr double kStatusIntervalS = 10;
constexpr std::string_view kFingerprintPrefix = "fingerprint.";
constexpr const char* kBucketLayout = "bucket_layout";

std::string bucket_digest(const TrainingState& state) {
  return dist::BucketLayout(state.shapes(), 0, {}).digest();
}

RunDirectory created(const std::filesystem::path& path) {
  RunDirectory directory(path);
  directory.create();
  return directory;
}

std::string value_in(const io::Metadata& metadata, const std::string& key) {
  const auto found = metadata.find(key);
  return found == metadata.end() ? "" : found->second;
}

/// The lines of `a` that `b` does not have.
std::vector<std::string> lines_missing(const std::string& a, const std::string& b) {
  const std::vector<std::string> lines = split(b, '\n');
  const std::set<std::string> known(lines.begin(), lines.end());
  std::vector<std::string> missing;
  for (const std::string& line : split(a, '\n')) {
    if (!known.contains(line)) {
      missing.push_back(line);
    }
  }
  return missing;
}

/// Whether a failure may be gone when the run is started again.
bool may_pass(ExitCode code) {
  return code == ExitCode::Io || code == ExitCode::Internal;
}

}  // namespace

std::optional<TrainResult> finished_before(const TrainSetup& setup) {
  const std::optional<Status> status = RunDirectory(setup.run_directory).read_status();
  if (!status || (status->state != "done" && status->state != "diverged")) {
    return std::nullopt;
  }
  if (status->identity != sha256_hex(setup.identity)) {
    throw Error(ExitCode::BadConfig,
                Problem{.what = "the run directory holds a finished run of another configuration",
                        .where = (setup.run_directory / "run.yaml").string(),
                        .allowed = "",
                        .fix = "use another run.dir"});
  }
  return TrainResult{ExitCode::Ok, status->state, status->step, status->reason};
}

RunOwner::RunOwner(const TrainSetup& setup, std::int64_t steps)
    : setup_(setup),
      steps_(steps),
      directory_(created(setup.run_directory)),
      attempt_(Attempt::claim(directory_)) {}

RunOwner::~RunOwner() {
  if (!ended_) {
    attempt_.finish(static_cast<int>(ExitCode::Internal), "failed");
  }
}

void RunOwner::resume(TrainingState& state) {
  const auto report = [](const std::string& reason) {
    log_warning("passing over a damaged checkpoint: {}", reason);
  };
  // Unfinished files of attempts that died; no checkpoint is removed.
  directory_.remove_unfinished();
  io::remove_old_checkpoints(directory_.checkpoints(), std::numeric_limits<std::size_t>::max());
  const auto checkpoint = io::read_newest_checkpoint(directory_.checkpoints(), report);
  if (checkpoint) {
    check_identity(*checkpoint);
    warn_about_fingerprint(*checkpoint);
    warn_about_buckets(*checkpoint, state);
    state.load(*checkpoint);
    log_info("attempt {} goes on after step {} of {}", attempt_.number(), state.step(), steps_);
  } else {
    log_info("attempt {} begins at step 0 of {}", attempt_.number(), steps_);
  }
  attempt_.record_start(state.step());
  directory_.write_configuration(setup_.run_yaml);
  metrics_.emplace(directory_.metrics(), state.step());
  progress_.emplace("train", steps_, "step", state.step());
  first_step_ = step_ = state.step();
  write_running(state.step());
}

void RunOwner::check_identity(const io::SafetensorsFile& file) const {
  const std::string before = value_in(file.metadata(), "identity");
  if (before == setup_.identity) {
    return;
  }
  std::vector<Problem> problems;
  for (const std::string& line : lines_missing(setup_.identity, before)) {
    problems.push_back({.what = "the run was begun without " + line,
                        .where = file.path().string(),
                        .allowed = "",
                        .fix = ""});
  }
  if (problems.empty()) {
    problems.push_back(
        {.what = "the run was begun with " + join(lines_missing(before, setup_.identity), ", "),
         .where = file.path().string(),
         .allowed = "",
         .fix = ""});
  }
  problems.back().fix = "use another run.dir for another configuration, or restore the old one";
  throw Error(ExitCode::BadConfig, problems);
}

void RunOwner::warn_about_fingerprint(const io::SafetensorsFile& file) const {
  for (const auto& [field, now] : setup_.fingerprint) {
    const std::string before = value_in(file.metadata(), std::string(kFingerprintPrefix) + field);
    if (before != now) {
      log_warning("{} was '{}' and is '{}': the bits of this run may differ from an unbroken one",
                  field,
                  before,
                  now);
    }
  }
}

// In a tree, the bits do not depend on the buckets.
void RunOwner::warn_about_buckets(const io::SafetensorsFile& file,
                                  const TrainingState& state) const {
  if (setup_.options.reduction != "tree" &&
      value_in(file.metadata(), kBucketLayout) != bucket_digest(state)) {
    log_warning(
        "the gradient buckets changed: the bits of this run may differ from an unbroken one");
  }
}

io::Metadata RunOwner::metadata(const TrainingState& state) const {
  io::Metadata metadata = {{"format", "1"},
                           {"step", std::to_string(state.step())},
                           {"seed", std::to_string(setup_.options.seed)},
                           {"identity", setup_.identity},
                           {kBucketLayout, bucket_digest(state)}};
  for (const auto& [field, value] : setup_.fingerprint) {
    metadata[std::string(kFingerprintPrefix) + field] = value;
  }
  return metadata;
}

void RunOwner::note_step(const TrainingState& state, const StepResult& result) {
  // A step that was not finite is not counted by the state, but has its line.
  step_ = result.finite ? result.step : result.step - 1;
  Json line = {{"step", result.step}, {"loss", json_number(result.loss)}};
  for (std::size_t i = 0; i < result.parts.size(); ++i) {
    line[setup_.network.loss_parts[i]] = json_number(result.parts[i]);
  }
  line.update({{"lr", result.lr},
               {"grad_norm", json_number(result.grad_norm)},
               {"step_s", result.step_s},
               {"data_wait_s", result.data_wait_s},
               {"data_underruns", result.data_underruns},
               {"comm_wait_s", result.comm_wait_s}});
  if (state.loss_scale().is_dynamic()) {
    line.update({{"loss_scale", result.loss_scale}, {"skipped_steps", result.skipped_steps}});
  }
  metrics_->append(line);
  progress_->update(step_, fmt::format("loss {:.4f} lr {:.2e}", result.loss, result.lr));
  if (watch_.seconds() - status_written_s_ > kStatusIntervalS) {
    write_running(step_);
  }
}

void RunOwner::note_validation(const TrainingState& state, const ValidationResult& result) {
  metrics_->append(Json{
      {"step", state.step()},
      {"dice", {{"wt", result.wt}, {"tc", result.tc}, {"et", result.et}, {"mean", result.mean}}}});
  log_info("validation after step {}: dice wt {:.4f} tc {:.4f} et {:.4f} mean {:.4f}",
           state.step(),
           result.wt,
           result.tc,
           result.et,
           result.mean);
}

void RunOwner::save(const TrainingState& state) {
  metrics_->sync();
  io::write_verified(io::checkpoint_path(directory_.checkpoints(), state.step()),
                     state.checkpoint_entries(),
                     metadata(state),
                     [this] { attempt_.check_newest(); });
  io::remove_old_checkpoints(directory_.checkpoints(),
                             static_cast<std::size_t>(setup_.options.keep_checkpoints));
  write_running(state.step());
  write_events();
}

void RunOwner::save_final(const TrainingState& state) {
  io::write_verified(directory_.final_weights(), state.weight_entries(), metadata(state), [this] {
    attempt_.check_newest();
  });
}

Status RunOwner::status_at(std::int64_t step) const {
  Status status;
  status.step = step;
  status.steps = steps_;
  status.attempt = attempt_.number();
  status.identity = sha256_hex(setup_.identity);
  return status;
}

void RunOwner::write_running(std::int64_t step) {
  status_written_s_ = watch_.seconds();
  Status status = status_at(step);
  if (step > first_step_) {
    status.eta_s = watch_.seconds() / static_cast<double>(step - first_step_) *
                   static_cast<double>(steps_ - step);
  }
  attempt_.check_newest();
  directory_.write_status(status);
}

void RunOwner::end(const TrainResult& result) {
  progress_.reset();
  Status status = status_at(result.step);
  status.state = result.state;
  status.exit_code = static_cast<int>(result.code);
  status.reason = result.reason;
  status.resumable = result.state == "interrupted" || may_pass(result.code);
  attempt_.check_newest();
  directory_.write_status(status);
  attempt_.finish(static_cast<int>(result.code), result.state);
  ended_ = true;
  write_events();
}

// For people only: a run is not failed by it.
void RunOwner::write_events() const noexcept {
  try {
    if (std::filesystem::exists(directory_.metrics())) {
      write_event_file(directory_.metrics(), setup_.run_directory / "tensorboard");
    }
  } catch (const std::exception& error) {
    log_warning("no TensorBoard events: {}", error.what());
  }
}

void RunOwner::fail(const Error& error) noexcept {
  try {
    progress_.reset();
    Status status = status_at(step_);
    status.state = "failed";
    status.exit_code = static_cast<int>(error.code());
    status.reason = error.problems().front().what;
    status.resumable = may_pass(error.code());
    attempt_.finish(*status.exit_code, status.state);
    ended_ = true;
    attempt_.check_newest();
    directory_.write_status(status);
  } catch (const std::exception&) {  // The error itself is on its way to the user.
  }
}

}  // namespace yates::train
