// SPDX-License-Identifier: Apache-2.0
// Every geometry of the network against LibTorch's own convolution in float64.
#include "kernels/conv/conv3d_torch.hpp"

#include <limits>
#include <string>
#include <vector>

#include <ATen/TensorOperators.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/convolution.h>
#include <ATen/ops/ones_like.h>
#include <ATen/ops/rand.h>
#include <ATen/ops/zeros_like.h>
#include <gtest/gtest.h>

namespace yates::kernels {
namespace {

struct Case {
  std::int64_t in, out, kernel;
  std::vector<std::int64_t> grid;
  Conv3dGeometry geometry;
};

const std::vector<Case> kCases = {
    {4, 8, 3, {16, 16, 16}, {.padding = 1}},               // second sample of zeros
    {16, 8, 3, {32, 32, 16}, {.padding = 1}},              // zero planes
    {16, 8, 3, {32, 32, 8}, {.stride = 2, .padding = 1}},  // zero planes, strided
    {6, 5, 3, {7, 9, 5}, {.stride = 2, .padding = 1}},     // odd sides
    {8, 8, 3, {8, 6, 4}, {.padding = 2, .dilation = 2}},
    {8, 8, 3, {4, 4, 4}, {.padding = 1}},  // native backward
    {8, 4, 5, {8, 8, 8}, {.padding = 2}},
    {8, 12, 1, {5, 4, 3}, {}},
    {8, 8, 3, {6, 6, 6}, {.padding = 1, .groups = 8}},
    {8, 4, 2, {3, 4, 5}, {.stride = 2, .transposed = true}},
    {40, 4, 3, {24, 24, 4}, {.padding = 1}},  // above the switch
};

struct Tensors {
  at::Tensor x, weight, bias;

