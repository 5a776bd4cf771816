// SPDX-License-Identifier: Apache-2.0
// What the training loop needs from a network and from its data, and nothing more: the loop is
// tested with networks of a few weights.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <ATen/core/Tensor.h>

#include "io/dataset/loader.hpp"

namespace yates::train {

/// One sample as tensors: a batch of one.
struct TrainingSample {
  at::Tensor x;           ///< (1, 4, d, h, w) float32
  at::Tensor y;           ///< (1, d, h, w) int64, labels 0..3
  std::int64_t step = 0;  ///< From 0.
  std::int64_t slot = 0;  ///< Index in the global batch.
};

struct NamedTensor {
  std::string name;
  at::Tensor value;
};

/// The loss of one sample, and what it is made of.
struct SampleLoss {
  // NOLINTNEXTLINE(google-explicit-constructor): most networks have one loss without parts.
  SampleLoss(at::Tensor loss, at::Tensor loss_parts = {})
      : total(std::move(loss)), parts(std::move(loss_parts)) {}

  at::Tensor total;  ///< A float32 scalar with its graph.
  /// (part) without graph, as many as the network's `loss_parts`; undefined if those are none.
  at::Tensor parts;
};

/// A network with its loss.
struct TrainedNetwork {
  /// Contiguous float32 leaves on one device that require gradients; initialised alike on all
  /// ranks.
  std::vector<NamedTensor> parameters;
  /// The mean loss of one sample, which lies where the parameters do.
  std::function<SampleLoss(const TrainingSample&)> loss;
  /// Names in metrics.jsonl of the parts of the loss: unweighted, mean over the global batch.
  std::vector<std::string> loss_parts = {};
  /// Whether the update of `step` (from 0) changes this parameter; empty: every step changes all.
  /// What is not updated keeps value and momentum.
  std::function<bool(const std::string& parameter, std::int64_t step)> is_trained = {};
  /// Logits (1, 4, d, h, w) of x, where the parameters are, called without gradients.
  std::function<at::Tensor(const at::Tensor& x)> logits;
};

/// The samples of one rank, in the order they were asked for.
class SampleSource {
 public:
  virtual ~SampleSource() = default;
  virtual TrainingSample next() = 0;
  /// Seconds that `next` has waited so far.
  [[nodiscard]] virtual double wait_seconds() const = 0;
  /// Calls of `next` that found their sample not ready so far.
  [[nodiscard]] virtual std::int64_t underruns() const = 0;
};

using OpenSamples = std::function<std::unique_ptr<SampleSource>(const io::SampleOrder&)>;

/// The patches that validation looks at; the same at every validation.
struct ValidationSet {
  std::int64_t size = 0;
  std::function<TrainingSample(std::int64_t index)> patch;
};

}  // namespace yates::train
