// SPDX-License-Identifier: Apache-2.0
// The tensors of a network under their published names.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include <ATen/core/Tensor.h>

#include "model/parameter_spec.hpp"

namespace yates::model {

/// One learnable tensor. Copies share the storage.
struct Parameter {
  std::string name;
  at::Tensor value;
};

/// Parameters in state-dict order, found by name.
class ParameterList {
 public:
  /// Allocates every tensor on the CPU, filled with zeros, requiring gradients. `dtype` is float32
  /// or float64.
  ParameterList(std::vector<ParameterSpec> specs, at::ScalarType dtype);
  /// The given tensors under the names of the specs, as they are, one per spec.
  ParameterList(std::vector<ParameterSpec> specs, const std::vector<at::Tensor>& values);

  /// The tensor of that name. A missing name is a bug.
  [[nodiscard]] const at::Tensor& at(std::string_view name) const;
  /// The tensor of that name, or nullptr.
  [[nodiscard]] const at::Tensor* find(std::string_view name) const;

  /// What the tensors were made from, in the same order.
  [[nodiscard]] const std::vector<ParameterSpec>& specs() const { return specs_; }
  [[nodiscard]] std::size_t size() const { return parameters_.size(); }
  [[nodiscard]] const Parameter& operator[](std::size_t index) const { return parameters_[index]; }
  [[nodiscard]] auto begin() const { return parameters_.begin(); }
  [[nodiscard]] auto end() const { return parameters_.end(); }

  /// The gradient of a parameter; zeros where no backward pass has reached it.
  [[nodiscard]] static at::Tensor gradient(const Parameter& parameter);
  /// Moves every tensor to `device`, for all who share it. Gradients must be cleared.
  void move_to(const at::Device& device) const;
  /// Forgets all gradients.
  void clear_gradients() const;

 private:
  void add(const std::string& name, at::Tensor value);

  std::vector<ParameterSpec> specs_;
  std::vector<Parameter> parameters_;
  std::unordered_map<std::string, std::size_t> index_;
};

}  // namespace yates::model
