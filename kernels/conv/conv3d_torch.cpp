// SPDX-License-Identifier: Apache-2.0
#include "kernels/conv/conv3d_torch.hpp"

#include <array>
#include <optional>
#include <tuple>
#include <vector>

#include <ATen/core/Tensor.h>
#include <ATen/native/ConvUtils.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/constant_pad_nd.h>
#include <ATen/ops/convolution.h>
#include <ATen/ops/convolution_backward.h>
#include <ATen/ops/mkldnn_convolution.h>
#include <ATen/ops/zeros_like.h>
#include <c10/core/GradMode.h>
#include <torch/csrc/autograd/custom_function.h>

namespace yates::kernels {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;
using Cube = std::array<std::int64_t, 3>;

/// LibTorch takes oneDNN for a 3^3 kernel only above this product of batch, channels, depth, height
/// (or for a batch of several): ATen/native/Convolution.cpp, `use_mkldnn`.
constexpr std::int64_t kSwitch = 20480;
/// Below this many voxels the native kernel is the faster one in the backward pass.
constexpr std::int64_t kTinyVoxels = 64;
constexpr std::int64_t kFastChannels = 16;

Cube cube(std::int64_t side) {
  return {side, side, side};
}

std::int64_t volume(const at::Tensor& x) {
  return x.size(2) * x.size(3) * x.size(4);
}

/// Whether LibTorch would leave oneDNN, of the CPU, for one sample of x.
bool is_below_switch(const at::Tensor& x, const at::Tensor& weight, const Conv3dGeometry& g) {
  return x.is_cpu() && x.scalar_type() == at::kFloat && !g.transposed && g.groups == 1 &&
         weight.size(4) == 3 && x.size(1) * x.size(2) * x.size(3) <= kSwitch;
}

at::Tensor forward_sample(const at::Tensor& x,
                          const at::Tensor& weight,
                          const std::optional<at::Tensor>& bias,
                          const Conv3dGeometry& g) {
  if (is_below_switch(x, weight, g)) {
    return at::mkldnn_convolution(
        x, weight, bias, cube(g.padding), cube(g.stride), cube(g.dilation), 1);
  }
  return at::convolution(x,
                         weight,
                         bias,
                         cube(g.stride),
                         cube(g.padding),
                         cube(g.dilation),
                         g.transposed,
                         cube(0),
                         g.groups);
}

/// Gradients of one sample: x, weight, bias.
using Gradients = std::tuple<at::Tensor, at::Tensor, at::Tensor>;

Gradients backward_call(const at::Tensor& dy,
                        const at::Tensor& x,
                        const at::Tensor& weight,
                        const Conv3dGeometry& g,
                        const std::array<bool, 3>& wanted) {
  const Cube bias_size = {g.transposed ? weight.size(1) * g.groups : weight.size(0), 0, 0};
  return at::convolution_backward(dy,
                                  x,
                                  weight,
                                  at::OptionalIntArrayRef(at::IntArrayRef(bias_size.data(), 1)),
                                  cube(g.stride),
                                  cube(g.padding),
                                  cube(g.dilation),
                                  g.transposed,
                                  cube(0),
                                  g.groups,
                                  wanted);
}

/// The function that at::convolution_backward calls above the switch. Taken by its pointer: the
/// stub's own call depends on macros that only LibTorch's build defines.
Gradients backward_by_onednn(const at::Tensor& dy,
                             const at::Tensor& x,
                             const at::Tensor& weight,
                             const Conv3dGeometry& g,
                             const std::array<bool, 3>& wanted) {
  using Stub = at::native::mkldnn_convolution_backward_stub_DECLARE_DISPATCH_type;
  return Stub::DEFAULT(
      x, dy, weight, cube(g.padding), cube(g.stride), cube(g.dilation), g.groups, wanted);
}

/// The weight gradient on an image of few channels: oneDNN's fast kernel wants 16 of them, zeros
/// cost it less than its general one.
Gradients backward_of_image(const at::Tensor& dy,
                            const at::Tensor& x,
                            const at::Tensor& weight,
                            const Conv3dGeometry& g,
                            const std::array<bool, 3>& wanted) {
  const auto padded = [](const at::Tensor& t) {
    return at::constant_pad_nd(t, {0, 0, 0, 0, 0, 0, 0, kFastChannels - t.size(1)});
  };
  auto [dx, dw, db] = backward_by_onednn(dy, padded(x), padded(weight), g, wanted);
  return {dx, dw.defined() ? dw.narrow(1, 0, x.size(1)).contiguous() : dw, db};
}

Gradients backward_sample(const at::Tensor& dy,
                          const at::Tensor& x,
                          const at::Tensor& weight,
                          const Conv3dGeometry& g,
                          const std::array<bool, 3>& wanted) {
  if (is_below_switch(x, weight, g) && volume(x) > kTinyVoxels) {
    const bool image = !wanted[0] && x.size(1) < kFastChannels;
    return image ? backward_of_image(dy, x, weight, g, wanted)
                 : backward_by_onednn(dy, x, weight, g, wanted);
  }
  return backward_call(dy, x, weight, g, wanted);
}

void accumulate(at::Tensor& sum, const at::Tensor& term) {
  if (term.defined()) {
    sum = sum.defined() ? sum.add_(term) : term;
  }
}

/// oneDNN of LibTorch 2.11.0 leaves weight gradients of small bfloat16 volumes (2x2x4 voxels, 3^3
/// and 5^3 kernels) partly unwritten, so that low precision is undone on the CPU.
at::ScalarType backward_type(const at::Tensor& x) {
  const bool low = x.scalar_type() == at::kHalf || x.scalar_type() == at::kBFloat16;
  return x.is_cpu() && low ? at::kFloat : x.scalar_type();
}

at::Tensor in_type(const at::Tensor& tensor, at::ScalarType type) {
  return tensor.defined() ? tensor.to(type) : tensor;
}

class Conv3d : public torch::autograd::Function<Conv3d> {
 public:
  static at::Tensor forward(AutogradContext* context,
                            const at::Tensor& x,
                            const at::Tensor& weight,
                            const std::optional<at::Tensor>& bias,
                            const Conv3dGeometry& geometry) {
    const c10::NoGradGuard no_grad;
    context->save_for_backward({x, weight, bias.value_or(at::Tensor())});
    context->saved_data["geometry"] = std::vector<std::int64_t>{geometry.stride,
                                                                geometry.padding,
                                                                geometry.dilation,
                                                                geometry.groups,
                                                                geometry.transposed ? 1 : 0,
                                                                geometry.normalised ? 1 : 0};
    const std::optional<at::Tensor> added = geometry.normalised ? std::nullopt : bias;
    if (x.size(0) == 1) {
      return forward_sample(x, weight, added, geometry);
    }
    std::vector<at::Tensor> samples;
    for (const at::Tensor& sample : x.split(1)) {
      samples.push_back(forward_sample(sample, weight, added, geometry));
    }
    return at::cat(samples, 0);
  }

