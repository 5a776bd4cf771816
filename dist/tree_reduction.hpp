// SPDX-License-Identifier: Apache-2.0
// The sum of per-sample gradients over the global batch, whose bits do not depend on how many ranks
// share the batch: one fixed binary tree over the samples, in fp32.
#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <vector>

#include "dist/communicator.hpp"

namespace yates::dist {

/// Samples [begin, end) of the global batch that `rank` of `size` computes.
struct SampleRange {
  std::int64_t begin = 0;
  std::int64_t end = 0;
};

/// Contiguous equal shares. Throws Error{BadConfig} unless `size` divides `samples`: a layout that
/// cannot keep the global batch is another experiment.
SampleRange samples_of_rank(std::int64_t samples, int rank, int size);

/// Sums one vector per sample. The tree joins neighbours: at level l the partial sums that begin at
/// samples i and i + 2^l, i a multiple of 2^(l+1), become one; a last one without a partner moves
/// up unchanged. Joins inside a rank happen as samples arrive, so a rank holds at most log2(share)
/// + 2 vectors. Deterministic: run-to-run, and across numbers of ranks.
class TreeReduction {
 public:
  /// For steps of `samples` vectors of `elements` values. Throws Error{BadConfig} as above.
  TreeReduction(Communicator& communicator, std::int64_t samples, std::int64_t elements);

  /// Collective: no. Gives the vector of one sample of this rank; samples come in ascending order.
  void add(std::int64_t sample, std::span<const float> values);

  /// Collective: yes, once all samples of the step are added. The sum, the same on every rank;
  /// valid until the next `add`.
  std::span<float> finish();

 private:
  using Vector = std::vector<float>;

  [[nodiscard]] int owner(std::int64_t sample) const;
  [[nodiscard]] bool is_butterfly() const;
  void join_finished(std::int64_t sample);
  void join(std::int64_t left, std::int64_t right);
  void finish_by_butterfly();
  void finish_by_tree();
  Vector take_buffer();

  Communicator& communicator_;
  std::int64_t samples_;
  std::int64_t elements_;
  SampleRange mine_;
  std::int64_t next_;
  std::map<std::int64_t, Vector> partial_;  // By first sample.
  std::vector<Vector> spare_;
  Vector result_;
};

}  // namespace yates::dist
