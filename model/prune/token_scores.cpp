// SPDX-License-Identifier: Apache-2.0
#include "model/prune/token_scores.hpp"

#include <algorithm>
#include <cmath>

#include <ATen/TensorOperators.h>
#include <ATen/ops/amax.h>
#include <ATen/ops/amin.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/linalg_vector_norm.h>
#include <ATen/ops/where.h>
#include <ATen/ops/zeros_like.h>
#include <c10/core/GradMode.h>

#include "base/error.hpp"
#include "base/random.hpp"
#include "kernels/device/operator_table_torch.hpp"

namespace yates::model {
namespace {

/// Place of token i of n on an axis from -1 to 1.
double axis_place(std::int64_t i, std::int64_t n) {
  return n == 1 ? 0.0 : 2.0 * static_cast<double>(i) / static_cast<double>(n - 1) - 1.0;
}

}  // namespace

at::Tensor min_max(const at::Tensor& x) {
  const at::Tensor low = at::amin(x, {1}, true);
  const at::Tensor range = at::amax(x, {1}, true) - low;
  // Divided by 1 where all are equal: a gradient through the branch not taken would be NaN.
  const at::Tensor equal = range == 0;
  const at::Tensor scaled = (x - low) / at::where(equal, 1.0, range);
  return at::where(equal, at::zeros_like(x), scaled);
}

at::Tensor energy_map(const at::Tensor& tokens) {
  const kernels::OperatorTable* device = kernels::device_operators(tokens);
  if (device != nullptr && !(c10::GradMode::is_enabled() && tokens.requires_grad())) {
    return min_max(device->token_norms(tokens));
  }
  return min_max(at::linalg_vector_norm(tokens, 2, at::IntArrayRef{2}));
}

at::Tensor energy_scores(const at::Tensor& tokens) {
  const c10::NoGradGuard no_grad;
  return energy_map(tokens);
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
  return scores.to(tokens.options());
}

at::Tensor positional_prior(const TokenGrid& grid) {
  constexpr double kSpread = 0.5;
  at::Tensor prior = at::empty({grid[0] * grid[1] * grid[2]}, at::kDouble);
  auto* value = prior.mutable_data_ptr<double>();
  for (std::int64_t d = 0; d < grid[0]; ++d) {
    for (std::int64_t h = 0; h < grid[1]; ++h) {
      for (std::int64_t w = 0; w < grid[2]; ++w) {
        const double z = axis_place(d, grid[0]);
        const double y = axis_place(h, grid[1]);
        const double x = axis_place(w, grid[2]);
        *value++ = std::exp(-(z * z + y * y + x * x) / kSpread);
      }
    }
  }
  return prior;
}

at::Tensor fused_scores(const std::string& scorer,
                        const at::Tensor& tokens,
                        const at::Tensor& foreground,
                        const TokenGrid& grid) {
  const c10::NoGradGuard no_grad;
  if (scorer == "l2" || scorer == "r0") {
    return energy_map(tokens);
  }
  YATES_ASSERT(foreground.defined(), "the scorer {} without a foreground head", scorer);
  const at::Tensor f = min_max(foreground);
  if (scorer == "fce" || scorer == "r1") {
    return f;
  }
  if (scorer == "r4") {
    return f * energy_map(tokens);
  }
  const at::Tensor prior = positional_prior(grid).to(tokens.device()).unsqueeze(0);
  const at::Tensor p = min_max(prior).to(tokens.scalar_type());
  if (scorer == "r2") {
    return f * p;
  }
  if (scorer == "r3") {
    return f * p * energy_map(tokens);
  }
  YATES_ASSERT(scorer == "r5", "scorer {}", scorer);
  return (energy_map(tokens) + f + p) / 3.0;
}

}  // namespace yates::model
