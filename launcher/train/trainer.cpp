// SPDX-License-Identifier: Apache-2.0
#include "launcher/train/trainer.hpp"

#include <algorithm>
#include <array>
#include <atomic>
#include <exception>
#include <memory>
#include <optional>
#include <span>
#include <string>

#include <ATen/Parallel.h>
#include <fmt/format.h>
#include <unistd.h>

#include "base/digest.hpp"
#include "base/fault.hpp"
#include "base/log.hpp"
#include "base/text.hpp"
#include "dist/tree_reduction.hpp"
#include "dist/watchdog.hpp"
#include "launcher/train/checkpoint_policy.hpp"
#include "launcher/train/gradient_communicator.hpp"
#include "launcher/train/pace.hpp"
#include "launcher/train/rank_failure.hpp"
#include "launcher/train/run_owner.hpp"
#include "launcher/train/stop_request.hpp"
#include "launcher/train/training_state.hpp"
#include "launcher/train/training_step.hpp"
#include "launcher/train/validation.hpp"

namespace yates::train {
namespace {

constexpr double kFirstTimeoutS = 600;
constexpr double kLeastTimeoutS = 60;
constexpr double kTimeoutSteps = 10;
constexpr std::int64_t kMeasuredSteps = 10;
constexpr double kBeatIntervalS = 5;

class Trainer {
 public:
  Trainer(const TrainSetup& setup, dist::Communicator& communicator)
      : setup_(setup),
        communicator_(communicator),
        policy_(setup.options),
        state_(setup.network, setup.compute) {}

  TrainResult run() {
    if (const auto finished = agree_on_finished()) {
      return *finished;
    }
    try {
      begin();
      const TrainResult result = train_to_end();
      if (owner_) {
        owner_->end(result);
      }
      return result;
    } catch (const Error& error) {
      tell_failure(error);
      throw;
    } catch (const std::exception& error) {
      tell_failure(Error(ExitCode::Internal,
                         Problem{.what = error.what(), .where = "", .allowed = "", .fix = ""}));
      throw;
    }
  }

 private:
  /// What the ranks agree on at a step boundary.
  struct Wishes {
    std::int64_t signal = 0;
    std::int64_t halt = 0;
    std::int64_t save = 0;
    [[nodiscard]] bool stop() const { return signal != 0 || halt != 0; }
  };

  [[nodiscard]] bool is_root() const { return communicator_.rank() == 0; }

  /// Rank 0's verdict about an earlier attempt, known to all.
  std::optional<TrainResult> agree_on_finished() {
    std::optional<TrainResult> finished;
    if (is_root()) {
      finished = finished_before(setup_);
    }
    std::array<std::int64_t, 2> told = {finished ? 1 : 0, finished ? finished->step : 0};
    communicator_.broadcast(std::as_writable_bytes(std::span(told)));
    if (told[0] != 0 && !finished) {
      finished = TrainResult{ExitCode::Ok, "done", told[1], "finished before"};
    }
    return finished;
  }

  void begin() {
    if (is_root()) {
      owner_.emplace(setup_, policy_.steps());
      attempt_ = owner_->attempt().number();
      owner_->resume(state_);
    }
    communicator_.broadcast(std::as_writable_bytes(std::span(&attempt_, 1)));
    start_watchdog();
    state_.broadcast(communicator_);
    reached_step_ = state_.step();
    set_fault_place(communicator_.rank(), state_.step());
  }

  void tell_failure(const Error& error) {
    if (owner_) {
      owner_->fail(error);
    } else if (attempt_ > 0) {
      write_verdict(error.code(), error.problems().front().what);
    }
  }

  // For a failure that rank 0 cannot tell, because it hangs itself or is about to be ended with the
  // others: the one time that another rank writes status.json.
  void write_verdict(ExitCode code, const std::string& reason) noexcept {
    try {
      const RunDirectory directory(setup_.run_directory);
      Status status;
      status.state = "failed";
      status.step = reached_step_;
      status.steps = policy_.steps();
      status.exit_code = static_cast<int>(code);
      status.reason = fmt::format("rank {}: {}", communicator_.rank(), reason);
      status.resumable = code == ExitCode::Io || code == ExitCode::Internal;
      status.attempt = attempt_;
      status.identity = sha256_hex(setup_.identity);
      if (newest_attempt(directory) == attempt_) {
        directory.write_status(status);
      }
    } catch (const std::exception&) {  // The failure itself is on stderr.
    }
  }

