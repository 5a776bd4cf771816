// SPDX-License-Identifier: Apache-2.0
#include "model/init.hpp"

#include <algorithm>
#include <cmath>

#include <ATen/Dispatch.h>

#include "base/random.hpp"

namespace yates::model {
namespace {

/// softplus^-1 of a time step drawn log-uniformly from [1e-3, 0.1], at least 1e-4.
double time_step_bias(RandomStream& stream) {
  constexpr double kSmallest = 1e-3;
  constexpr double kLargest = 0.1;
  constexpr double kFloor = 1e-4;
  const double drawn = std::exp(stream.uniform(std::log(kSmallest), std::log(kLargest)));
  const double dt = std::max(drawn, kFloor);
  return dt + std::log(-std::expm1(-dt));
}

/// The next element of a parameter, `index` being its row-major place.
double draw(const ParameterSpec& spec, std::int64_t index, RandomStream& stream) {
  switch (spec.draw) {
    case Draw::Uniform: return stream.uniform(-spec.bound, spec.bound);
    case Draw::Constant: return spec.bound;
    case Draw::LogColumn: return std::log(static_cast<double>(index % spec.shape.back() + 1));
    case Draw::TimeStep: return time_step_bias(stream);
  }
  return 0;
}

}  // namespace

void initialise(const ParameterList& parameters, std::uint64_t seed) {
  for (std::size_t p = 0; p < parameters.size(); ++p) {
    const ParameterSpec& spec = parameters.specs()[p];
    const at::Tensor& value = parameters[p].value;
    RandomStream stream(seed, "init." + spec.name);
    AT_DISPATCH_FLOATING_TYPES(value.scalar_type(), "initialise", [&] {
      auto* elements = value.mutable_data_ptr<scalar_t>();
      for (std::int64_t i = 0; i < value.numel(); ++i) {
        elements[i] = static_cast<scalar_t>(draw(spec, i, stream));
      }
    });
  }
}

}  // namespace yates::model
