// SPDX-License-Identifier: Apache-2.0
// A model of the time of a training step: computing + latency + bandwidth. It plans past the
// machine at hand and is a model there, not a measurement. Nothing is hidden behind backward in it,
// and no rank waits for a slower one: the former makes it pessimistic, the latter optimistic.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

namespace yates::cli {

/// What determines the time of a step, or of one reduction where `samples` is 0.
struct StepShape {
  std::int64_t ranks = 1;
  double samples = 1;         ///< Of one rank.
  double load = 1;            ///< Threads that share a core; 1 where every thread has its own.
  double bytes = 0;           ///< Gradients that the ranks sum.
  double buckets = 1;         ///< In so many pieces.
  bool is_reduction = false;  ///< Without a step around it.
};

/// time = is_reduction ? 0 : overhead_s + samples * load * sample_s
///        + load * (buckets * messages * latency_s + bytes * passes / bandwidth_bytes_s)
struct StepModel {
  double overhead_s = 0;  ///< Per step, whatever its samples: update, clip.
  double sample_s = 0;    ///< Forward and backward of one sample.
  double latency_s = 0;   ///< Of one message.
  double s_per_byte = 0;  ///< Of one message; 1 / bandwidth.
  bool in_tree = true;    ///< train.reduction: tree, else fast.

  [[nodiscard]] double seconds(const StepShape& shape) const;
};

struct MeasuredStep {
  StepShape shape;
  double seconds = 0;
};

/// The factors of overhead_s, sample_s, latency_s and s_per_byte in the time of `shape`. A tree
/// over ranks exchanges whole vectors log2(ranks) times, twice that where ranks is no power of two;
/// a sum of the MPI library sends 2 (ranks - 1) / ranks of one.
std::array<double, 4> terms_of(const StepShape& shape, bool in_tree);

/// Least squares of relative errors with no negative parameter. Throws Error{Usage} where the
/// points cannot tell the parameters apart: they need two numbers of samples, and reductions of two
/// sizes on more than one rank.
StepModel fit_step_model(const std::vector<MeasuredStep>& points, bool in_tree);

/// |model / measured - 1| of each point, in per cent.
std::vector<double> errors_pct(const StepModel& model, const std::vector<MeasuredStep>& points);

}  // namespace yates::cli
