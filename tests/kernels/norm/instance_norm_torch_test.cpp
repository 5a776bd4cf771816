// SPDX-License-Identifier: Apache-2.0
#include "kernels/norm/instance_norm_torch.hpp"

#include <string>
#include <vector>

#include <ATen/Parallel.h>
#include <ATen/TensorOperators.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/equal.h>
#include <ATen/ops/instance_norm.h>
#include <ATen/ops/leaky_relu.h>
#include <ATen/ops/randn.h>
#include <ATen/ops/zeros.h>
#include <c10/util/Exception.h>
#include <gtest/gtest.h>

namespace yates::kernels {
namespace {

/// The result and the gradients of sum(y * weight).
struct Outcome {
  at::Tensor y, grad_x, grad_residual;
};

template <typename Function>
Outcome outcome_of(const Function& function,
                   const at::Tensor& x,
                   const at::Tensor& residual,
                   const at::Tensor& weight) {
  const at::Tensor leaf = x.detach().clone(x.suggest_memory_format()).requires_grad_();
  const at::Tensor other =
      residual.defined() ? residual.detach().clone().requires_grad_() : residual;
  const at::Tensor y = function(leaf, other);
  (y * weight).sum().backward();
  return {y.detach(), leaf.grad(), other.defined() ? other.grad() : at::Tensor()};
}

double distance(const at::Tensor& actual, const at::Tensor& expected) {
  return ((actual - expected).norm() / expected.norm()).item<double>();
}

at::Tensor framework(const at::Tensor& x,
                     const at::Tensor& residual,
                     const InstanceNormOptions& options) {
  const auto norm = [](const at::Tensor& volume) {
    return at::instance_norm(volume, {}, {}, {}, {}, true, 0.1, 1e-5, false);
  };
  at::Tensor y = norm(x);
  if (residual.defined()) {
    y = y + (options.normalise_residual ? norm(residual) : residual);
  }
  return at::leaky_relu(y, options.negative_slope);
}

TEST(InstanceNormTorch, EqualsTheFrameworksOperatorsInBothTypesAndFormats) {
  for (const at::ScalarType type : {at::kFloat, at::kDouble}) {
    const double tolerance = type == at::kFloat ? 2e-6 : 1e-13;
    for (const at::MemoryFormat format :
         {at::MemoryFormat::Contiguous, at::MemoryFormat::ChannelsLast3d}) {
      const at::Tensor x = at::randn({2, 24, 3, 5, 7}, type).contiguous(format);
      const at::Tensor weight = at::randn(x.sizes(), type);
      for (const at::Tensor& residual : {at::Tensor(), at::randn(x.sizes(), type)}) {
        for (const bool normalise : {false, true}) {
          for (const double slope : {1.0, 0.0, 0.01}) {
            const InstanceNormOptions options{.normalise_residual = normalise,
                                              .negative_slope = slope};
            const auto ours = [&](const at::Tensor& a, const at::Tensor& b) {
              return instance_norm(a, b, options);
            };
            const auto theirs = [&](const at::Tensor& a, const at::Tensor& b) {
              return framework(a, b, options);
            };
            const Outcome actual = outcome_of(ours, x, residual, weight);
            const Outcome expected = outcome_of(theirs, x, residual, weight);
            EXPECT_TRUE(actual.y.is_contiguous(format));
            EXPECT_LE(distance(actual.y, expected.y), tolerance);
            EXPECT_LE(distance(actual.grad_x, expected.grad_x), 3 * tolerance);
            if (residual.defined()) {
              EXPECT_LE(distance(actual.grad_residual, expected.grad_residual), 3 * tolerance);
            }
          }
        }
      }
    }
  }
}

TEST(InstanceNormTorch, GivesASampleTheSameBitsAtAnyBatchSizeAndThreadCount) {
  const int threads = at::get_num_threads();
  for (const at::MemoryFormat format :
       {at::MemoryFormat::Contiguous, at::MemoryFormat::ChannelsLast3d}) {
    const at::Tensor x = at::randn({2, 16, 24, 24, 24}).contiguous(format);
    const at::Tensor weight = at::randn(x.sizes());
    const auto relu = [](const at::Tensor& a, const at::Tensor& b) {
      return instance_norm(a, b, {.negative_slope = 0});
    };
    at::set_num_threads(1);
    const Outcome both = outcome_of(relu, x, {}, weight);
    at::set_num_threads(2);
    const Outcome alone = outcome_of(relu, x.narrow(0, 1, 1), {}, weight.narrow(0, 1, 1));
    EXPECT_TRUE(at::equal(alone.y, both.y.narrow(0, 1, 1)));
    EXPECT_TRUE(at::equal(alone.grad_x, both.grad_x.narrow(0, 1, 1)));
  }
  at::set_num_threads(threads);
}

TEST(InstanceNormTorch, HasNoGraphWithoutGradient) {
  const at::NoGradGuard no_grad;
  const at::Tensor x = at::randn({1, 2, 3, 3, 3}).requires_grad_();
  EXPECT_FALSE(instance_norm(x, {}, {}).requires_grad());
}

TEST(InstanceNormTorch, RefusesResidualsThatDoNotFit) {
  const at::Tensor x = at::zeros({1, 2, 3, 3, 3});
  EXPECT_THROW(instance_norm(x, at::zeros({1, 2, 3, 3, 4}), {}), c10::Error);
  EXPECT_THROW(instance_norm(x, at::zeros({1, 2, 3, 3, 3}, at::kDouble), {}), c10::Error);
  EXPECT_THROW(instance_norm(at::zeros({1, 2, 3, 3}), {}, {}), c10::Error);
}

}  // namespace
}  // namespace yates::kernels
