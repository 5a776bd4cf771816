// SPDX-License-Identifier: Apache-2.0
#include "launcher/train/rank_failure.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdio>
#include <exception>
#include <limits>
#include <span>

#include <fmt/format.h>

#include "base/error.hpp"
#include "base/log.hpp"
#include "dist/mpi_session.hpp"

namespace yates::train {

RankFailure describe_current_exception() {
  try {
    throw;
  } catch (const Error& error) {
    return {static_cast<int>(error.code()), error.what(), error.problems().front().what};
  } catch (const std::exception& error) {
    return {static_cast<int>(ExitCode::Internal),
            fmt::format("internal error: {}", error.what()),
            error.what()};
  }
}

void set_rank_log(const dist::Communicator& communicator) {
  if (communicator.size() > 1) {
    set_log_prefix(fmt::format("[rank {}/{}] ", communicator.rank(), communicator.size()));
  }
  if (communicator.rank() != 0) {
    set_log_level(LogLevel::Warning);
  }
}

int agree_on_failure(const RankFailure& failure, dist::Communicator& communicator) {
  constexpr std::int64_t kNone = std::numeric_limits<std::int64_t>::min();
  std::array<std::int64_t, 2> worst = {failure.code,
                                       failure.code == 0 ? kNone : -communicator.rank()};
  communicator.all_reduce_max(worst);
  if (worst[1] == -communicator.rank()) {
    fmt::print(stderr, "{}\n", failure.text);
  }
  return static_cast<int>(worst[0]);
}

std::string first_reason(const std::string& mine, dist::Communicator& communicator) {
  const auto reasons = communicator.all_gather(std::as_bytes(std::span(mine)));
  const auto first = std::find_if(
      reasons.begin(), reasons.end(), [](const auto& bytes) { return !bytes.empty(); });
  const auto* text = reinterpret_cast<const char*>(first->data());
  return fmt::format("rank {}: {}", first - reasons.begin(), std::string(text, first->size()));
}

void end_ranks(const dist::Communicator& communicator) {
  if (communicator.size() == 1) {
    throw;
  }
  const RankFailure failure = describe_current_exception();
  fmt::print(stderr, "[rank {}/{}] {}\n", communicator.rank(), communicator.size(), failure.text);
  dist::MpiSession::abort(failure.code);
}

}  // namespace yates::train