  Tensors in(at::ScalarType dtype) const {
    const auto leaf = [&](const at::Tensor& t) {
      return t.to(dtype).clone().set_requires_grad(true);
    };
    return {leaf(x), leaf(weight), leaf(bias)};
  }
};

Tensors make(const Case& c, std::int64_t batch) {
  const auto uniform = [](at::IntArrayRef shape) { return at::rand(shape, at::kDouble) * 2 - 1; };
  const bool transposed = c.geometry.transposed;
  return {uniform({batch, c.in, c.grid[0], c.grid[1], c.grid[2]}),
          uniform({transposed ? c.in : c.out,
                   (transposed ? c.out : c.in) / c.geometry.groups,
                   c.kernel,
                   c.kernel,
                   c.kernel}),
          uniform({c.out})};
}

at::Tensor reference(const Tensors& t, const Conv3dGeometry& g) {
  const auto cube = [](std::int64_t n) { return std::vector<std::int64_t>{n, n, n}; };
  return at::convolution(t.x,
                         t.weight,
                         t.bias,
                         cube(g.stride),
                         cube(g.padding),
                         cube(g.dilation),
                         g.transposed,
                         cube(0),
                         g.groups);
}

void expect_near(const at::Tensor& actual, const at::Tensor& expected, const std::string& what) {
  ASSERT_TRUE(actual.defined()) << what;
  ASSERT_EQ(actual.sizes(), expected.sizes()) << what;
  const double scale = expected.abs().max().item<double>();
  const double worst = (actual.to(at::kDouble) - expected).abs().max().item<double>();
  EXPECT_LT(worst, (actual.scalar_type() == at::kDouble ? 1e-12 : 2e-5) * scale) << what;
}

TEST(Conv3d, ForwardAndGradientsEqualLibTorchInBothPrecisions) {
  for (std::size_t i = 0; i < kCases.size(); ++i) {
    const Case& c = kCases[i];
    for (const std::int64_t batch : {1, 2}) {
      const Tensors data = make(c, batch);
      const Tensors expected = data.in(at::kDouble);
      const at::Tensor y = reference(expected, c.geometry);
      const at::Tensor dy = at::rand(y.sizes(), at::kDouble) - 0.5;
      y.backward(dy);
      for (const at::ScalarType dtype : {at::kDouble, at::kFloat}) {
        const std::string what = "case " + std::to_string(i) + " batch " + std::to_string(batch);
        const Tensors ours = data.in(dtype);
        const at::Tensor our_y = conv3d(ours.x, ours.weight, ours.bias, c.geometry);
        expect_near(our_y.detach(), y.detach(), what + " y");
        our_y.backward(dy.to(dtype));
        expect_near(ours.x.grad(), expected.x.grad(), what + " dx");
        expect_near(ours.weight.grad(), expected.weight.grad(), what + " dw");
        expect_near(ours.bias.grad(), expected.bias.grad(), what + " db");
      }
    }
  }
}

TEST(Conv3d, ASampleHasTheSameBitsInAnyBatch) {
  for (const Case& c : kCases) {
    const Tensors both = make(c, 2).in(at::kFloat);
    const at::Tensor y = conv3d(both.x, both.weight, both.bias, c.geometry);
    y.backward(y.detach());
    for (const std::int64_t sample : {0, 1}) {
      const at::Tensor x = both.x.detach().narrow(0, sample, 1).clone().set_requires_grad(true);
      const at::Tensor alone = conv3d(x, both.weight.detach(), both.bias.detach(), c.geometry);
      EXPECT_TRUE(alone.equal(y.narrow(0, sample, 1)));
      alone.backward(alone.detach());
      EXPECT_TRUE(x.grad().equal(both.x.grad().narrow(0, sample, 1)));
    }
  }
}

TEST(Conv3d, BiasBeforeANormalisationIsLeftOutWithAZeroGradient) {
  const Case& c = kCases.front();
  const Tensors t = make(c, 1).in(at::kFloat);
  Conv3dGeometry geometry = c.geometry;
  geometry.normalised = true;
  const at::Tensor y = conv3d(t.x, t.weight, t.bias, geometry);
  EXPECT_TRUE(y.equal(conv3d(t.x, t.weight, at::Tensor(), c.geometry)));
  y.sum().backward();
  EXPECT_EQ(t.bias.grad().abs().max().item<double>(), 0.0);
}

/// Where a mark on x, or on the gradient of y, is seen by a kernel that has no zero.
struct Reach {
  at::Tensor y, dx;
};

Reach reach_of(const at::Tensor& x_mark, const at::Tensor& dy_mark, const Case& c) {
  Tensors marks = make(c, 1).in(at::kDouble);
  marks.x = x_mark.to(at::kDouble).set_requires_grad(true);
  marks.weight = at::ones_like(marks.weight);
  marks.bias = at::zeros_like(marks.bias);
  const at::Tensor y = reference(marks, c.geometry);
  y.backward(dy_mark.to(at::kDouble));
  return {y.detach() > 0, marks.x.grad() > 0};
}

TEST(Conv3d, NaNReachesTheVoxelsUnderTheKernelOnly) {
  constexpr float kNaN = std::numeric_limits<float>::quiet_NaN();
  for (std::size_t i = 0; i < kCases.size(); ++i) {
    const Case& c = kCases[i];
    const Tensors t = make(c, 1).in(at::kFloat);
    at::Tensor x_mark = at::zeros_like(t.x.detach());
    x_mark[0][1][c.grid[0] / 2][1][c.grid[2] - 1] = 1;
    const at::Tensor x = t.x.detach().masked_fill(x_mark > 0, kNaN).set_requires_grad(true);
    const at::Tensor y = conv3d(x, t.weight, t.bias, c.geometry);
    at::Tensor dy_mark = at::zeros_like(y.detach());
    dy_mark[0][c.out - 1][0][1][y.size(4) - 1] = 1;
    y.backward(at::ones_like(dy_mark).masked_fill(dy_mark > 0, kNaN));
    const Reach expected = reach_of(x_mark, dy_mark, c);
    EXPECT_TRUE(y.detach().isnan().equal(expected.y)) << "case " << i;
    EXPECT_TRUE(x.grad().isnan().equal(expected.dx)) << "case " << i;
  }
}

TEST(Conv3d, AnInputWithoutGradientCostsNone) {
  const Case& c = kCases.front();
  const Tensors t = make(c, 1).in(at::kFloat);
  const at::Tensor image = t.x.detach();
  conv3d(image, t.weight, at::Tensor(), c.geometry).sum().backward();
  EXPECT_FALSE(image.grad().defined());
  EXPECT_TRUE(t.weight.grad().defined());
}

}  // namespace
}  // namespace yates::kernels
