// SPDX-License-Identifier: Apache-2.0
#include "launcher/train/segmamba_network.hpp"

#include "model/init.hpp"
#include "model/loss/cross_entropy.hpp"
#include "model/network/segmamba.hpp"

namespace yates::train {

TrainedNetwork make_segmamba(const model::ModelOptions& options, std::uint64_t seed) {
  const model::SegMamba network(options);
  model::initialise(network.parameters(), seed);
  TrainedNetwork trained;
  for (const model::Parameter& parameter : network.parameters()) {
    trained.parameters.push_back({parameter.name, parameter.value});
  }
  trained.loss = [network, seed](const TrainingSample& sample) {
    const model::DrawPlace place{.seed = seed,
                                 .step = static_cast<std::uint64_t>(sample.step),
                                 .slot = static_cast<std::uint64_t>(sample.slot)};
    return model::cross_entropy(network.forward(sample.x, place), sample.y);
  };
  trained.logits = [network, seed](const at::Tensor& x) {
    return network.forward(x, {.seed = seed});
  };
  return trained;
}

}  // namespace yates::train
