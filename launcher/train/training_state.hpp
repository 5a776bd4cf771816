// SPDX-License-Identifier: Apache-2.0
// Everything of a run that changes with its steps: weights, momentum, the number of steps done.
#pragma once

#include <cstdint>
#include <vector>

#include "dist/communicator.hpp"
#include "dist/ddp/bucket_layout.hpp"
#include "io/checkpoint/safetensors.hpp"
#include "launcher/train/compute_policy.hpp"
#include "launcher/train/trained_network.hpp"
#include "model/optim/loss_scale.hpp"

namespace yates::train {

class TrainingState {
 public:
  /// Shares the network's parameters; momentum starts as zeros, where they are.
  explicit TrainingState(const TrainedNetwork& network, const ComputePolicy& compute = {});

  [[nodiscard]] const std::vector<NamedTensor>& parameters() const { return parameters_; }
  /// Momentum of each parameter, under `momentum.<name>`.
  [[nodiscard]] const std::vector<NamedTensor>& momentum() const { return momentum_; }
  /// Elements of all parameters.
  [[nodiscard]] std::int64_t elements() const { return elements_; }
  /// Name and shape of each parameter.
  [[nodiscard]] std::vector<dist::ParameterShape> shapes() const;

  [[nodiscard]] std::int64_t step() const { return step_; }
  void set_step(std::int64_t step) { step_ = step; }

  /// Of the run's precision; its state is saved only where the loss is scaled.
  [[nodiscard]] const model::LossScale& loss_scale() const { return loss_scale_; }

  /// Tensors for a weights file; they borrow the state's memory, until the next call of a member.
  [[nodiscard]] std::vector<io::TensorEntry> weight_entries() const;
  /// Weights, then momentum, then "loss_scale" where the loss is scaled, for a checkpoint.
  [[nodiscard]] std::vector<io::TensorEntry> checkpoint_entries() const;

  /// Takes weights, momentum and step from a checkpoint. Throws Error{BadData} naming the first
  /// tensor that is missing, left over, or of another shape.
  void load(const io::SafetensorsFile& file);

  /// Collective: yes. Every rank takes the state of rank 0. Throws Error{BadConfig} naming the
  /// first parameter that is not the same on all ranks.
  void broadcast(dist::Communicator& communicator);

  /// Collective: yes. Compares weights and momentum of all ranks by checksum. Throws
  /// Error{DoNotRequeue} naming the first tensor that differs and the ranks that disagree with
  /// rank 0.
  void check_replicas(dist::Communicator& communicator) const;

 private:
  /// Parameters, momentum, and what else a checkpoint holds.
  [[nodiscard]] std::vector<NamedTensor> saved_tensors() const;
  [[nodiscard]] std::vector<io::TensorEntry> entries_of(
      const std::vector<NamedTensor>& tensors) const;

  std::vector<NamedTensor> parameters_;
  std::vector<NamedTensor> momentum_;
  model::LossScale loss_scale_;
  mutable std::vector<at::Tensor> host_copies_;  // What entries of a GPU's tensors borrow.
  std::int64_t elements_ = 0;
  std::int64_t step_ = 0;
};

}  // namespace yates::train
