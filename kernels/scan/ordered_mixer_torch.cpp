// SPDX-License-Identifier: Apache-2.0
#include "kernels/scan/ordered_mixer_torch.hpp"

#include <algorithm>

#include <ATen/core/grad_mode.h>
#include <c10/util/Exception.h>
#include <torch/csrc/autograd/custom_function.h>

#include "kernels/device/operator_table_torch.hpp"
#include "kernels/scan/mixer_cpu_torch.hpp"
#include "kernels/scan/ordered_mixer_composed_torch.hpp"

namespace yates::kernels {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

MixerForward run_forward(const MixerCall& call, bool keep) {
  const OperatorTable* device = device_operators(call.xz);
  return device != nullptr ? device->mixer_forward(call, keep) : mixer_forward_cpu(call, keep);
}

MixerGradients run_backward(const MixerCall& call,
                            const MixerKept& kept,
                            const at::Tensor& grad_y) {
  const OperatorTable* device = device_operators(call.xz);
  return device != nullptr ? device->mixer_backward(call, kept, grad_y)
                           : mixer_backward_cpu(call, kept, grad_y);
}

class OrderedMixer : public torch::autograd::Function<OrderedMixer> {
 public:
  static at::Tensor forward(AutogradContext* context,
                            const at::Tensor& xz,
                            const at::Tensor& conv_weight,
                            const at::Tensor& conv_bias,
                            const at::Tensor& x_proj,
                            const at::Tensor& dt_weight,
                            const at::Tensor& dt_bias,
                            const at::Tensor& A,
                            const at::Tensor& D,
                            const at::Tensor& orders,
                            bool keep) {
    const MixerCall call{xz.contiguous(),
                         {conv_weight.contiguous(),
                          conv_bias.contiguous(),
                          x_proj.contiguous(),
                          dt_weight.contiguous(),
                          dt_bias.contiguous(),
                          A.contiguous(),
                          D.contiguous()},
                         orders.contiguous()};
    const MixerForward result = run_forward(call, keep);
    const MixerWeights& w = call.weights;
    if (keep) {
      context->save_for_backward({call.xz,
                                  w.conv_weight,
                                  w.conv_bias,
                                  w.x_proj,
                                  w.dt_weight,
                                  w.dt_bias,
                                  w.A,
                                  w.D,
                                  call.orders,
                                  result.kept.sum,
                                  result.kept.features,
                                  result.kept.states});
    }
    return result.y;
  }

