// SPDX-License-Identifier: Apache-2.0
// Which parameter's gradient lies where in which bucket. A pure function of the list of parameters:
// never changed while training, because the layout is part of the bits of `reduction: fast`.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "dist/communicator.hpp"

namespace yates::dist {

struct ParameterShape {
  std::string name;
  std::vector<std::int64_t> shape;
  bool operator==(const ParameterShape&) const = default;
};

/// Collective: yes. Throws Error{BadConfig} on every rank unless all ranks hold the same list;
/// names the first parameter that differs, on which ranks, and both shapes.
void agree_on_parameters(Communicator& communicator, std::span<const ParameterShape> parameters);

struct BucketLimits {
  std::int64_t first = std::int64_t{1} << 18;  ///< Elements: small, so that it starts early.
  std::int64_t others = std::int64_t{25} << 18;
};

/// Buckets in the order of their launch: the last parameter, whose gradient is ready first, lies in
/// bucket 0. A parameter is never split; one above the limit has a bucket of its own.
class BucketLayout {
 public:
  /// Elements [begin, begin + count) of a bucket.
  struct Slice {
    std::size_t bucket = 0;
    std::int64_t begin = 0;
    std::int64_t count = 0;
  };

  /// `extra` values lie at the end of the last bucket: what is summed along with the gradients.
  BucketLayout(std::span<const ParameterShape> parameters, std::int64_t extra, BucketLimits limits);

  [[nodiscard]] std::size_t buckets() const { return elements_.size(); }
  [[nodiscard]] std::int64_t elements(std::size_t bucket) const { return elements_[bucket]; }
  [[nodiscard]] std::int64_t parameters_in(std::size_t bucket) const { return members_[bucket]; }
  [[nodiscard]] const Slice& slice(std::size_t parameter) const { return slices_[parameter]; }
  [[nodiscard]] const Slice& extra() const { return extra_; }
  /// SHA-256 over names, shapes and places.
  [[nodiscard]] const std::string& digest() const { return digest_; }

 private:
  std::vector<std::int64_t> elements_;
  std::vector<std::int64_t> members_;
  std::vector<Slice> slices_;  // By parameter.
  Slice extra_;
  std::string digest_;
};

}  // namespace yates::dist
