// SPDX-License-Identifier: Apache-2.0
#include "kernels/loss/voxel_cross_entropy_torch.hpp"

#include <algorithm>

#include <ATen/core/grad_mode.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/empty_like.h>
#include <ATen/ops/mul.h>
#include <ATen/ops/scalar_tensor.h>
#include <c10/util/Exception.h>
#include <torch/csrc/autograd/custom_function.h>

#include "kernels/device/operator_table_torch.hpp"
#include "kernels/loss/voxel_cross_entropy_composed_torch.hpp"
#include "kernels/loss/voxel_cross_entropy_cpu.hpp"
#include "kernels/loss/voxel_cross_entropy_reference.hpp"
#include "kernels/simd/parallel_torch.hpp"

namespace yates::kernels {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

template <typename T>
CrossEntropyInputs<T> inputs_of(const at::Tensor& logits, const at::Tensor& labels) {
  return {.logits = logits.const_data_ptr<T>(), .labels = labels.const_data_ptr<std::int64_t>()};
}

/// The loss; its gradient is written where that is defined. Both contiguous.
at::Tensor loss_of(const at::Tensor& logits, const at::Tensor& labels, const at::Tensor& gradient) {
  if (const OperatorTable* device = device_operators(logits)) {
    return device->voxel_cross_entropy(logits, labels, gradient);
  }
  const CrossEntropyShape shape = cross_entropy_shape(logits, labels);
  double loss = 0;
  if (logits.scalar_type() == at::kFloat) {
    loss =
        voxel_cross_entropy_cpu(shape,
                                inputs_of<float>(logits, labels),
                                gradient.defined() ? gradient.mutable_data_ptr<float>() : nullptr,
                                run_on_torch_threads);
  } else {
    loss = voxel_cross_entropy_reference(
        shape,
        inputs_of<double>(logits, labels),
        gradient.defined() ? gradient.mutable_data_ptr<double>() : nullptr);
  }
  return at::scalar_tensor(loss, logits.options());
}

class VoxelCrossEntropy : public torch::autograd::Function<VoxelCrossEntropy> {
 public:
  static at::Tensor forward(AutogradContext* context,
                            const at::Tensor& given_logits,
                            const at::Tensor& labels,
                            bool keep) {
    const at::Tensor logits = given_logits.contiguous();
    const at::Tensor gradient = keep ? at::empty_like(logits) : at::Tensor();
    const at::Tensor loss = loss_of(logits, labels.contiguous(), gradient);
    if (keep) {
      context->save_for_backward({gradient});
    }
    return loss;
  }

  static variable_list backward(AutogradContext* context, const variable_list& grad_outputs) {
    const at::Tensor gradient = context->get_saved_variables()[0];
    // Elsewhere, looking would wait for the device.
    const bool is_one = gradient.is_cpu() && grad_outputs[0].item<double>() == 1.0;
    return {is_one ? gradient : at::mul(gradient, grad_outputs[0]), at::Tensor(), at::Tensor()};
  }
};

}  // namespace

CrossEntropyShape cross_entropy_shape(const at::Tensor& logits, const at::Tensor& labels) {
  return {.batch = logits.size(0),
          .labels = logits.size(1),
          .voxels = labels.numel() / std::max<std::int64_t>(logits.size(0), 1)};
}

at::Tensor voxel_cross_entropy(const at::Tensor& logits, const at::Tensor& labels) {
  TORCH_CHECK(logits.scalar_type() == at::kFloat || logits.scalar_type() == at::kDouble,
              "cross_entropy: logits are ",
              logits.scalar_type());
  TORCH_CHECK(logits.dim() >= 2 && logits.size(1) >= 1 && labels.scalar_type() == at::kLong &&
                  labels.dim() == logits.dim() - 1 && labels.size(0) == logits.size(0) &&
                  labels.sizes().slice(1) == logits.sizes().slice(2) &&
                  labels.device() == logits.device(),
              "cross_entropy: logits are ",
              logits.sizes(),
              ", labels are ",
              labels.sizes(),
              " of type ",
              labels.scalar_type());
  if (!logits.is_cpu() && device_operators(logits) == nullptr) {
    return voxel_cross_entropy_composed(logits, labels);
  }
  return VoxelCrossEntropy::apply(
      logits, labels, at::GradMode::is_enabled() && logits.requires_grad());
}

}  // namespace yates::kernels
