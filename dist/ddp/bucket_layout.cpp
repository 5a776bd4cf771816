// SPDX-License-Identifier: Apache-2.0
#include "dist/ddp/bucket_layout.hpp"

#include <algorithm>
#include <functional>
#include <numeric>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "base/digest.hpp"
#include "base/error.hpp"
#include "base/text.hpp"

namespace yates::dist {
namespace {

std::string line_of(const ParameterShape& parameter) {
  return fmt::format("'{}' ({})", parameter.name, fmt::join(parameter.shape, ", "));
}

std::vector<std::string> lines_of(const std::vector<std::byte>& bytes) {
  return split(std::string(reinterpret_cast<const char*>(bytes.data()), bytes.size()), '\n');
}

}  // namespace

void agree_on_parameters(Communicator& communicator, std::span<const ParameterShape> parameters) {
  std::string mine;
  for (const ParameterShape& parameter : parameters) {
    mine += line_of(parameter) + "\n";
  }
  mine += "nothing";
  const auto all = communicator.all_gather(std::as_bytes(std::span(mine)));
  for (std::size_t rank = 1; rank < all.size(); ++rank) {
    if (all[rank] == all[0]) {
      continue;
    }
    const std::vector<std::string> ours = lines_of(all[0]);
    const std::vector<std::string> theirs = lines_of(all[rank]);
    const auto first =
        std::mismatch(ours.begin(), ours.end(), theirs.begin(), theirs.end()).first - ours.begin();
    const auto at = static_cast<std::size_t>(first);
    throw Error(ExitCode::BadConfig,
                Problem{.what = fmt::format("the ranks train different networks: parameter {} is "
                                            "{} on rank 0 and {} on rank {}",
                                            at,
                                            ours[at],
                                            theirs[at],
                                            rank),
                        .where = "model",
                        .allowed = "",
                        .fix = "start all ranks with the same configuration and program"});
  }
}

BucketLayout::BucketLayout(std::span<const ParameterShape> parameters,
                           std::int64_t extra,
                           BucketLimits limits)
    : elements_(1), members_(1), slices_(parameters.size()) {
  std::string text;
  for (std::size_t i = parameters.size(); i-- > 0;) {
    const std::vector<std::int64_t>& shape = parameters[i].shape;
    const auto count =
        std::accumulate(shape.begin(), shape.end(), std::int64_t{1}, std::multiplies<>());
    const std::int64_t limit = elements_.size() == 1 ? limits.first : limits.others;
    if (members_.back() > 0 && elements_.back() + count > limit) {
      elements_.push_back(0);
      members_.push_back(0);
    }
    slices_[i] = {elements_.size() - 1, elements_.back(), count};
    elements_.back() += count;
    ++members_.back();
    text += fmt::format("{} {} {}\n", line_of(parameters[i]), slices_[i].bucket, slices_[i].begin);
  }
  extra_ = {elements_.size() - 1, elements_.back(), extra};
  elements_.back() += extra;
  digest_ = sha256_hex(text);
}

}  // namespace yates::dist