  static variable_list backward(AutogradContext* context, const variable_list& gradients) {
    const variable_list saved = context->get_saved_variables();
    const at::ScalarType type = saved[0].scalar_type();
    const at::ScalarType computed = backward_type(saved[0]);
    const at::Tensor x = saved[0].to(computed);
    const at::Tensor weight = saved[1].to(computed);
    const at::Tensor& bias = saved[2];
    const std::vector<std::int64_t> g = context->saved_data["geometry"].toIntVector();
    const Conv3dGeometry geometry{.stride = g[0],
                                  .padding = g[1],
                                  .dilation = g[2],
                                  .groups = g[3],
                                  .transposed = g[4] != 0,
                                  .normalised = g[5] != 0};
    const bool wants_bias = bias.defined() && context->needs_input_grad(2);
    const std::array<bool, 3> wanted = {context->needs_input_grad(0),
                                        context->needs_input_grad(1),
                                        wants_bias && !geometry.normalised};
    const at::Tensor dy = gradients[0].to(computed).contiguous();
    std::vector<at::Tensor> dx;
    at::Tensor dw;
    at::Tensor db = wants_bias && geometry.normalised ? at::zeros_like(bias) : at::Tensor();
    for (std::int64_t sample = 0; sample < x.size(0); ++sample) {
      auto [sample_dx, sample_dw, sample_db] = backward_sample(
          dy.narrow(0, sample, 1), x.narrow(0, sample, 1), weight, geometry, wanted);
      dx.push_back(sample_dx);
      accumulate(dw, sample_dw);
      accumulate(db, sample_db);
    }
    at::Tensor all_dx;
    if (wanted[0]) {
      all_dx = dx.size() == 1 ? dx.front() : at::cat(dx, 0);
    }
    return {in_type(all_dx, type), in_type(dw, type), in_type(db, type), at::Tensor()};
  }
};

}  // namespace

at::Tensor conv3d(const at::Tensor& x,
                  const at::Tensor& weight,
                  const at::Tensor& bias,
                  const Conv3dGeometry& geometry) {
  const std::optional<at::Tensor> optional_bias =
      bias.defined() ? std::optional<at::Tensor>(bias) : std::nullopt;
  return Conv3d::apply(x, weight, optional_bias, geometry);
}

}  // namespace yates::kernels