  static variable_list backward(AutogradContext* context, const variable_list& grad_outputs) {
    const variable_list s = context->get_saved_variables();
    const MixerCall call{s[0], {s[1], s[2], s[3], s[4], s[5], s[6], s[7]}, s[8]};
    const MixerGradients gradients =
        run_backward(call, {s[9], s[10], s[11]}, grad_outputs[0].contiguous());
    const MixerWeights& w = gradients.weights;
    return {gradients.xz,
            w.conv_weight,
            w.conv_bias,
            w.x_proj,
            w.dt_weight,
            w.dt_bias,
            w.A,
            w.D,
            at::Tensor(),
            at::Tensor()};
  }
};

void check_weights(const MixerWeights& w, const at::Tensor& xz) {
  TORCH_CHECK(w.A.dim() == 2 && w.dt_weight.dim() == 2,
              "ordered_mixer: A is ",
              w.A.sizes(),
              ", dt_weight is ",
              w.dt_weight.sizes(),
              ", expected matrices");
  const std::int64_t channels = w.A.size(0);
  const std::int64_t features = w.dt_weight.size(1) + 2 * w.A.size(1);
  TORCH_CHECK(w.dt_weight.size(0) == channels && w.conv_weight.size(0) == channels &&
                  w.conv_weight.numel() == channels * w.conv_weight.size(-1),
              "ordered_mixer: dt_weight is ",
              w.dt_weight.sizes(),
              ", conv_weight is ",
              w.conv_weight.sizes(),
              ", expected ",
              channels,
              " channels");
  TORCH_CHECK(w.x_proj.dim() == 2 && w.x_proj.size(0) == features && w.x_proj.size(1) == channels,
              "ordered_mixer: x_proj is ",
              w.x_proj.sizes(),
              ", expected [",
              features,
              ", ",
              channels,
              "]");
  for (const at::Tensor& vector : {w.conv_bias, w.dt_bias, w.D}) {
    TORCH_CHECK(vector.dim() == 1 && vector.size(0) == channels,
                "ordered_mixer: a vector is ",
                vector.sizes(),
                ", expected [",
                channels,
                "]");
  }
  for (const at::Tensor& weight :
       {w.conv_weight, w.conv_bias, w.x_proj, w.dt_weight, w.dt_bias, w.A, w.D}) {
    TORCH_CHECK(weight.scalar_type() == xz.scalar_type() && weight.device() == xz.device(),
                "ordered_mixer: all weights must have xz's type and lie where it lies");
  }
}

void check_orders(const at::Tensor& xz, const at::Tensor& orders) {
  TORCH_CHECK(orders.scalar_type() == at::kInt && (orders.dim() == 2 || orders.dim() == 3) &&
                  orders.size(-1) == xz.size(1) && orders.size(-2) > 0 &&
                  orders.device() == xz.device() &&
                  (orders.dim() == 2 || orders.size(0) == xz.size(0)),
              "ordered_mixer: orders is ",
              orders.sizes(),
              " of type ",
              orders.scalar_type(),
              ", expected int32 [order, ",
              xz.size(1),
              "] or [",
              xz.size(0),
              ", order, ",
              xz.size(1),
              "]");
}

/// Looks at the entries, and so waits for their device.
void check_rows(const at::Tensor& orders) {
  const at::Tensor all = orders.contiguous();
  const auto* first = all.const_data_ptr<std::int32_t>();
  const bool inside = std::all_of(first, first + all.numel(), [&](std::int32_t row) {
    return row >= 0 && row < orders.size(-1);
  });
  TORCH_CHECK(inside, "ordered_mixer: orders names a row outside 0 .. ", orders.size(-1) - 1);
}

void check(const at::Tensor& xz, const MixerWeights& weights, const at::Tensor& orders) {
  check_weights(weights, xz);
  TORCH_CHECK(xz.dim() == 3 && xz.size(2) == 2 * weights.A.size(0),
              "ordered_mixer: xz is ",
              xz.sizes(),
              ", expected [batch, token, ",
              2 * weights.A.size(0),
              "]");
  check_orders(xz, orders);
}

bool wants_gradients(const at::Tensor& xz, const MixerWeights& w) {
  bool wanted = xz.requires_grad();
  for (const at::Tensor& weight :
       {w.conv_weight, w.conv_bias, w.x_proj, w.dt_weight, w.dt_bias, w.A, w.D}) {
    wanted = wanted || weight.requires_grad();
  }
  return wanted && at::GradMode::is_enabled();
}

}  // namespace

at::Tensor ordered_mixer(const at::Tensor& xz,
                         const MixerWeights& weights,
                         const at::Tensor& orders) {
  const bool on_device = device_operators(xz) != nullptr;
  TORCH_CHECK(on_device || xz.is_cpu(), "ordered_mixer: no kernel for ", xz.device());
  check(xz, weights, orders);
  if (!on_device) {
    check_rows(orders);
  }
  if (xz.scalar_type() != at::kFloat) {
    return ordered_mixer_composed(xz, weights, orders);
  }
  return OrderedMixer::apply(xz,
                             weights.conv_weight,
                             weights.conv_bias,
                             weights.x_proj,
                             weights.dt_weight,
                             weights.dt_bias,
                             weights.A,
                             weights.D,
                             orders,
                             wants_gradients(xz, weights));
}

}  // namespace yates::kernels
