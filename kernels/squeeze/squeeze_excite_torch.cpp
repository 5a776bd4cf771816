// SPDX-License-Identifier: Apache-2.0
#include "kernels/squeeze/squeeze_excite_torch.hpp"

#include <optional>

#include <ATen/TensorOperators.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/empty_like.h>
#include <ATen/ops/linear.h>
#include <ATen/ops/mean.h>
#include <ATen/ops/relu.h>
#include <ATen/ops/sigmoid.h>
#include <ATen/ops/zeros_like.h>
#include <c10/util/Exception.h>
#include <torch/csrc/autograd/custom_function.h>

#include "kernels/device/operator_table_torch.hpp"
#include "kernels/simd/parallel_torch.hpp"
#include "kernels/squeeze/squeeze_excite_cpu.hpp"
#include "kernels/squeeze/squeeze_excite_reference.hpp"

namespace yates::kernels {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

at::MemoryFormat format_of(const at::Tensor& x) {
  return x.is_contiguous() ? at::MemoryFormat::Contiguous : x.suggest_memory_format();
}

SqueezeExciteShape shape_of(const at::Tensor& x, const at::Tensor& bias1, int terms) {
  return {.batch = x.size(0),
          .channels = x.size(1),
          .hidden = bias1.size(0),
          .voxels = x.size(2) * x.size(3) * x.size(4),
          .layout = x.is_contiguous() ? VolumeLayout::ChannelsFirst : VolumeLayout::ChannelsLast,
          .terms = terms};
}

void run_forward(const SqueezeExciteShape& shape, const SqueezeExciteTensors& t) {
  if (const OperatorTable* device = device_volume_operators(t.y)) {
    device->squeeze_excite_forward(shape, t);
  } else if (t.y.scalar_type() == at::kFloat) {
    squeeze_excite_forward_cpu(shape,
                               inputs_of<float>(t),
                               kept_of<float>(t),
                               t.y.mutable_data_ptr<float>(),
                               run_on_torch_threads);
  } else {
    squeeze_excite_reference(
        shape, inputs_of<double>(t), kept_of<double>(t), t.y.mutable_data_ptr<double>());
  }
}

void run_backward(const SqueezeExciteShape& shape,
                  const SqueezeExciteTensors& t,
                  const SqueezeExciteTensorGradients& g) {
  if (const OperatorTable* device = device_volume_operators(t.sum)) {
    device->squeeze_excite_backward(shape, t, g);
  } else if (t.sum.scalar_type() == at::kFloat) {
    squeeze_excite_backward_cpu(shape,
                                inputs_of<float>(t),
                                kept_of<float>(t),
                                g.y.const_data_ptr<float>(),
                                gradients_of<float>(g),
                                run_on_torch_threads);
  } else {
    squeeze_excite_backward_reference(shape,
                                      inputs_of<double>(t),
                                      kept_of<double>(t),
                                      g.y.const_data_ptr<double>(),
                                      gradients_of<double>(g));
  }
}

class SqueezeExcite : public torch::autograd::Function<SqueezeExcite> {
 public:
  static at::Tensor forward(AutogradContext* context,
                            const at::Tensor& first,
                            const std::optional<at::Tensor>& second,
                            const std::optional<at::Tensor>& third,
                            const at::Tensor& weight1,
                            const at::Tensor& bias1,
                            const at::Tensor& weight2,
                            const at::Tensor& bias2) {
    const at::MemoryFormat format = format_of(first);
    SqueezeExciteTensors t;
    t.terms = {first.contiguous(format)};
    for (const std::optional<at::Tensor>& term : {second, third}) {
      if (term) {
        t.terms.push_back(term->contiguous(format));
      }
    }
    t.weights = {
        weight1.contiguous(), bias1.contiguous(), weight2.contiguous(), bias2.contiguous()};
    const SqueezeExciteShape shape = shape_of(t.terms[0], bias1, static_cast<int>(t.terms.size()));
    const auto options = weight1.options();
    t.sum = t.terms.size() == 1 ? t.terms[0] : at::empty_like(t.terms[0]);
    t.means = at::empty({shape.batch, shape.channels}, options);
    t.hidden = at::empty({shape.batch, shape.hidden}, options);
    t.gates = at::empty({shape.batch, shape.channels}, options);
    t.y = at::empty_like(t.terms[0]);
    run_forward(shape, t);
    context->saved_data["terms"] = static_cast<std::int64_t>(t.terms.size());
    context->save_for_backward({t.sum,
                                t.means,
                                t.hidden,
                                t.gates,
                                t.weights.weight1,
                                t.weights.bias1,
                                t.weights.weight2,
                                t.weights.bias2});
    return t.y;
  }

