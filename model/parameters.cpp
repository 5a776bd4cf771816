// SPDX-License-Identifier: Apache-2.0
#include "model/parameters.hpp"

#include <utility>

#include <ATen/ops/zeros.h>
#include <ATen/ops/zeros_like.h>

#include "base/error.hpp"

namespace yates::model {

ParameterList::ParameterList(std::vector<ParameterSpec> specs, at::ScalarType dtype)
    : specs_(std::move(specs)) {
  parameters_.reserve(specs_.size());
  for (const ParameterSpec& spec : specs_) {
    at::Tensor value = at::zeros(spec.shape, at::TensorOptions().dtype(dtype));
    value.set_requires_grad(true);
    add(spec.name, std::move(value));
  }
}

ParameterList::ParameterList(std::vector<ParameterSpec> specs,
                             const std::vector<at::Tensor>& values)
    : specs_(std::move(specs)) {
  YATES_ASSERT(values.size() == specs_.size(), "{} tensors", values.size());
  for (std::size_t i = 0; i < values.size(); ++i) {
    YATES_ASSERT(values[i].sizes() == specs_[i].shape, "shape of '{}'", specs_[i].name);
    add(specs_[i].name, values[i]);
  }
}

void ParameterList::add(const std::string& name, at::Tensor value) {
  const bool added = index_.emplace(name, parameters_.size()).second;
  YATES_ASSERT(added, "parameter '{}' twice", name);
  parameters_.push_back({.name = name, .value = std::move(value)});
}

const at::Tensor* ParameterList::find(std::string_view name) const {
  const auto found = index_.find(std::string(name));
  return found == index_.end() ? nullptr : &parameters_[found->second].value;
}

const at::Tensor& ParameterList::at(std::string_view name) const {
  const at::Tensor* value = find(name);
  YATES_ASSERT(value != nullptr, "no parameter '{}'", name);
  return *value;
}

at::Tensor ParameterList::gradient(const Parameter& parameter) {
  const at::Tensor& gradient = parameter.value.grad();
  return gradient.defined() ? gradient : at::zeros_like(parameter.value);
}

void ParameterList::move_to(const at::Device& device) const {
  for (const Parameter& parameter : parameters_) {
    if (parameter.value.device() != device) {
      at::Tensor value = parameter.value;
      value.set_data(parameter.value.detach().to(device));
    }
  }
}

void ParameterList::clear_gradients() const {
  for (const Parameter& parameter : parameters_) {
    parameter.value.mutable_grad() = at::Tensor();
  }
}

}  // namespace yates::model
