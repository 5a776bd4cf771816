// SPDX-License-Identifier: Apache-2.0
// Tensors by formula and distances between tensors, for the tests of model/.
#pragma once

#include <string>
#include <vector>

#include <ATen/TensorOperators.h>
#include <ATen/core/Tensor.h>
#include <ATen/ops/from_blob.h>

#include "model/parameters.hpp"
#include "tests/support/formula_values.hpp"
#include "tests/support/golden_tensors.hpp"

namespace yates::testing {

/// A copy of `values` as a tensor of that shape and dtype.
template <typename T>
at::Tensor tensor_of(const std::vector<T>& values, at::IntArrayRef shape, at::ScalarType dtype) {
  return at::from_blob(const_cast<T*>(values.data()),  // NOLINT: only read, then copied
                       shape,
                       at::TensorOptions().dtype(c10::CppTypeToScalarType<T>::value))
      .to(dtype, false, true);
}

inline at::Tensor golden_tensor(const GoldenTensors& file,
                                const std::string& name,
                                at::ScalarType dtype = at::kDouble) {
  return tensor_of(file.values<double>(name), file.shape(name), dtype);
}

inline void fill_by_formula(const model::ParameterList& parameters) {
  for (std::size_t i = 0; i < parameters.size(); ++i) {
    const model::ParameterSpec& spec = parameters.specs()[i];
    const at::Tensor& value = parameters[i].value;
    value.detach().copy_(
        tensor_of(formula_parameter(spec.name, spec.shape), spec.shape, value.scalar_type()));
  }
}

inline double l2_norm(const at::Tensor& x) {
  return x.to(at::kDouble).norm().item<double>();
}
inline double total(const at::Tensor& x) {
  return x.to(at::kDouble).sum().item<double>();
}
inline double largest(const at::Tensor& x) {
  return x.to(at::kDouble).abs().max().item<double>();
}

/// Largest |actual - expected| over the largest |expected|.
inline double relative_absmax(const at::Tensor& actual, const at::Tensor& expected) {
  return largest(actual.to(at::kDouble) - expected.to(at::kDouble)) / largest(expected);
}

}  // namespace yates::testing