  static variable_list backward(AutogradContext* context, const variable_list& grad_outputs) {
    const variable_list saved = context->get_saved_variables();
    // The sum is all that is read of the volumes.
    const SqueezeExciteTensors t{.terms = {saved[0]},
                                 .weights = {saved[4], saved[5], saved[6], saved[7]},
                                 .sum = saved[0],
                                 .means = saved[1],
                                 .hidden = saved[2],
                                 .gates = saved[3],
                                 .y = {}};
    const SqueezeExciteTensorGradients g{.y = grad_outputs[0].contiguous(format_of(t.sum)),
                                         .term = at::empty_like(t.sum),
                                         .weights = {at::zeros_like(saved[4]),
                                                     at::zeros_like(saved[5]),
                                                     at::zeros_like(saved[6]),
                                                     at::zeros_like(saved[7])}};
    run_backward(shape_of(t.sum, t.weights.bias1, 1), t, g);
    const std::int64_t terms = context->saved_data["terms"].toInt();
    return {g.term,
            terms > 1 ? g.term : at::Tensor(),
            terms > 2 ? g.term : at::Tensor(),
            g.weights.weight1,
            g.weights.bias1,
            g.weights.weight2,
            g.weights.bias2};
  }
};

/// The same by LibTorch's operators; the dense part in the type of the weights.
at::Tensor composed(const std::vector<at::Tensor>& terms, const SqueezeExciteParameters& w) {
  at::Tensor sum = terms[0];
  for (std::size_t i = 1; i < terms.size(); ++i) {
    sum = sum + terms[i];
  }
  const at::Tensor means = at::mean(sum, {2, 3, 4}).to(w.weight1.scalar_type());
  const at::Tensor hidden = at::relu(at::linear(means, w.weight1, w.bias1));
  const at::Tensor gates = at::sigmoid(at::linear(hidden, w.weight2, w.bias2));
  return sum * gates.to(sum.scalar_type()).view({sum.size(0), sum.size(1), 1, 1, 1});
}

void check(const std::vector<at::Tensor>& terms, const SqueezeExciteParameters& w) {
  TORCH_CHECK(!terms.empty() && terms.size() <= kMostTerms,
              "squeeze_excite: ",
              terms.size(),
              " terms, expected 1 to 3");
  for (const at::Tensor& term : terms) {
    TORCH_CHECK(term.dim() == 5 && term.sizes() == terms[0].sizes() &&
                    term.scalar_type() == terms[0].scalar_type() &&
                    term.device() == terms[0].device(),
                "squeeze_excite: a term is ",
                term.sizes(),
                ", expected five axes and that all terms are alike");
  }
  const std::int64_t channels = terms[0].size(1);
  TORCH_CHECK(w.weight1.dim() == 2 && w.weight1.size(1) == channels &&
                  w.bias1.sizes() == w.weight1.sizes().slice(0, 1) && w.weight2.dim() == 2 &&
                  w.weight2.size(0) == channels && w.weight2.size(1) == w.weight1.size(0) &&
                  w.bias2.numel() == channels,
              "squeeze_excite: weights are ",
              w.weight1.sizes(),
              " and ",
              w.weight2.sizes(),
              " for ",
              channels,
              " channels");
}

/// Weights of float16 have no kernel anywhere, and only a device has one for narrow volumes.
bool has_kernel(const at::Tensor& term, const SqueezeExciteParameters& w) {
  const at::ScalarType type = term.scalar_type();
  if (device_volume_operators(term) != nullptr) {
    return w.weight1.scalar_type() == at::kFloat;
  }
  return term.is_cpu() && (type == at::kFloat || type == at::kDouble) &&
         w.weight1.scalar_type() == type;
}

}  // namespace

at::Tensor squeeze_excite(const std::vector<at::Tensor>& terms, const SqueezeExciteParameters& w) {
  check(terms, w);
  if (!has_kernel(terms[0], w)) {
    return composed(terms, w);
  }
  const auto term = [&terms](std::size_t i) {
    return i < terms.size() ? std::optional<at::Tensor>(terms[i]) : std::nullopt;
  };
  return SqueezeExcite::apply(terms[0], term(1), term(2), w.weight1, w.bias1, w.weight2, w.bias2);
}

}  // namespace yates::kernels
