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

/// The samples of a rank's share `mine` that the tree joins first, `sample` among them: two
/// neighbours, or one whose neighbour is another rank's or does not exist. Whoever adds both to the
/// same zeros, in order, has made the tree's first join.
SampleRange first_join(SampleRange mine, std::int64_t sample);

/// Sums one vector per sample. The tree joins neighbours: at level l the partial sums that begin at
/// samples i and i + 2^l, i a multiple of 2^(l+1), become one; a last one without a partner moves
/// up unchanged. Joins inside a rank happen as samples arrive, so a rank holds at most log2(share)
/// vectors of its own between two calls. Deterministic: run-to-run, and across numbers of ranks.
class TreeReduction {
 public:
  /// For steps of `samples` vectors of `elements` values. Throws Error{BadConfig} as above.
  TreeReduction(Communicator& communicator, std::int64_t samples, std::int64_t elements);

  /// Collective: no. Gives the vector of the next sample of this rank, or the sum of the next two
  /// where `first_join` has both; samples ascend. The last vector of a step is borrowed until the
  /// sum is no longer needed, is overwritten, and may hold it; the others are copied.
  void add(SampleRange samples, std::span<float> values);

  /// Collective: yes, once all samples of the step are added. The sum, the same on every rank;
  /// valid until the next `add`, and as long as the vector that was borrowed.
  std::span<float> finish();

 private:
  using Vector = std::vector<float>;
  struct Partial {
    std::span<float> values;
    Vector memory;  // Of the values, unless they are borrowed.
  };

  [[nodiscard]] int owner(std::int64_t sample) const;
  [[nodiscard]] bool is_butterfly() const;
  void join_finished(std::int64_t first, std::int64_t count);
  void join(std::int64_t left, std::int64_t right);
  void finish_by_butterfly();
  void finish_by_tree();
  Partial take_partial();
  void release(Partial partial);

  Communicator& communicator_;
  std::int64_t samples_;
  std::int64_t elements_;
  SampleRange mine_;
  std::int64_t next_;
  std::map<std::int64_t, Partial> partial_;  // By first sample.
  std::vector<Vector> spare_;
  Partial result_;
};

}  // namespace yates::dist
