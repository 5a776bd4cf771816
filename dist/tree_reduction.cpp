// SPDX-License-Identifier: Apache-2.0
#include "dist/tree_reduction.hpp"

#include <algorithm>
#include <bit>
#include <utility>

#include <fmt/format.h>

#include "base/error.hpp"

namespace yates::dist {
namespace {

// Elements exchanged at a time: bounds the receive buffer, changes no bit of the result.
constexpr std::size_t kPieceElements = std::size_t{1} << 20;

bool is_power_of_two(std::int64_t value) {
  return std::has_single_bit(static_cast<std::uint64_t>(value));
}

/// left[i] = left[i] + right[i].
void add_to(std::span<float> left, std::span<const float> right) {
  for (std::size_t i = 0; i < left.size(); ++i) {
    left[i] = left[i] + right[i];
  }
}

/// The same with the operands' places swapped: right[i] = left[i] + right[i].
void add_before(std::span<float> right, std::span<const float> left) {
  for (std::size_t i = 0; i < right.size(); ++i) {
    right[i] = left[i] + right[i];
  }
}

template <typename Use>
void for_pieces(std::span<float> values, const Use& use) {
  for (std::size_t begin = 0; begin < values.size(); begin += kPieceElements) {
    use(values.subspan(begin, std::min(kPieceElements, values.size() - begin)));
  }
}

}  // namespace

SampleRange samples_of_rank(std::int64_t samples, int rank, int size) {
  if (samples < size || samples % size != 0) {
    throw Error(
        ExitCode::BadConfig,
        Problem{.what = fmt::format(
                    "{} ranks cannot share a global batch of {} equally", size, samples),
                .where = "train.global_batch",
                .allowed = fmt::format("a number of ranks that divides {}", samples),
                .fix = "start fewer ranks; the batch is part of the experiment and is never "
                       "changed by the number of ranks"});
  }
  const std::int64_t share = samples / size;
  return {rank * share, (rank + 1) * share};
}

SampleRange first_join(SampleRange mine, std::int64_t sample) {
  const std::int64_t left = sample - sample % 2;
  return {std::max(left, mine.begin), std::min(left + 2, mine.end)};
}

TreeReduction::TreeReduction(Communicator& communicator,
                             std::int64_t samples,
                             std::int64_t elements)
    : communicator_(communicator),
      samples_(samples),
      elements_(elements),
      mine_(samples_of_rank(samples, communicator.rank(), communicator.size())),
      next_(mine_.begin) {}

int TreeReduction::owner(std::int64_t sample) const {
  return static_cast<int>(sample / (mine_.end - mine_.begin));
}

bool TreeReduction::is_butterfly() const {
  return is_power_of_two(communicator_.size()) && is_power_of_two(samples_);
}

TreeReduction::Partial TreeReduction::take_partial() {
  Partial partial;
  if (spare_.empty()) {
    partial.memory.resize(static_cast<std::size_t>(elements_));
  } else {
    partial.memory = std::move(spare_.back());
    spare_.pop_back();
  }
  partial.values = partial.memory;
  return partial;
}

void TreeReduction::release(Partial partial) {
  if (!partial.memory.empty()) {
    spare_.push_back(std::move(partial.memory));
  }
}

void TreeReduction::join(std::int64_t left, std::int64_t right) {
  add_to(partial_.at(left).values, partial_.at(right).values);
  release(std::move(partial_.at(right)));
  partial_.erase(right);
}

void TreeReduction::add(SampleRange samples, std::span<float> values) {
  const SampleRange joined = first_join(mine_, samples.begin);
  YATES_ASSERT(samples.begin == next_ && samples.end <= mine_.end, "sample {}", samples.begin);
  YATES_ASSERT(samples.end == samples.begin + 1 ||
                   (samples.begin == joined.begin && samples.end == joined.end),
               "samples {} to {} are not joined first",
               samples.begin,
               samples.end);
  YATES_ASSERT(values.size() == static_cast<std::size_t>(elements_), "{} values", values.size());
  release(std::exchange(result_, {}));
  if (samples.end == mine_.end) {
    partial_.emplace(samples.begin, Partial{.values = values, .memory = {}});
  } else {
    Partial partial = take_partial();
    std::copy(values.begin(), values.end(), partial.values.begin());
    partial_.emplace(samples.begin, std::move(partial));
  }
  next_ = samples.end;
  join_finished(samples.begin, samples.end - samples.begin);
}

void TreeReduction::join_finished(std::int64_t first, std::int64_t count) {
  for (std::int64_t stride = count; stride < samples_; stride *= 2) {
    const bool is_right = first / stride % 2 == 1;
    if (is_right && !partial_.contains(first - stride)) {
      return;  // Its partner is another rank's.
    }
    if (is_right) {
      join(first - stride, first);
      first -= stride;
    } else if (first + stride < samples_) {
      return;  // Its partner is still to come.
    }
  }
}

std::span<float> TreeReduction::finish() {
  YATES_ASSERT(next_ == mine_.end, "{} samples are missing", mine_.end - next_);
  if (is_butterfly()) {
    finish_by_butterfly();
  } else {
    finish_by_tree();
  }
  next_ = mine_.begin;
  return result_.values;
}

// Every rank's share is one whole subtree. At each level the two halves swap their sums and both
// add left + right, which needs no broadcast at the end.
void TreeReduction::finish_by_butterfly() {
  YATES_ASSERT(partial_.size() == 1, "{} partial sums", partial_.size());
  result_ = std::move(partial_.begin()->second);
  partial_.clear();
  std::vector<float> theirs(std::min(result_.values.size(), kPieceElements));
  for (int distance = 1; distance < communicator_.size(); distance *= 2) {
    const int peer = communicator_.rank() ^ distance;
    for_pieces(result_.values, [&](std::span<float> piece) {
      const std::span<float> in = std::span(theirs).first(piece.size());
      communicator_.exchange(std::as_bytes(piece), std::as_writable_bytes(in), peer);
      if (peer > communicator_.rank()) {
        add_to(piece, in);
      } else {
        add_before(piece, in);
      }
    });
  }
}

void TreeReduction::finish_by_tree() {
  const int rank = communicator_.rank();
  for (std::int64_t stride = 1; stride < samples_; stride *= 2) {
    for (std::int64_t left = 0; left + stride < samples_; left += 2 * stride) {
      const std::int64_t right = left + stride;
      const bool here = owner(left) == rank && owner(right) == rank;
      if (here && partial_.contains(right)) {
        join(left, right);
      } else if (!here && owner(right) == rank) {
        communicator_.send(std::as_bytes(partial_.at(right).values), owner(left));
        release(std::move(partial_.at(right)));
        partial_.erase(right);
      } else if (!here && owner(left) == rank) {
        Partial theirs = take_partial();
        communicator_.receive(std::as_writable_bytes(theirs.values), owner(right));
        partial_.emplace(right, std::move(theirs));
        join(left, right);
      }
    }
  }
  result_ = rank == 0 ? std::move(partial_.at(0)) : take_partial();
  partial_.clear();
  communicator_.broadcast(std::as_writable_bytes(result_.values), 0);
}

}  // namespace yates::dist