  void start_watchdog() {
    const RunDirectory directory(setup_.run_directory);
    dist::WatchdogOptions options;
    const auto fixed = parse_number(setup_.options.watchdog_s);
    options.timeout_s = fixed.value_or(kFirstTimeoutS);
    options.interval_s = std::min(1.0, options.timeout_s / 4);
    options.directory = directory.attempts() / fmt::format("{:04}", attempt_);
    options.on_look = [this, since = Stopwatch()]() mutable {
      if (owner_ && since.seconds() > kBeatIntervalS) {
        owner_->attempt().beat();
        since.restart();
      }
    };
    options.on_hang = [this](const std::string& report) {
      write_verdict(ExitCode::Internal, report);
      ::_exit(static_cast<int>(ExitCode::Internal));
    };
    watchdog_.emplace(communicator_, std::move(options));
  }

  TrainResult train_to_end() {
    Wishes wishes = agree_on_wishes();
    if (!wishes.stop() && !policy_.is_last(state_.step())) {
      const GradientCommunicator gradients(setup_, communicator_);
      TrainingStep step(setup_.options,
                        policy_.steps(),
                        setup_.network,
                        state_,
                        gradients.communicator(),
                        *watchdog_,
                        setup_.compute);
      const auto samples = open_samples();
      while (!wishes.stop() && !policy_.is_last(state_.step())) {
        if (!all_fetch(step, *samples)) {
          if (const auto end = note_results(step)) {
            return *end;
          }
          save(false);
          return failed();
        }
        step.advance();
        if (const auto end = step.is_full() ? note_results(step) : std::nullopt) {
          return *end;
        }
        wishes = agree_on_wishes();
        if (const auto end = is_boundary(wishes) ? note_results(step) : std::nullopt) {
          return *end;
        }
        if (!finish_boundary(wishes)) {
          return failed();  // Without a checkpoint, so that the validation is made good.
        }
      }
    }
    return policy_.is_last(state_.step()) ? done() : interrupted(wishes);
  }

  /// Writes down what the steps gave. The run's end if it cannot go on.
  std::optional<TrainResult> note_results(TrainingStep& step) {
    for (const StepResult& result : step.take_results()) {
      note(result);
      if (!result.finite) {
        return diverged(result);
      }
    }
    return std::nullopt;
  }

  /// Whether something is published after this step, so that all results must be known.
  [[nodiscard]] bool is_boundary(const Wishes& wishes) const {
    const std::int64_t step = state_.step();
    return wishes.stop() || wishes.save != 0 || policy_.validates_at(step) ||
           policy_.saves_at(step);
  }

  /// Collective: yes. Whether every rank has its samples: one that has not must not leave the
  /// others in the middle of the step.
  bool all_fetch(TrainingStep& step, SampleSource& samples) {
    try {
      step.fetch(samples);
    } catch (...) {
      failure_ = describe_current_exception();
    }
    return all_succeeded();
  }

  /// Collective: yes.
  bool all_succeeded() {
    std::array<std::int64_t, 1> worst = {failure_.code};
    communicator_.all_reduce_max(worst);
    return worst[0] == 0;
  }

  std::unique_ptr<SampleSource> open_samples() {
    const dist::SampleRange mine = dist::samples_of_rank(
        setup_.options.global_batch, communicator_.rank(), communicator_.size());
    io::SampleOrder order{state_.step(), policy_.steps(), {}};
    for (std::int64_t slot = mine.begin; slot < mine.end; ++slot) {
      order.slots.push_back(slot);
    }
    return setup_.open_samples(order);
  }

  void note(const StepResult& result) {
    reached_step_ = state_.step();
    longest_step_s_ = std::max(longest_step_s_, result.step_s);
    if (setup_.options.watchdog_s == "auto" && ++measured_steps_ >= kMeasuredSteps) {
      watchdog_->set_timeout(std::max(kLeastTimeoutS, kTimeoutSteps * longest_step_s_));
    }
    if (owner_) {
      owner_->note_step(state_, result);
    }
    for (const std::string& text : pace_.note(result, communicator_)) {
      log_warning("{}", text);
    }
  }

