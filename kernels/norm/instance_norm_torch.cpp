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

#include "kernels/device/operator_table_torch.hpp"
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

void run_forward(const InstanceNormShape& shape, const InstanceNormTensors& t) {
  if (const OperatorTable* device = device_volume_operators(t.x)) {
    device->instance_norm_forward(shape, t);
  } else if (t.x.scalar_type() == at::kFloat) {
    instance_norm_forward_cpu(shape,
                              {read<float>(t.x), read<float>(t.residual)},
                              write<float>(t.y),
                              pointers_of(t.moments),
                              pointers_of(t.residual_moments),
                              run_on_torch_threads);
  } else {
    instance_norm_reference<double>(
        shape, {read<double>(t.x), read<double>(t.residual)}, write<double>(t.y));
  }
}

void run_backward(const InstanceNormShape& shape,
                  const InstanceNormTensors& t,
                  const InstanceNormTensorGradients& g) {
  if (const OperatorTable* device = device_volume_operators(t.x)) {
    device->instance_norm_backward(shape, t, g);
  } else if (t.x.scalar_type() == at::kFloat) {
    instance_norm_backward_cpu(shape,
                               {.inputs = {read<float>(t.x), read<float>(t.residual)},
                                .y = read<float>(t.y),
                                .moments = pointers_of(t.moments),
                                .residual_moments = pointers_of(t.residual_moments)},
                               read<float>(g.y),
                               {write<float>(g.x), write<float>(g.residual)},
                               run_on_torch_threads);
  } else {
    instance_norm_backward_reference<double>(shape,
                                             {read<double>(t.x), read<double>(t.residual)},
                                             read<double>(g.y),
                                             {write<double>(g.x), write<double>(g.residual)});
  }
}

class InstanceNorm : public torch::autograd::Function<InstanceNorm> {
 public:
  static at::Tensor forward(AutogradContext* context,
                            const at::Tensor& given_x,
                            const std::optional<at::Tensor>& given_residual,
                            const InstanceNormOptions& options) {
    const at::MemoryFormat format = format_of(given_x);
    InstanceNormTensors t;
    t.x = given_x.contiguous(format);
    t.residual = given_residual ? given_residual->contiguous(format) : at::Tensor();
    t.y = at::empty_like(t.x);
    const InstanceNormShape shape = shape_of(t.x, t.residual, options);
    const bool both = shape.residual == Residual::Normalised;
    // The reference, in float64, keeps none.
    const bool has_moments = t.x.scalar_type() != at::kDouble;
    if (has_moments) {
      t.moments = at::empty({2, shape.batch * shape.channels}, t.x.options().dtype(at::kFloat));
      t.residual_moments = both ? at::empty_like(t.moments) : at::Tensor();
    }
    run_forward(shape, t);
    const bool keeps_residual = both || !has_moments;
    context->save_for_backward({t.x,
                                keeps_residual ? t.residual : at::Tensor(),
                                t.residual.defined() ? t.y : at::Tensor(),
                                t.moments,
                                t.residual_moments});
    context->saved_data["residual"] = static_cast<std::int64_t>(shape.residual);
    context->saved_data["negative_slope"] = options.negative_slope;
    context->saved_data["epsilon"] = options.epsilon;
    return t.y;
  }

  static variable_list backward(AutogradContext* context, const variable_list& grad_outputs) {
    const variable_list saved = context->get_saved_variables();
    const InstanceNormTensors t{saved[0], saved[1], saved[2], saved[3], saved[4]};
    InstanceNormShape shape = shape_of(t.x, {}, {});
    shape.residual = static_cast<Residual>(context->saved_data["residual"].toInt());
    shape.negative_slope = context->saved_data["negative_slope"].toDouble();
    shape.epsilon = context->saved_data["epsilon"].toDouble();
    const InstanceNormTensorGradients g{
        .y = grad_outputs[0].contiguous(format_of(t.x)),
        .x = at::empty_like(t.x),
        .residual = shape.residual == Residual::None ? at::Tensor() : at::empty_like(t.x)};
    run_backward(shape, t, g);
    return {g.x, g.residual, at::Tensor()};
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

InstanceNormMoments pointers_of(const at::Tensor& moments) {
  if (!moments.defined()) {
    return {};
  }
  auto* first = moments.mutable_data_ptr<float>();
  return {.mean = first, .factor = first + moments.size(1)};
}

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
  if (device_volume_operators(x) == nullptr && !(x.device().is_cpu() && known)) {
    return composed(x, residual, options);
  }
  // apply() refuses undefined tensors.
  return InstanceNorm::apply(
      x, residual.defined() ? std::optional<at::Tensor>(residual) : std::nullopt, options);
}

}  // namespace yates::kernels
