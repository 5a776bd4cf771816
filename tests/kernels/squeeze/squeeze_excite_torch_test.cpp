// SPDX-License-Identifier: Apache-2.0
#include "kernels/squeeze/squeeze_excite_torch.hpp"

#include <vector>

#include <ATen/Parallel.h>
#include <ATen/TensorOperators.h>
#include <ATen/ops/equal.h>
#include <ATen/ops/full.h>
#include <ATen/ops/linear.h>
#include <ATen/ops/mean.h>
#include <ATen/ops/randn.h>
#include <ATen/ops/relu.h>
#include <ATen/ops/sigmoid.h>
#include <ATen/ops/zeros.h>
#include <c10/util/Exception.h>
#include <gtest/gtest.h>

namespace yates::kernels {
namespace {

constexpr std::int64_t kChannels = 16;

SqueezeExciteParameters drawn_parameters(at::ScalarType type) {
  // The bias keeps both hidden units alive, so that every weight has a gradient.
  return {at::randn({2, kChannels}, type).requires_grad_(),
          at::full({2}, 2, type).requires_grad_(),
          at::randn({kChannels, 2}, type).requires_grad_(),
          at::randn({kChannels}, type).requires_grad_()};
}

at::Tensor framework(const std::vector<at::Tensor>& terms, const SqueezeExciteParameters& w) {
  at::Tensor sum = terms[0];
  for (std::size_t i = 1; i < terms.size(); ++i) {
    sum = sum + terms[i];
  }
  const at::Tensor hidden = at::relu(at::linear(at::mean(sum, {2, 3, 4}), w.weight1, w.bias1));
  const at::Tensor gates = at::sigmoid(at::linear(hidden, w.weight2, w.bias2));
  return sum * gates.view({sum.size(0), sum.size(1), 1, 1, 1});
}

/// The gradients of sum(y * weight) in everything.
std::vector<at::Tensor> gradients_of(const at::Tensor& y,
                                     const at::Tensor& weight,
                                     const std::vector<at::Tensor>& terms,
                                     const SqueezeExciteParameters& w) {
  std::vector<at::Tensor> leaves = terms;
  leaves.insert(leaves.end(), {w.weight1, w.bias1, w.weight2, w.bias2});
  for (const at::Tensor& leaf : leaves) {
    leaf.mutable_grad() = at::Tensor();
  }
  (y * weight).sum().backward();
  std::vector<at::Tensor> gradients;
  for (const at::Tensor& leaf : leaves) {
    gradients.push_back(leaf.grad().clone());
  }
  return gradients;
}

double distance(const at::Tensor& actual, const at::Tensor& expected) {
  return ((actual - expected).norm() / expected.norm()).item<double>();
}

TEST(SqueezeExciteTorch, EqualsTheFrameworksOperatorsInBothTypesAndFormats) {
  for (const at::ScalarType type : {at::kFloat, at::kDouble}) {
    const double tolerance = type == at::kFloat ? 5e-6 : 1e-13;
    const SqueezeExciteParameters w = drawn_parameters(type);
    for (const at::MemoryFormat format :
         {at::MemoryFormat::Contiguous, at::MemoryFormat::ChannelsLast3d}) {
      std::vector<at::Tensor> terms;
      const at::Tensor weight = at::randn({2, kChannels, 3, 5, 7}, type);
      while (terms.size() < 3) {
        terms.push_back(at::randn(weight.sizes(), type).contiguous(format).requires_grad_());
        const at::Tensor actual = squeeze_excite(terms, w);
        const at::Tensor expected = framework(terms, w);
        EXPECT_TRUE(actual.is_contiguous(format));
        EXPECT_LE(distance(actual, expected), tolerance);
        const std::vector<at::Tensor> ours = gradients_of(actual, weight, terms, w);
        const std::vector<at::Tensor> theirs = gradients_of(expected, weight, terms, w);
        for (std::size_t i = 0; i < ours.size(); ++i) {
          EXPECT_LE(distance(ours[i], theirs[i]), 3 * tolerance) << i;
        }
      }
    }
  }
}

TEST(SqueezeExciteTorch, GivesASampleTheSameBitsAtAnyBatchSizeAndThreadCount) {
  const int threads = at::get_num_threads();
  const SqueezeExciteParameters w = drawn_parameters(at::kFloat);
  const at::Tensor x = at::randn({2, kChannels, 24, 24, 24});
  at::set_num_threads(1);
  const at::Tensor both = squeeze_excite({x, x}, w);
  at::set_num_threads(2);
  const at::Tensor alone = squeeze_excite({x.narrow(0, 1, 1), x.narrow(0, 1, 1)}, w);
  at::set_num_threads(threads);
  EXPECT_TRUE(at::equal(alone, both.narrow(0, 1, 1)));
}

TEST(SqueezeExciteTorch, RefusesTermsThatDoNotFit) {
  const SqueezeExciteParameters w = drawn_parameters(at::kFloat);
  const at::Tensor x = at::zeros({1, kChannels, 2, 2, 2});
  EXPECT_THROW(squeeze_excite({}, w), c10::Error);
  EXPECT_THROW(squeeze_excite({x, at::zeros({1, kChannels, 2, 2, 3})}, w), c10::Error);
  EXPECT_THROW(squeeze_excite({at::zeros({1, 8, 2, 2, 2})}, w), c10::Error);
}

}  // namespace
}  // namespace yates::kernels
