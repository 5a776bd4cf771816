// SPDX-License-Identifier: Apache-2.0
// How the samples of one bucket become the sum over the global batch: on the host, or where the
// gradients of a GPU lie.
#pragma once

#include <cstdint>
#include <memory>

#include <ATen/core/Tensor.h>

#include "dist/communicator.hpp"

namespace yates::dist {

/// A step: for each sample of this rank in order the bucket is cleared if `begins_anew`, the sample
/// is added to it, and `add` called; then `reduce`, then `result`.
class BucketSum {
 public:
  BucketSum() = default;
  virtual ~BucketSum() = default;
  BucketSum(const BucketSum&) = delete;
  BucketSum& operator=(const BucketSum&) = delete;

  /// Collective: no. The bucket (element), float32, after the backward pass of a sample. After the
  /// last one of a step it is borrowed until `result` is no longer needed, and may hold it.
  virtual void add(std::int64_t sample, const at::Tensor& bucket) = 0;
  /// Collective: yes. On the communication thread.
  virtual void reduce() = 0;
  /// Collective: no. The sum (element); valid until the bucket or the next step's is changed.
  virtual at::Tensor result() = 0;
  /// Whether the bucket is to be cleared before `sample`, or goes on with those before it.
  [[nodiscard]] virtual bool begins_anew(std::int64_t sample) const = 0;
};

/// Host memory. `in_tree`: TreeReduction, whose first joins the bucket makes; else the samples of a
/// rank in order (the bucket holds their sum), then the communicator's sum.
std::unique_ptr<BucketSum> make_host_sum(Communicator& communicator,
                                         std::int64_t samples,
                                         std::int64_t elements,
                                         bool in_tree);

/// Device memory: `communicator` sums there (dist/device), or is alone. The same bits as
/// make_host_sum with `in_tree`: a rank's samples are joined on the device as TreeReduction joins
/// them; two ranks add by the communicator (a + b has no order), more exchange their sums through
/// host memory. Unless the share of a rank is a power of two, every sample goes through the host.
/// Alone, nothing waits for the device.
std::unique_ptr<BucketSum> make_device_sum(Communicator& communicator,
                                           std::int64_t samples,
                                           std::int64_t elements,
                                           bool in_tree);

}  // namespace yates::dist
