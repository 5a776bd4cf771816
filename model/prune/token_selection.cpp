// SPDX-License-Identifier: Apache-2.0
#include "model/prune/token_selection.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <span>
#include <vector>

#include <ATen/TensorOperators.h>
#include <ATen/ops/amax.h>
#include <ATen/ops/amin.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/linalg_vector_norm.h>
#include <ATen/ops/where.h>
#include <ATen/ops/zeros_like.h>
#include <c10/core/GradMode.h>

#include "base/random.hpp"
#include "model/kept_tokens.hpp"

namespace yates::model {
namespace {

/// Marks the `count` best of one sample.
std::vector<char> best_tokens(std::span<const double> scores, std::int64_t count) {
  std::vector<std::size_t> order(scores.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  const auto rank = [&](std::size_t i) {
    return std::isnan(scores[i]) ? -std::numeric_limits<double>::infinity() : scores[i];
  };
  const auto cut = order.begin() + count;
  std::nth_element(order.begin(), cut, order.end(), [&](std::size_t a, std::size_t b) {
    return rank(a) != rank(b) ? rank(a) > rank(b) : a < b;
  });
  std::vector<char> kept(scores.size(), 0);
  std::for_each(order.begin(), cut, [&](std::size_t i) { kept[i] = 1; });
  return kept;
}

}  // namespace

at::Tensor energy_scores(const at::Tensor& tokens) {
  const c10::NoGradGuard no_grad;
  const at::Tensor norms = at::linalg_vector_norm(tokens, 2, at::IntArrayRef{2});
  const at::Tensor low = at::amin(norms, {1}, true);
  const at::Tensor range = at::amax(norms, {1}, true) - low;
  return at::where(range > 0, (norms - low) / range, at::zeros_like(norms));
}

at::Tensor random_scores(const at::Tensor& tokens,
                         const std::string& layer,
                         const DrawPlace& place) {
  const std::int64_t batch = tokens.size(0);
  const std::int64_t length = tokens.size(1);
  at::Tensor scores = at::empty({batch, length}, at::TensorOptions().dtype(at::kDouble));
  auto* values = scores.mutable_data_ptr<double>();
  for (std::int64_t sample = 0; sample < batch; ++sample) {
    RandomStream stream(
        place.seed, "prune." + layer, place.step, place.slot + static_cast<std::uint64_t>(sample));
    std::generate_n(values + sample * length, length, [&] { return stream.uniform(); });
  }
  return scores.to(tokens.scalar_type());
}

TokenSelection select_tokens(const at::Tensor& scores, double keep_rate) {
  const at::Tensor values = scores.to(at::kCPU, at::kDouble).contiguous();
  const std::int64_t batch = values.size(0);
  const std::int64_t length = values.size(1);
  const std::int64_t count = kept_tokens(keep_rate, length);
  const auto integers = at::TensorOptions().dtype(at::kLong);
  TokenSelection selection{.kept = at::empty({batch, count}, integers),
                           .dropped = at::empty({batch, length - count}, integers)};
  auto* kept = selection.kept.mutable_data_ptr<std::int64_t>();
  auto* dropped = selection.dropped.mutable_data_ptr<std::int64_t>();
  for (std::int64_t sample = 0; sample < batch; ++sample) {
    const std::span<const double> sample_scores(values.const_data_ptr<double>() + sample * length,
                                                static_cast<std::size_t>(length));
    const std::vector<char> best = best_tokens(sample_scores, count);
    for (std::int64_t token = 0; token < length; ++token) {
      *(best[static_cast<std::size_t>(token)] != 0 ? kept++ : dropped++) = token;
    }
  }
  return selection;
}

}  // namespace yates::model
