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

template <typename T>
SqueezeExciteInputs<T> inputs_of(const std::vector<at::Tensor>& terms,
                                 const SqueezeExciteParameters& w) {
  SqueezeExciteInputs<T> inputs{.weights = {.weight1 = w.weight1.const_data_ptr<T>(),
                                            .bias1 = w.bias1.const_data_ptr<T>(),
                                            .weight2 = w.weight2.const_data_ptr<T>(),
                                            .bias2 = w.bias2.const_data_ptr<T>()}};
  for (std::size_t i = 0; i < terms.size(); ++i) {
    inputs.terms[i] = terms[i].const_data_ptr<T>();
  }
  return inputs;
}

/// What is kept, and the gradients, as tensors.
struct Kept {
  at::Tensor sum, means, hidden, gates;

  template <typename T>
  [[nodiscard]] SqueezeExciteKept<T> pointers() const {
    return {.sum = sum.mutable_data_ptr<T>(),
            .means = means.mutable_data_ptr<T>(),
            .hidden = hidden.mutable_data_ptr<T>(),
            .gates = gates.mutable_data_ptr<T>()};
  }
};

template <typename T>
SqueezeExciteGradients<T> pointers(const at::Tensor& term, const SqueezeExciteParameters& w) {
  return {.term = term.mutable_data_ptr<T>(),
          .weight1 = w.weight1.mutable_data_ptr<T>(),
          .bias1 = w.bias1.mutable_data_ptr<T>(),
          .weight2 = w.weight2.mutable_data_ptr<T>(),
          .bias2 = w.bias2.mutable_data_ptr<T>()};
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
    std::vector<at::Tensor> terms = {first.contiguous(format)};
    for (const std::optional<at::Tensor>& term : {second, third}) {
      if (term) {
        terms.push_back(term->contiguous(format));
      }
    }
    const SqueezeExciteParameters weights{
        weight1.contiguous(), bias1.contiguous(), weight2.contiguous(), bias2.contiguous()};
    const SqueezeExciteShape shape = shape_of(terms[0], bias1, static_cast<int>(terms.size()));
    const auto options = first.options();
    const Kept kept{.sum = terms.size() == 1 ? terms[0] : at::empty_like(terms[0]),
                    .means = at::empty({shape.batch, shape.channels}, options),
                    .hidden = at::empty({shape.batch, shape.hidden}, options),
                    .gates = at::empty({shape.batch, shape.channels}, options)};
    at::Tensor y = at::empty_like(terms[0]);
    if (first.scalar_type() == at::kFloat) {
      squeeze_excite_forward_cpu(shape,
                                 inputs_of<float>(terms, weights),
                                 kept.pointers<float>(),
                                 y.mutable_data_ptr<float>(),
                                 run_on_torch_threads);
    } else {
      squeeze_excite_reference(shape,
                               inputs_of<double>(terms, weights),
                               kept.pointers<double>(),
                               y.mutable_data_ptr<double>());
    }
    context->saved_data["terms"] = static_cast<std::int64_t>(terms.size());
    context->save_for_backward({kept.sum,
                                kept.means,
                                kept.hidden,
                                kept.gates,
                                weights.weight1,
                                weights.bias1,
                                weights.weight2,
                                weights.bias2});
    return y;
  }

  static variable_list backward(AutogradContext* context, const variable_list& grad_outputs) {
    const variable_list saved = context->get_saved_variables();
    const Kept kept{saved[0], saved[1], saved[2], saved[3]};
    const SqueezeExciteParameters weights{saved[4], saved[5], saved[6], saved[7]};
    const SqueezeExciteParameters grads{at::zeros_like(saved[4]),
                                        at::zeros_like(saved[5]),
                                        at::zeros_like(saved[6]),
                                        at::zeros_like(saved[7])};
    // The sum is all that is read of the volumes.
    const SqueezeExciteShape shape = shape_of(kept.sum, weights.bias1, 1);
    const at::Tensor grad_y = grad_outputs[0].contiguous(format_of(kept.sum));
    const at::Tensor grad = at::empty_like(kept.sum);
    if (kept.sum.scalar_type() == at::kFloat) {
      squeeze_excite_backward_cpu(shape,
                                  inputs_of<float>({kept.sum}, weights),
                                  kept.pointers<float>(),
                                  grad_y.const_data_ptr<float>(),
                                  pointers<float>(grad, grads),
                                  run_on_torch_threads);
    } else {
      squeeze_excite_backward_reference(shape,
                                        inputs_of<double>({kept.sum}, weights),
                                        kept.pointers<double>(),
                                        grad_y.const_data_ptr<double>(),
                                        pointers<double>(grad, grads));
    }
    const std::int64_t terms = context->saved_data["terms"].toInt();
    return {grad,
            terms > 1 ? grad : at::Tensor(),
            terms > 2 ? grad : at::Tensor(),
            grads.weight1,
            grads.bias1,
            grads.weight2,
            grads.bias2};
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

}  // namespace

at::Tensor squeeze_excite(const std::vector<at::Tensor>& terms, const SqueezeExciteParameters& w) {
  check(terms, w);
  const at::ScalarType type = terms[0].scalar_type();
  if (!terms[0].device().is_cpu() || (type != at::kFloat && type != at::kDouble)) {
    return composed(terms, w);
  }
  const auto term = [&terms](std::size_t i) {
    return i < terms.size() ? std::optional<at::Tensor>(terms[i]) : std::nullopt;
  };
  return SqueezeExcite::apply(terms[0], term(1), term(2), w.weight1, w.bias1, w.weight2, w.bias2);
}

}  // namespace yates::kernels
