// SPDX-License-Identifier: Apache-2.0
#include "model/parameter_spec.hpp"

#include <cmath>
#include <utility>

namespace yates::model {
namespace {

/// PyTorch's default: kaiming_uniform(a = sqrt(5)) is U(-b, b) with b = 1 / sqrt(fan_in), and the
/// bias of the layer uses the same b. fan_in is the product of all dimensions but the first.
std::vector<ParameterSpec> weight_and_bias(const Layer& layer, std::vector<std::int64_t> shape) {
  std::int64_t fan_in = 1;
  for (std::size_t axis = 1; axis < shape.size(); ++axis) {
    fan_in *= shape[axis];
  }
  const double bound = 1.0 / std::sqrt(static_cast<double>(fan_in));
  std::vector<ParameterSpec> specs;
  specs.push_back({.name = layer.name + ".weight", .shape = std::move(shape), .bound = bound});
  if (layer.bias) {
    specs.push_back({.name = layer.name + ".bias", .shape = {layer.out}, .bound = bound});
  }
  return specs;
}

ParameterSpec uniform(std::string name, std::vector<std::int64_t> shape, std::int64_t fan_in) {
  return {.name = std::move(name),
          .shape = std::move(shape),
          .bound = 1.0 / std::sqrt(static_cast<double>(fan_in))};
}

std::vector<ParameterSpec> mamba_specs(const Layer& layer) {
  const std::string& name = layer.name;
  const std::int64_t d = layer.in;
  const MambaSizes sizes = mamba_sizes(d);
  const std::int64_t inner = sizes.inner;
  return {
      {.name = name + ".A_log", .shape = {inner, sizes.state}, .draw = Draw::LogColumn},
      {.name = name + ".D", .shape = {inner}, .draw = Draw::Constant, .bound = 1.0},
      uniform(name + ".in_proj.weight", {2 * inner, d}, d),
      uniform(name + ".conv1d.weight", {inner, 1, sizes.taps}, sizes.taps),
      uniform(name + ".conv1d.bias", {inner}, sizes.taps),
      uniform(name + ".x_proj.weight", {sizes.projected(), inner}, inner),
      uniform(name + ".dt_proj.weight", {inner, sizes.dt_rank}, sizes.dt_rank),
      {.name = name + ".dt_proj.bias", .shape = {inner}, .draw = Draw::TimeStep},
      uniform(name + ".out_proj.weight", {d, inner}, inner),
  };
}

}  // namespace

std::int64_t ParameterSpec::elements() const {
  std::int64_t count = 1;
  for (const std::int64_t side : shape) {
    count *= side;
  }
  return count;
}

std::vector<ParameterSpec> parameter_specs(const Layer& layer) {
  const std::int64_t k = layer.kernel;
  switch (layer.kind) {
    case LayerKind::Convolution:
      return weight_and_bias(layer, {layer.out, layer.in / layer.groups, k, k, k});
    case LayerKind::TransposedConvolution:
      return weight_and_bias(layer, {layer.in, layer.out, k, k, k});
    case LayerKind::Linear: return weight_and_bias(layer, {layer.out, layer.in});
    case LayerKind::LayerNorm:
      return {{.name = layer.name + ".weight",
               .shape = {layer.in},
               .draw = Draw::Constant,
               .bound = 1.0},
              {.name = layer.name + ".bias", .shape = {layer.in}, .draw = Draw::Constant}};
    case LayerKind::Mamba: return mamba_specs(layer);
    case LayerKind::InstanceNorm: return {};
  }
  return {};
}

std::vector<ParameterSpec> parameter_specs(const std::vector<Layer>& layers) {
  std::vector<ParameterSpec> all;
  for (const Layer& layer : layers) {
    for (ParameterSpec& spec : parameter_specs(layer)) {
      all.push_back(std::move(spec));
    }
  }
  return all;
}

}  // namespace yates::model
