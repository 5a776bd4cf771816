// SPDX-License-Identifier: Apache-2.0
#include "kernels/cuda/cuda_operators_torch.hpp"

#include "kernels/prune/token_prune_cuda_torch.hpp"
#include "kernels/scan/ordered_mixer_cuda_torch.hpp"

namespace yates::kernels {
namespace {

at::Tensor ordered_mixer_on_stream(const at::Tensor& xz,
                                   const MixerWeights& weights,
                                   const at::Tensor& orders) {
  return ordered_mixer_cuda(xz, weights, orders, current_stream(xz));
}

}  // namespace

const OperatorTable& cuda_operators() {
  static const OperatorTable table{.ordered_mixer = ordered_mixer_on_stream,
                                   .token_norms = token_norms_device,
                                   .select_tokens = select_tokens_device,
                                   .compact_orders = compact_orders_device,
                                   .pool_tokens = pool_tokens_device,
                                   .unpool_tokens = unpool_tokens_device};
  return table;
}

}  // namespace yates::kernels
