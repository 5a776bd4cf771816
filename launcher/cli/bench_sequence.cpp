// SPDX-License-Identifier: Apache-2.0
#include "launcher/cli/bench_sequence.hpp"

#include <utility>

namespace yates::cli {

std::vector<BenchKey> sequence_keys() {
  return {{"tokens", "default", "sequence length; give channels too"},
          {"channels", "default", "channel width"}};
}

std::vector<BenchResult> measure_sequences(const BenchSettings& settings,
                                           const MeasureSequence& measure) {
  std::vector<std::pair<std::int64_t, std::int64_t>> sizes = {
      {512, 384}, {4096, 384}, {32768, 192}};
  if (settings.text("tokens") != "default" || settings.text("channels") != "default") {
    sizes = {{settings.count("tokens"), settings.count("channels")}};
  }
  std::vector<BenchResult> results;
  for (const auto& [tokens, channels] : sizes) {
    for (const bool backward : {false, true}) {
      results.push_back(measure(settings, tokens, channels, backward));
    }
  }
  return results;
}

}  // namespace yates::cli
