// SPDX-License-Identifier: Apache-2.0
#include "kernels/prune/token_prune_reference.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <vector>

#include "base/error.hpp"

namespace yates::kernels {

template <typename T>
void token_norms_reference(std::int64_t tokens,
                           std::int64_t channels,
                           const SequenceView<const T>& x,
                           T* norms) {
  for (std::int64_t t = 0; t < tokens; ++t) {
    T sum = 0;
    for (std::int64_t c = 0; c < channels; ++c) {
      sum += x.at(0, t, c) * x.at(0, t, c);
    }
    norms[t] = std::sqrt(sum);
  }
}

template <typename T>
void select_tokens_reference(std::span<const T> scores,
                             std::span<std::int32_t> kept,
                             std::span<std::int32_t> dropped) {
  YATES_ASSERT(kept.size() + dropped.size() == scores.size(),
               "{} + {} of {}",
               kept.size(),
               dropped.size(),
               scores.size());
  std::vector<std::int32_t> order(scores.size());
  std::iota(order.begin(), order.end(), 0);
  const auto score = [&](std::int32_t token) { return scores[static_cast<std::size_t>(token)]; };
  std::stable_sort(order.begin(), order.end(), [&](std::int32_t a, std::int32_t b) {
    return score(a) > score(b) || (std::isnan(score(b)) && !std::isnan(score(a)));
  });
  const auto cut = order.begin() + static_cast<std::ptrdiff_t>(kept.size());
  std::copy(order.begin(), cut, kept.begin());
  std::copy(cut, order.end(), dropped.begin());
  std::sort(kept.begin(), kept.end());
  std::sort(dropped.begin(), dropped.end());
}

template <typename T>
void mean_of_rows_reference(const T* x,
                            std::int64_t channels,
                            std::span<const std::int32_t> rows,
                            T* mean) {
  for (std::int64_t c = 0; c < channels; ++c) {
    double sum = 0;
    for (const std::int32_t row : rows) {
      sum += static_cast<double>(x[row * channels + c]);
    }
    mean[c] = rows.empty() ? T(0) : static_cast<T>(sum / static_cast<double>(rows.size()));
  }
}

#define YATES_INSTANTIATE(T)                                                 \
  template void token_norms_reference<T>(                                    \
      std::int64_t, std::int64_t, const SequenceView<const T>&, T*);         \
  template void select_tokens_reference<T>(                                  \
      std::span<const T>, std::span<std::int32_t>, std::span<std::int32_t>); \
  template void mean_of_rows_reference<T>(const T*, std::int64_t, std::span<const std::int32_t>, T*)
YATES_INSTANTIATE(float);
YATES_INSTANTIATE(double);
#undef YATES_INSTANTIATE

}  // namespace yates::kernels
