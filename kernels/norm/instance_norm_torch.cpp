// SPDX-License-Identifier: Apache-2.0
#include "kernels/norm/instance_norm_torch.hpp"

#include <optional>

#include <ATen/ops/add.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/empty_like.h>
#include <ATen/ops/instance_norm.h>
#include <ATen/ops/leaky_relu.h>
#include <ATen/ops/relu.h>
#include <c10/util/Exception.h>
#include <torch/csrc/autograd/custom_function.h>

#include "kernels/norm/instance_norm_cpu.hpp"
#include "kernels/norm/instance_norm_reference.hpp"
#include "kernels/simd/parallel_torch.hpp"

namespace yates::kernels {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

at::MemoryFormat format_of(const at::Tensor& x) {
  return x.is_contiguous() ? at::MemoryFormat::Contiguous : x.suggest_memory_format();
}

InstanceNormShape shape_of(const at::Tensor& x,
                           const at::Tensor& residual,
                           const InstanceNormOptions& options) {
  return {.batch = x.size(0),
          .channels = x.size(1),
          .voxels = x.size(2) * x.size(3) * x.size(4),
          .layout = x.is_contiguous() ? VolumeLayout::ChannelsFirst : VolumeLayout::ChannelsLast,
          .residual = !residual.defined()          ? Residual::None
                      : options.normalise_residual ? Residual::Normalised
                                                   : Residual::Plain,
          .negative_slope = options.negative_slope,
          .epsilon = options.epsilon};
}

template <typename T>
const T* read(const at::Tensor& tensor) {
  return tensor.defined() ? tensor.const_data_ptr<T>() : nullptr;
}

template <typename T>
T* write(const at::Tensor& tensor) {
  return tensor.defined() ? tensor.mutable_data_ptr<T>() : nullptr;
}

/// `moments` (2, batch * channel), or undefined.
InstanceNormMoments moments_in(const at::Tensor& moments) {
  if (!moments.defined()) {
    return {};
  }
  auto* first = moments.mutable_data_ptr<float>();
  return {.mean = first, .factor = first + moments.size(1)};
}

class InstanceNorm : public torch::autograd::Function<InstanceNorm> {
 public:
  static at::Tensor forward(AutogradContext* context,
                            const at::Tensor& given_x,
                            const std::optional<at::Tensor>& given_residual,
                            const InstanceNormOptions& options) {
    const at::MemoryFormat format = format_of(given_x);
    const at::Tensor x = given_x.contiguous(format);
    const at::Tensor residual = given_residual ? given_residual->contiguous(format) : at::Tensor();
    const InstanceNormShape shape = shape_of(x, residual, options);
    const bool both = shape.residual == Residual::Normalised;
    at::Tensor y = at::empty_like(x);
    at::Tensor moments;
    at::Tensor residual_moments;
    if (x.scalar_type() == at::kFloat) {
      moments = at::empty({2, shape.batch * shape.channels}, x.options());
      residual_moments = both ? at::empty_like(moments) : at::Tensor();
      instance_norm_forward_cpu(shape,
                                {read<float>(x), read<float>(residual)},
                                write<float>(y),
                                moments_in(moments),
                                moments_in(residual_moments),
                                run_on_torch_threads);
    } else {
      instance_norm_reference<double>(
          shape, {read<double>(x), read<double>(residual)}, write<double>(y));
    }
    const bool keeps_residual = both || !moments.defined();
    context->save_for_backward({x,
                                keeps_residual ? residual : at::Tensor(),
                                residual.defined() ? y : at::Tensor(),
                                moments,
                                residual_moments});
    context->saved_data["residual"] = static_cast<std::int64_t>(shape.residual);
    context->saved_data["negative_slope"] = options.negative_slope;
    context->saved_data["epsilon"] = options.epsilon;
    return y;
  }

  static variable_list backward(AutogradContext* context, const variable_list& grad_outputs) {
    const variable_list saved = context->get_saved_variables();
    const at::Tensor& x = saved[0];
    const at::Tensor& moments = saved[3];
    InstanceNormShape shape = shape_of(x, {}, {});
    shape.residual = static_cast<Residual>(context->saved_data["residual"].toInt());
    shape.negative_slope = context->saved_data["negative_slope"].toDouble();
    shape.epsilon = context->saved_data["epsilon"].toDouble();
    const at::Tensor grad_y = grad_outputs[0].contiguous(format_of(x));
    const at::Tensor grad_x = at::empty_like(x);
    const at::Tensor grad_residual =
        shape.residual == Residual::None ? at::Tensor() : at::empty_like(x);
    if (moments.defined()) {
      instance_norm_backward_cpu(shape,
                                 {.inputs = {read<float>(x), read<float>(saved[1])},
                                  .y = read<float>(saved[2]),
                                  .moments = moments_in(moments),
                                  .residual_moments = moments_in(saved[4])},
                                 read<float>(grad_y),
                                 {write<float>(grad_x), write<float>(grad_residual)},
                                 run_on_torch_threads);
    } else {
      instance_norm_backward_reference<double>(
          shape,
          {read<double>(x), read<double>(saved[1])},
          read<double>(grad_y),
          {write<double>(grad_x), write<double>(grad_residual)});
    }
    return {grad_x, grad_residual, at::Tensor()};
  }
};

/// The same by LibTorch's operators.
at::Tensor composed(const at::Tensor& x,
                    const at::Tensor& residual,
                    const InstanceNormOptions& options) {
  constexpr double kUnusedMomentum = 0.1;
  const auto normalised = [&](const at::Tensor& volume) {
    return at::instance_norm(volume, {}, {}, {}, {}, true, kUnusedMomentum, options.epsilon, false);
  };
  at::Tensor y = normalised(x);
  if (residual.defined()) {
    y = at::add(y, options.normalise_residual ? normalised(residual) : residual);
  }
  if (options.negative_slope == 0) {
    return at::relu(y);
  }
  return options.negative_slope == 1 ? y : at::leaky_relu(y, options.negative_slope);
}

}  // namespace

at::Tensor instance_norm(const at::Tensor& x,
                         const at::Tensor& residual,
                         const InstanceNormOptions& options) {
  TORCH_CHECK(x.dim() == 5 && (!residual.defined() || (residual.sizes() == x.sizes() &&
                                                       residual.scalar_type() == x.scalar_type() &&
                                                       residual.device() == x.device())),
              "instance_norm: x is ",
              x.sizes(),
              " of type ",
              x.scalar_type(),
              ", the residual does not fit or x has not five axes");
  const bool known = x.scalar_type() == at::kFloat || x.scalar_type() == at::kDouble;
  if (!x.device().is_cpu() || !known) {
    return composed(x, residual, options);
  }
  // apply() refuses undefined tensors.
  return InstanceNorm::apply(
      x, residual.defined() ? std::optional<at::Tensor>(residual) : std::nullopt, options);
}

}  // namespace yates::kernels
