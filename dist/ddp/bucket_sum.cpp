// SPDX-License-Identifier: Apache-2.0
#include "dist/ddp/bucket_sum.hpp"

#include <bit>
#include <map>
#include <utility>

#include <ATen/core/grad_mode.h>
#include <ATen/ops/from_blob.h>

#include "dist/tree_reduction.hpp"

namespace yates::dist {
namespace {

std::span<float> values_of(const at::Tensor& tensor) {
  return {tensor.mutable_data_ptr<float>(), static_cast<std::size_t>(tensor.numel())};
}

at::Tensor tensor_over(std::span<float> values) {
  return at::from_blob(values.data(), {std::ssize(values)}, at::kFloat);
}

class HostTreeSum final : public BucketSum {
 public:
  HostTreeSum(Communicator& communicator, std::int64_t samples, std::int64_t elements)
      : tree_(communicator, samples, elements),
        mine_(samples_of_rank(samples, communicator.rank(), communicator.size())) {}

  void add(std::int64_t sample, const at::Tensor& bucket) override {
    const SampleRange joined = first_join(mine_, sample);
    if (sample + 1 == joined.end) {
      tree_.add(joined, values_of(bucket));
    }
  }
  void reduce() override { sum_ = tree_.finish(); }
  at::Tensor result() override { return tensor_over(sum_); }
  [[nodiscard]] bool begins_anew(std::int64_t sample) const override {
    return first_join(mine_, sample).begin == sample;
  }

 private:
  TreeReduction tree_;
  SampleRange mine_;
  std::span<float> sum_;
};

/// The bucket itself is summed, on whatever memory the communicator takes.
class PlainSum final : public BucketSum {
 public:
  PlainSum(Communicator& communicator, std::int64_t samples)
      : communicator_(communicator),
        mine_(samples_of_rank(samples, communicator.rank(), communicator.size())) {}

  void add(std::int64_t /*sample*/, const at::Tensor& bucket) override { sum_ = bucket; }
  void reduce() override { communicator_.all_reduce_sum(values_of(sum_)); }
  at::Tensor result() override { return sum_; }
  [[nodiscard]] bool begins_anew(std::int64_t sample) const override {
    return sample == mine_.begin;
  }

 private:
  Communicator& communicator_;
  SampleRange mine_;
  at::Tensor sum_;
};

/// Joins the samples of a share on their device as TreeReduction does; a share that is a power of
/// two, or the only one, becomes one sum.
class DeviceTreeSum final : public BucketSum {
 public:
  DeviceTreeSum(Communicator& communicator, std::int64_t samples)
      : communicator_(communicator),
        mine_(samples_of_rank(samples, communicator.rank(), communicator.size())),
        share_({0, mine_.end - mine_.begin}) {}

  void add(std::int64_t sample, const at::Tensor& bucket) override {
    const at::NoGradGuard no_grad;
    const SampleRange joined = first_join(share_, sample - mine_.begin);
    if (sample - mine_.begin + 1 != joined.end) {
      return;
    }
    if (joined.begin == 0) {
      partial_.clear();
    }
    const bool is_last = joined.end == share_.end;
    partial_.emplace(joined.begin, is_last ? bucket : bucket.clone());
    join(joined);
  }
  void reduce() override {
    if (communicator_.size() == 2) {
      communicator_.all_reduce_sum(values_of(partial_.at(0)));
    } else if (communicator_.size() > 2) {
      reduce_through_host();
    }
  }
  at::Tensor result() override { return partial_.at(0); }
  [[nodiscard]] bool begins_anew(std::int64_t sample) const override {
    return first_join(share_, sample - mine_.begin).begin == sample - mine_.begin;
  }

 private:
  void join(SampleRange joined) {
    std::int64_t first = joined.begin;
    for (std::int64_t stride = joined.end - first; stride < share_.end; stride *= 2) {
      if (first / stride % 2 == 1) {
        partial_.at(first - stride).add_(partial_.at(first));
        partial_.erase(first);
        first -= stride;
      } else if (first + stride < share_.end) {
        return;
      }
    }
  }
  void reduce_through_host() {
    const at::NoGradGuard no_grad;
    at::Tensor& mine = partial_.at(0);
    const at::Tensor host = mine.to(at::kCPU);
    TreeReduction tree(communicator_, communicator_.size(), host.numel());
    const std::int64_t rank = communicator_.rank();
    tree.add({rank, rank + 1}, values_of(host));
    mine.copy_(tensor_over(tree.finish()));
  }

  Communicator& communicator_;
  SampleRange mine_;
  SampleRange share_;                           // The samples of the share, counted from its first.
  std::map<std::int64_t, at::Tensor> partial_;  // By first sample of the share.
};

/// Every sample through host memory.
class StagedTreeSum final : public BucketSum {
 public:
  StagedTreeSum(Communicator& communicator, std::int64_t samples, std::int64_t elements)
      : host_(communicator, samples, elements) {}

  void add(std::int64_t sample, const at::Tensor& bucket) override {
    device_ = bucket.device();
    staged_ = bucket.to(at::kCPU);
    host_.add(sample, staged_);
  }
  void reduce() override { host_.reduce(); }
  at::Tensor result() override { return host_.result().to(device_); }
  [[nodiscard]] bool begins_anew(std::int64_t sample) const override {
    return host_.begins_anew(sample);
  }

 private:
  HostTreeSum host_;
  at::Tensor staged_;  // The last one is borrowed.
  at::Device device_ = at::kCPU;
};

}  // namespace

std::unique_ptr<BucketSum> make_host_sum(Communicator& communicator,
                                         std::int64_t samples,
                                         std::int64_t elements,
                                         bool in_tree) {
  if (in_tree) {
    return std::make_unique<HostTreeSum>(communicator, samples, elements);
  }
  return std::make_unique<PlainSum>(communicator, samples);
}

std::unique_ptr<BucketSum> make_device_sum(Communicator& communicator,
                                           std::int64_t samples,
                                           std::int64_t elements,
                                           bool in_tree) {
  if (!in_tree) {
    return std::make_unique<PlainSum>(communicator, samples);
  }
  const SampleRange mine = samples_of_rank(samples, communicator.rank(), communicator.size());
  const auto share = static_cast<std::uint64_t>(mine.end - mine.begin);
  if (communicator.size() == 1 || std::has_single_bit(share)) {
    return std::make_unique<DeviceTreeSum>(communicator, samples);
  }
  return std::make_unique<StagedTreeSum>(communicator, samples, elements);
}

}  // namespace yates::dist
