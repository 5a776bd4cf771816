// SPDX-License-Identifier: Apache-2.0
#include "model/prune/row_permutation.hpp"

#include <ATen/TensorOperators.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/empty_like.h>
#include <ATen/ops/index_select.h>
#include <torch/csrc/autograd/custom_function.h>

namespace yates::model {
namespace {

/// Gathers rows over the flattened (batch * row) axis.
at::Tensor gather_rows(const at::Tensor& x, const at::Tensor& order) {
  const std::int64_t batch = x.size(0);
  const std::int64_t rows = x.size(1);
  const at::Tensor offsets = at::arange(batch, order.options()).mul_(rows).view({batch, 1});
  const at::Tensor flat_order = (order + offsets).view({-1});
  return at::index_select(x.reshape({batch * rows, x.size(2)}), 0, flat_order).view_as(x);
}

struct PermuteRows : torch::autograd::Function<PermuteRows> {
  static at::Tensor forward(torch::autograd::AutogradContext* context,
                            const at::Tensor& x,
                            const at::Tensor& order) {
    context->save_for_backward({order});
    return gather_rows(x, order);
  }

  static torch::autograd::variable_list backward(torch::autograd::AutogradContext* context,
                                                 const torch::autograd::variable_list& gradients) {
    const at::Tensor order = context->get_saved_variables()[0];
    return {gather_rows(gradients[0], inverse_permutation(order)), at::Tensor()};
  }
};

}  // namespace

at::Tensor permute_rows(const at::Tensor& x, const at::Tensor& order) {
  return PermuteRows::apply(x, order);
}

at::Tensor inverse_permutation(const at::Tensor& order) {
  const at::Tensor source = order.contiguous();
  at::Tensor inverse = at::empty_like(source);
  const auto* from = source.const_data_ptr<std::int64_t>();
  auto* to = inverse.mutable_data_ptr<std::int64_t>();
  const std::int64_t rows = order.size(1);
  for (std::int64_t i = 0; i < order.numel(); ++i) {
    to[(i / rows) * rows + from[i]] = i % rows;
  }
  return inverse;
}

}  // namespace yates::model