  Wishes agree_on_wishes() {
    std::array<std::int64_t, 3> flags = {StopRequest::signal_number(), 0, 0};
    if (owner_) {
      flags[1] = owner_->directory().halt_asked() ? 1 : 0;
      flags[2] = owner_->directory().take_save_request() ? 1 : 0;
    }
    communicator_.all_reduce_max(flags);
    return {flags[0], flags[1], flags[2]};
  }

  /// False if a rank lacks a patch for validation.
  bool finish_boundary(const Wishes& wishes) {
    const std::int64_t step = state_.step();
    if (policy_.validates_at(step) && setup_.validation.size > 0) {
      const ValidationResult result = validate(setup_.network,
                                               setup_.validation,
                                               communicator_,
                                               *watchdog_,
                                               step,
                                               failure_,
                                               setup_.compute.device);
      if (!all_succeeded()) {
        return false;
      }
      if (owner_) {
        owner_->note_validation(state_, result);
      }
    }
    const bool must_succeed = wishes.stop() || policy_.is_last(step);
    if (must_succeed || wishes.save != 0 || policy_.saves_at(step)) {
      save(must_succeed);
    }
    return true;
  }

  // A full disk does not end the run while there is a chance that it is only full for now.
  void save(bool must_succeed) {
    watchdog_->progress("checkpoint", state_.step());
    flip_bit_if_asked();
    state_.check_replicas(communicator_);
    if (owner_) {
      try {
        owner_->save(state_);
      } catch (const Error& error) {
        if (must_succeed || error.code() != ExitCode::Io) {
          throw;
        }
        log_warning(
            "checkpoint_failed after step {}, training goes on: {}", state_.step(), error.what());
      }
    }
    communicator_.barrier();
  }

  void flip_bit_if_asked() {
    if (fault_point("ckpt.before_check") == FaultAction::BitFlip &&
        setup_.compute.device.is_cpu()) {
      auto* bits = static_cast<std::uint32_t*>(state_.parameters().front().value.data_ptr());
      *bits ^= 1U;
    }
  }

  TrainResult done() {
    if (owner_) {
      owner_->save_final(state_);
    }
    communicator_.barrier();
    return {ExitCode::Ok, "done", state_.step(), ""};
  }

  TrainResult diverged(const StepResult& result) const {
    return {ExitCode::Ok,
            "diverged",
            state_.step(),
            fmt::format(
                "step {}: loss {}, gradient norm {}", result.step, result.loss, result.grad_norm)};
  }

  /// Collective: yes. Every rank ends alike and knows the first rank that failed and why.
  TrainResult failed() {
    const int code = agree_on_failure(failure_, communicator_);
    const std::string mine = failure_.code == code ? failure_.reason : "";
    const auto reasons = communicator_.all_gather(std::as_bytes(std::span(mine)));
    const auto first = std::find_if(
        reasons.begin(), reasons.end(), [](const auto& bytes) { return !bytes.empty(); });
    const auto* text = reinterpret_cast<const char*>(first->data());
    return {static_cast<ExitCode>(code),
            "failed",
            state_.step(),
            fmt::format("rank {}: {}", first - reasons.begin(), std::string(text, first->size()))};
  }

  [[nodiscard]] TrainResult interrupted(const Wishes& wishes) const {
    return {ExitCode::Interrupted,
            "interrupted",
            state_.step(),
            wishes.signal != 0 ? signal_name(static_cast<int>(wishes.signal))
                               : "file HALT; remove it to go on"};
  }

  const TrainSetup& setup_;
  dist::Communicator& communicator_;
  CheckpointPolicy policy_;
  TrainingState state_;
  std::optional<RunOwner> owner_;  // Rank 0.
  std::int64_t attempt_ = 0;
  std::optional<dist::Watchdog> watchdog_;
  RankFailure failure_;
  std::atomic<std::int64_t> reached_step_ = 0;
  PaceLog pace_;
  double longest_step_s_ = 0;
  std::int64_t measured_steps_ = 0;
};

}  // namespace

void check_train_options(const TrainOptions& options, int ranks) {
  dist::samples_of_rank(options.global_batch, 0, ranks);
}

TrainResult train(const TrainSetup& setup, dist::Communicator& communicator) {
  check_train_options(setup.options, communicator.size());
  at::set_num_threads(static_cast<int>(setup.options.threads));
  return Trainer(setup, communicator).run();
}

}  // namespace yates::train
