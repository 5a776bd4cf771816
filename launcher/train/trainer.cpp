// SPDX-License-Identifier: Apache-2.0
#include "launcher/train/trainer.hpp"

#include <array>
#include <cstdint>
#include <exception>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>

#include <ATen/Parallel.h>
#include <fmt/format.h>

#include "base/fault.hpp"
#include "base/log.hpp"
#include "dist/tree_reduction.hpp"
#include "launcher/train/checkpoint_policy.hpp"
#include "launcher/train/gradient_communicator.hpp"
#include "launcher/train/hang_watch.hpp"
#include "launcher/train/pace.hpp"
#include "launcher/train/rank_failure.hpp"
#include "launcher/train/run_owner.hpp"
#include "launcher/train/training_state.hpp"
#include "launcher/train/training_step.hpp"
#include "launcher/train/validation.hpp"
#include "launcher/train/wishes.hpp"

namespace yates::train {
namespace {

class Trainer {
 public:
  Trainer(const TrainSetup& setup, dist::Communicator& communicator)
      : setup_(setup),
        communicator_(communicator),
        policy_(setup.options),
        state_(setup.network, setup.compute),
        watch_(setup, communicator, policy_.steps()) {}

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
  [[nodiscard]] bool is_root() const { return communicator_.rank() == 0; }

  /// Where rank 0 finds what people ask for; null elsewhere.
  [[nodiscard]] const RunDirectory* directory() const {
    return owner_ ? &owner_->directory() : nullptr;
  }

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
    std::int64_t attempt = 0;
    if (is_root()) {
      owner_.emplace(setup_, policy_.steps());
      attempt = owner_->attempt().number();
      owner_->resume(state_);
    }
    communicator_.broadcast(std::as_writable_bytes(std::span(&attempt, 1)));
    watch_.start(attempt, owner_ ? [this] { owner_->attempt().beat(); } : std::function<void()>());
    state_.broadcast(communicator_);
    watch_.reach(state_.step());
    set_fault_place(communicator_.rank(), state_.step());
  }

  void tell_failure(const Error& error) {
    if (owner_) {
      owner_->fail(error);
    } else {
      watch_.write_verdict(error.code(), error.problems().front().what);
    }
  }

  TrainResult train_to_end() {
    Wishes wishes = agree_on_wishes(directory(), communicator_);
    if (!wishes.stop() && !policy_.is_last(state_.step())) {
      const GradientCommunicator gradients(setup_, communicator_);
      TrainingStep step(setup_.options,
                        policy_.steps(),
                        setup_.network,
                        state_,
                        gradients.communicator(),
                        watch_.watchdog(),
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
        wishes = agree_on_wishes(directory(), communicator_);
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
    return wishes.stop() || wishes.save || policy_.validates_at(step) || policy_.saves_at(step);
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
    watch_.reach(state_.step());
    watch_.note_step(result.step_s);
    if (owner_) {
      owner_->note_step(state_, result);
    }
    for (const std::string& text : pace_.note(result, communicator_)) {
      log_warning("{}", text);
    }
  }

  /// False if a rank lacks a patch for validation.
  bool finish_boundary(const Wishes& wishes) {
    const std::int64_t step = state_.step();
    if (policy_.validates_at(step) && setup_.validation.size > 0) {
      const ValidationResult result = validate(setup_.network,
                                               setup_.validation,
                                               communicator_,
                                               watch_.watchdog(),
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
    if (must_succeed || wishes.save || policy_.saves_at(step)) {
      save(must_succeed);
    }
    return true;
  }

  // A full disk does not end the run while there is a chance that it is only full for now.
  void save(bool must_succeed) {
    watch_.watchdog().progress("checkpoint", state_.step());
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
    const std::string reason = first_reason(mine, communicator_);
    return {static_cast<ExitCode>(code), "failed", state_.step(), reason};
  }

  [[nodiscard]] TrainResult interrupted(const Wishes& wishes) const {
    return {ExitCode::Interrupted, "interrupted", state_.step(), wishes.stop_reason()};
  }

  const TrainSetup& setup_;
  dist::Communicator& communicator_;
  CheckpointPolicy policy_;
  TrainingState state_;
  std::optional<RunOwner> owner_;  // Rank 0.
  HangWatch watch_;
  RankFailure failure_;
  PaceLog pace_;
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
