// SPDX-License-Identifier: Apache-2.0
#include "kernels/cuda/cuda_operators_torch.hpp"

#include "kernels/loss/voxel_cross_entropy_cuda_torch.hpp"
#include "kernels/norm/instance_norm_cuda_torch.hpp"
#include "kernels/optim/sgd_cuda_torch.hpp"
#include "kernels/prune/neighbor_restore_cuda_torch.hpp"
#include "kernels/prune/token_prune_cuda_torch.hpp"
#include "kernels/scan/mixer_cuda_torch.hpp"
#include "kernels/squeeze/squeeze_excite_cuda_torch.hpp"

namespace yates::kernels {

const OperatorTable& cuda_operators() {
  static const OperatorTable table{.instance_norm_forward = instance_norm_forward_device,
                                   .instance_norm_backward = instance_norm_backward_device,
                                   .squeeze_excite_forward = squeeze_excite_forward_device,
                                   .squeeze_excite_backward = squeeze_excite_backward_device,
                                   .voxel_cross_entropy = voxel_cross_entropy_device,
                                   .gradient_norm = gradient_norm_device,
                                   .sgd_update = sgd_update_device,
                                   .mixer_forward = mixer_forward_device,
                                   .mixer_backward = mixer_backward_device,
                                   .token_norms = token_norms_device,
                                   .select_tokens = select_tokens_device,
                                   .compact_orders = compact_orders_device,
                                   .pool_tokens = pool_tokens_device,
                                   .unpool_tokens = unpool_tokens_device,
                                   .restore_neighbors = restore_neighbors_device};
  return table;
}

}  // namespace yates::kernels
