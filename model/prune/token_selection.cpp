// SPDX-License-Identifier: Apache-2.0
#include "model/prune/token_selection.hpp"

#include <cstdint>
#include <span>

#include <ATen/ops/empty.h>

#include "kernels/prune/token_prune_cpu.hpp"
#include "kernels/prune/token_prune_reference.hpp"
#include "model/kept_tokens.hpp"

namespace yates::model {
namespace {

using Indices = std::span<std::int32_t>;

void select(std::span<const float> scores, Indices kept, Indices dropped) {
  kernels::select_tokens_cpu(scores, kept, dropped);
}

void select(std::span<const double> scores, Indices kept, Indices dropped) {
  kernels::select_tokens_reference(scores, kept, dropped);
}

template <typename T>
void select_samples(const at::Tensor& scores, const at::Tensor& kept, const at::Tensor& dropped) {
  const auto row = [](auto* data, std::int64_t sample, std::int64_t length) {
    return std::span(data + sample * length, static_cast<std::size_t>(length));
  };
  for (std::int64_t sample = 0; sample < scores.size(0); ++sample) {
    select(row(scores.const_data_ptr<T>(), sample, scores.size(1)),
           row(kept.mutable_data_ptr<std::int32_t>(), sample, kept.size(1)),
           row(dropped.mutable_data_ptr<std::int32_t>(), sample, dropped.size(1)));
  }
}

}  // namespace

TokenSelection select_tokens(const at::Tensor& scores, double keep_rate) {
  const at::Tensor values = scores.to(at::kCPU).contiguous();
  const std::int64_t batch = values.size(0);
  const std::int64_t length = values.size(1);
  const std::int64_t count = kept_tokens(keep_rate, length);
  const at::Tensor kept = at::empty({batch, count}, at::kInt);
  const at::Tensor dropped = at::empty({batch, length - count}, at::kInt);
  if (values.scalar_type() == at::kDouble) {
    select_samples<double>(values, kept, dropped);
  } else {
    select_samples<float>(values.to(at::kFloat), kept, dropped);
  }
  return {.kept = kept.to(at::kLong), .dropped = dropped.to(at::kLong)};
}

}  // namespace yates::model
