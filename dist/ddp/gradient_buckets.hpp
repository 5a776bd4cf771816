// SPDX-License-Identifier: Apache-2.0
// The mean of gradients over the global batch, summed while backward still runs: as soon as all
// gradients of a bucket are there, the bucket is reduced on the communication thread.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include <ATen/core/Tensor.h>

#include "dist/communication_thread.hpp"
#include "dist/communicator.hpp"
#include "dist/ddp/bucket_layout.hpp"
#include "dist/ddp/bucket_sum.hpp"
#include "dist/ddp/gradient_ready_hook.hpp"
#include "dist/tree_reduction.hpp"

namespace yates::dist {

/// A contiguous float32 leaf that requires gradients; all of a run on one device.
struct BucketParameter {
  std::string name;
  at::Tensor value;
};

struct BucketOptions {
  std::int64_t samples = 1;  ///< Global batch.
  std::int64_t extra = 0;    ///< Values per sample that are averaged along, e.g. the loss.
  /// True: a fixed tree over samples, bits independent of the number of ranks and of the buckets.
  /// False: samples of a rank in order, then the communicator's sum.
  bool in_tree = true;
  BucketLimits limits = {};
  /// The communicator sums where the parameters are (dist/device), or is alone: nothing goes
  /// through host memory that need not (make_device_sum). Else the parameters are on the CPU.
  bool device_sums = false;
};

/// A step: `begin_step`; for each sample of this rank in order `begin_sample`, one backward pass,
/// `end_sample`; `finish`. Gradients are views of the buckets; buckets are launched strictly in
/// index order, so the order of collectives is the same on all ranks. A parameter without gradient
/// counts as zero. Sums are fp32, then one multiply by 1 / samples.
class GradientBuckets {
 public:
  /// Takes over the parameters' `grad`. Throws Error{BadConfig} unless the ranks divide the batch.
  GradientBuckets(std::vector<BucketParameter> parameters,
                  Communicator& communicator,
                  const BucketOptions& options);
  /// The parameters have no `grad` afterwards.
  ~GradientBuckets();
  GradientBuckets(const GradientBuckets&) = delete;
  GradientBuckets& operator=(const GradientBuckets&) = delete;

  [[nodiscard]] const BucketLayout& layout() const { return layout_; }

  void begin_step();
  /// `extra` (values), float32, of this sample, on the parameters' device, known before its
  /// backward pass; undefined if there are none. Samples ascend within samples_of_rank.
  void begin_sample(std::int64_t sample, const at::Tensor& extra);
  void end_sample();
  /// Collective: yes. The communicator is free again afterwards. Rethrows what failed on the
  /// communication thread. The first call compares which parameters had gradients: throws
  /// Error{Internal} naming the first one on which ranks disagree.
  void finish();

  /// Mean gradient of each parameter, in its shape; valid from `finish` to `begin_step`. Borrowed.
  [[nodiscard]] const std::vector<at::Tensor>& gradients() const { return gradients_; }
  /// Mean of the extra values, where the parameters are. Borrowed likewise.
  [[nodiscard]] const at::Tensor& extra() const { return extra_; }
  /// Parameters that had no gradient in the newest step of this rank.
  [[nodiscard]] std::int64_t unused() const;
  /// Seconds that `finish` has waited so far: communication that backward did not hide.
  [[nodiscard]] double wait_seconds() const { return thread_.wait_seconds(); }

 private:
  void ready(std::size_t parameter);
  void launch_complete_buckets();
  void contribute(std::size_t bucket);
  void reduce(std::size_t bucket);
  void take_mean(std::size_t bucket);
  void compare_used();
  void show_results();
  [[nodiscard]] at::Tensor view_of(std::size_t parameter, const at::Tensor& bucket) const;

  std::vector<BucketParameter> parameters_;
  Communicator& communicator_;
  BucketOptions options_;
  SampleRange mine_;
  BucketLayout layout_;
  std::vector<at::Tensor> buckets_;               // (element)
  std::vector<std::unique_ptr<BucketSum>> sums_;  // By bucket.
  std::vector<at::Tensor> results_;               // By bucket.
  std::vector<at::Tensor> gradients_;
  at::Tensor extra_;
  std::vector<std::unique_ptr<GradientReadyHook>> hooks_;

  std::int64_t sample_ = -1;           // The one in work, or -1.
  std::vector<std::int64_t> pending_;  // By bucket: gradients missing in this sample.
  std::vector<bool> ready_;            // By parameter, in this sample.
  std::vector<std::uint8_t> used_;     // By parameter, in this step.
  std::size_t next_ = 0;               // The bucket to contribute next.
  bool compared_ = false;
  bool warned_ = false;
  CommunicationThread thread_;  // Last: its jobs use the above.
};

}  // namespace yates::dist
