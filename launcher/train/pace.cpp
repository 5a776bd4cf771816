// SPDX-License-Identifier: Apache-2.0
#include "launcher/train/pace.hpp"

#include <algorithm>
#include <array>
#include <cstring>
#include <span>

#include <fmt/format.h>

namespace yates::train {
namespace {

constexpr double kTolerated = 1.15;

double median(std::vector<double> values) {
  const auto middle = values.begin() + std::ssize(values) / 2;
  std::nth_element(values.begin(), middle, values.end());
  return *middle;
}

}  // namespace

std::vector<std::string> slow_ranks(const std::vector<RankPace>& paces) {
  std::vector<std::string> texts;
  for (std::size_t rank = 0; rank < paces.size() && paces.size() > 1; ++rank) {
    std::vector<double> others;
    for (std::size_t other = 0; other < paces.size(); ++other) {
      if (other != rank) {
        others.push_back(paces[other].busy_s);
      }
    }
    const double usual = median(others);
    if (paces[rank].busy_s > kTolerated * usual) {
      texts.push_back(fmt::format(
          "rank {} needs {:.3g} s for its part of a step ({:.3g} s of them waiting for data), the "
          "others {:.3g} s: all ranks wait for it",
          rank,
          paces[rank].busy_s,
          paces[rank].data_s,
          usual));
    }
  }
  return texts;
}

std::vector<std::string> PaceLog::note(const StepResult& result, dist::Communicator& communicator) {
  busy_s_.push_back(result.step_s - result.comm_wait_s);
  data_s_.push_back(result.data_wait_s);
  if (std::ssize(busy_s_) < kInterval) {
    return {};
  }
  const std::array<double, 2> mine = {median(busy_s_), median(data_s_)};
  busy_s_.clear();
  data_s_.clear();
  std::vector<RankPace> paces;
  for (const std::vector<std::byte>& bytes : communicator.gather(std::as_bytes(std::span(mine)))) {
    std::array<double, 2> values{};
    std::memcpy(values.data(), bytes.data(), sizeof(values));
    paces.push_back({values[0], values[1]});
  }
  return slow_ranks(paces);
}

}  // namespace yates::train
