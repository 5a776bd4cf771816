// SPDX-License-Identifier: Apache-2.0
#include "kernels/optim/sgd_torch.hpp"

#include <algorithm>
#include <cmath>
#include <vector>

#include <ATen/TensorOperators.h>
#include <ATen/ops/add.h>
#include <ATen/ops/mul.h>
#include <ATen/ops/scalar_tensor.h>
#include <ATen/ops/sum.h>
#include <c10/util/Exception.h>

#include "kernels/device/operator_table_torch.hpp"
#include "kernels/optim/sgd_cpu.hpp"
#include "kernels/optim/sgd_reference.hpp"
#include "kernels/simd/parallel_torch.hpp"

namespace yates::kernels {
namespace {

/// Pointers into triples on the CPU; gradients are made contiguous and kept as long as this.
template <typename T>
class Pointers {
 public:
  void add(const SgdTriple& triple) {
    gradients_.push_back(triple.gradient.defined() ? triple.gradient.contiguous()
                                                   : triple.gradient);
    const at::Tensor& gradient = gradients_.back();
    const auto data = [](const at::Tensor& tensor) {
      return tensor.defined() ? tensor.mutable_data_ptr<T>() : nullptr;
    };
    tensors_.push_back(
        {.parameter = data(triple.parameter),
         .gradient = gradient.defined() ? gradient.const_data_ptr<T>() : nullptr,
         .velocity = data(triple.velocity),
         .count = triple.parameter.defined() ? triple.parameter.numel() : gradient.numel()});
  }
  [[nodiscard]] std::span<const SgdTensor<T>> tensors() const { return tensors_; }

 private:
  std::vector<at::Tensor> gradients_;
  std::vector<SgdTensor<T>> tensors_;
};

/// The triples by where and how they are computed.
struct Sorted {
  Pointers<float> singles;
  Pointers<double> doubles;
  std::vector<SgdTriple> elsewhere;

  void add(const SgdTriple& triple, const at::Tensor& like) {
    if (!like.device().is_cpu()) {
      elsewhere.push_back(triple);
    } else if (like.scalar_type() == at::kFloat) {
      singles.add(triple);
    } else {
      TORCH_CHECK(like.scalar_type() == at::kDouble, "sgd: a tensor is ", like.scalar_type());
      doubles.add(triple);
    }
  }
};

void check(const SgdTriple& t) {
  TORCH_CHECK(
      t.parameter.is_contiguous() && t.velocity.is_contiguous() &&
          t.parameter.numel() == t.velocity.numel() &&
          t.parameter.scalar_type() == t.velocity.scalar_type() &&
          (!t.gradient.defined() || (t.gradient.numel() == t.parameter.numel() &&
                                     t.gradient.scalar_type() == t.parameter.scalar_type())),
      "sgd: a parameter of ",
      t.parameter.sizes(),
      " and its velocity or gradient are not alike");
}

/// The same by LibTorch's operators.
void update_composed(const SgdTriple& t, const SgdStep& step) {
  at::Tensor g = at::mul(t.parameter, step.weight_decay);
  if (t.gradient.defined()) {
    g.add_(t.gradient, step.gradient_scale);
  }
  at::Tensor velocity = t.velocity;
  velocity.mul_(step.momentum).add_(g);
  at::Tensor parameter = t.parameter;
  parameter.sub_(g.add_(velocity, step.momentum), step.lr);
}

}  // namespace

double clip_factor(double norm, double clip_norm) {
  constexpr double kGuard = 1e-6;
  return clip_norm > 0 ? std::min(1.0, clip_norm / (norm + kGuard)) : 1.0;
}

double square_sum(std::span<const at::Tensor> gradients) {
  Sorted sorted;
  for (const at::Tensor& gradient : gradients) {
    if (gradient.defined()) {
      sorted.add({.parameter = {}, .gradient = gradient, .velocity = {}}, gradient);
    }
  }
  double sum = square_sum_cpu(sorted.singles.tensors(), run_on_torch_threads) +
               square_sum_reference(sorted.doubles.tensors());
  for (const SgdTriple& triple : sorted.elsewhere) {
    sum += triple.gradient.to(at::kDouble).square().sum().item<double>();
  }
  return sum;
}

void sgd_update(std::span<const SgdTriple> triples, const SgdStep& step) {
  Sorted sorted;
  for (const SgdTriple& triple : triples) {
    check(triple);
    sorted.add(triple, triple.parameter);
  }
  sgd_cpu(sorted.singles.tensors(), step, run_on_torch_threads);
  sgd_reference(sorted.doubles.tensors(), step);
  for (const SgdTriple& triple : sorted.elsewhere) {
    update_composed(triple, step);
  }
}

at::Tensor gradient_norm(std::span<const at::Tensor> gradients, const at::Tensor& loss_scale) {
  if (const OperatorTable* device = device_operators(loss_scale)) {
    return device->gradient_norm(gradients, loss_scale);
  }
  const double norm = std::sqrt(square_sum(gradients)) / loss_scale.item<double>();
  return at::scalar_tensor(norm, loss_scale.options());
}

void sgd_update(std::span<const SgdTriple> triples,
                const SgdStep& step,
                double clip_norm,
                const SgdVerdict& verdict) {
  if (const OperatorTable* device = device_operators(verdict.loss_scale)) {
    std::for_each(triples.begin(), triples.end(), check);
    device->sgd_update(triples, step, clip_norm, verdict);
    return;
  }
  const auto norm = verdict.norm.item<double>();
  if (verdict.skip.item<double>() != 0 || !std::isfinite(norm)) {
    return;
  }
  SgdStep scaled = step;
  scaled.gradient_scale *= clip_factor(norm, clip_norm) / verdict.loss_scale.item<double>();
  sgd_update(triples, scaled);
}

}  // namespace yates::kernels
