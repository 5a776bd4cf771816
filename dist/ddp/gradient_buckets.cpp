// SPDX-License-Identifier: Apache-2.0
#include "dist/ddp/gradient_buckets.hpp"

#include <algorithm>
#include <limits>
#include <utility>

#include <ATen/core/grad_mode.h>
#include <ATen/ops/zeros.h>
#include <fmt/format.h>

#include "base/error.hpp"
#include "base/fault.hpp"
#include "base/log.hpp"

namespace yates::dist {
namespace {

std::vector<ParameterShape> shapes_of(const std::vector<BucketParameter>& parameters) {
  std::vector<ParameterShape> shapes;
  for (const BucketParameter& parameter : parameters) {
    shapes.push_back({parameter.name, parameter.value.sizes().vec()});
  }
  return shapes;
}

}  // namespace

GradientBuckets::GradientBuckets(std::vector<BucketParameter> parameters,
                                 Communicator& communicator,
                                 const BucketOptions& options)
    : parameters_(std::move(parameters)),
      communicator_(communicator),
      options_(options),
      mine_(samples_of_rank(options.samples, communicator.rank(), communicator.size())),
      layout_(shapes_of(parameters_), options.extra, options.limits),
      results_(layout_.buckets()),
      gradients_(parameters_.size()),
      pending_(layout_.buckets()),
      ready_(parameters_.size()),
      used_(parameters_.size()) {
  YATES_ASSERT(!parameters_.empty(), "no parameters");
  const at::TensorOptions memory =
      at::TensorOptions(at::kFloat).device(parameters_.front().value.device());
  const auto make_sum = options_.device_sums ? make_device_sum : make_host_sum;
  for (std::size_t bucket = 0; bucket < layout_.buckets(); ++bucket) {
    const std::int64_t elements = layout_.elements(bucket);
    buckets_.push_back(at::zeros({elements}, memory));
    sums_.push_back(make_sum(communicator, options.samples, elements, options.in_tree));
  }
  for (std::size_t i = 0; i < parameters_.size(); ++i) {
    const at::Tensor& value = parameters_[i].value;
    YATES_ASSERT(value.is_contiguous() && value.scalar_type() == at::kFloat &&
                     value.device() == memory.device() && (value.is_cpu() || options_.device_sums),
                 "parameter '{}' is not contiguous float32 where its sums are",
                 parameters_[i].name);
    value.mutable_grad() = view_of(i, buckets_[layout_.slice(i).bucket]);
    hooks_.push_back(std::make_unique<GradientReadyHook>(value, [this, i] { ready(i); }));
  }
}

GradientBuckets::~GradientBuckets() {
  hooks_.clear();
  for (const BucketParameter& parameter : parameters_) {
    parameter.value.mutable_grad().reset();
  }
}

at::Tensor GradientBuckets::view_of(std::size_t parameter, const at::Tensor& bucket) const {
  const BucketLayout::Slice& slice = layout_.slice(parameter);
  return bucket.narrow(0, slice.begin, slice.count).view(parameters_[parameter].value.sizes());
}

void GradientBuckets::begin_step() {
  std::fill(used_.begin(), used_.end(), std::uint8_t{0});
}

void GradientBuckets::begin_sample(std::int64_t sample, const at::Tensor& extra) {
  YATES_ASSERT(sample_ < 0, "sample {} has not ended", sample_);
  YATES_ASSERT(sample >= mine_.begin && sample < mine_.end, "sample {} of another rank", sample);
  const std::int64_t given = extra.defined() ? extra.numel() : 0;
  YATES_ASSERT(given == options_.extra, "{} extra values", given);
  sample_ = sample;
  next_ = 0;
  std::fill(ready_.begin(), ready_.end(), false);
  for (std::size_t bucket = 0; bucket < layout_.buckets(); ++bucket) {
    pending_[bucket] = layout_.parameters_in(bucket);
    if (sums_[bucket]->begins_anew(sample)) {
      buckets_[bucket].zero_();
    }
  }
  if (options_.extra > 0) {
    const at::NoGradGuard no_grad;
    buckets_.back().narrow(0, layout_.extra().begin, options_.extra).add_(extra);
  }
}

void GradientBuckets::ready(std::size_t parameter) {
  const BucketLayout::Slice& slice = layout_.slice(parameter);
  YATES_ASSERT(sample_ >= 0 && !ready_[parameter],
               "the gradient of '{}' came twice, or outside a sample",
               parameters_[parameter].name);
  const float* place = buckets_[slice.bucket].const_data_ptr<float>() + slice.begin;
  at::Tensor& gradient = parameters_[parameter].value.mutable_grad();
  if (gradient.const_data_ptr() != place) {
    if (!std::exchange(warned_, true)) {
      log_warning("the gradient of '{}' was replaced and is copied", parameters_[parameter].name);
    }
    const at::NoGradGuard no_grad;
    const at::Tensor view = view_of(parameter, buckets_[slice.bucket]);
    view.copy_(gradient);
    gradient = view;
  }
  ready_[parameter] = true;
  used_[parameter] = 1;
  --pending_[slice.bucket];
  launch_complete_buckets();
}

void GradientBuckets::launch_complete_buckets() {
  while (next_ < buckets_.size() && pending_[next_] == 0) {
    contribute(next_++);
  }
}

void GradientBuckets::contribute(std::size_t bucket) {
  const bool last_bucket = bucket + 1 == buckets_.size();
  if (last_bucket && fault_point("grad.before_reduce") == FaultAction::Nan) {
    buckets_[bucket].narrow(0, 0, 1).fill_(std::numeric_limits<float>::quiet_NaN());
  }
  sums_[bucket]->add(sample_, buckets_[bucket]);
  // The last one completes when backward ends: `finish` does it without a change of thread.
  if (sample_ + 1 == mine_.end && !last_bucket) {
    thread_.submit([this, bucket] { reduce(bucket); });
  }
}

// On the communication thread; the last bucket on the thread that calls `finish`.
void GradientBuckets::reduce(std::size_t bucket) {
  communicator_.set_subject(fmt::format("gradient bucket {} of {}", bucket, buckets_.size()));
  sums_[bucket]->reduce();
  communicator_.set_subject("");
  if (!options_.device_sums) {
    take_mean(bucket);
  }
}

void GradientBuckets::take_mean(std::size_t bucket) {
  const float scale = 1.0F / static_cast<float>(options_.samples);
  results_[bucket] = sums_[bucket]->result();
  if (options_.device_sums) {
    const at::NoGradGuard no_grad;
    results_[bucket].mul_(static_cast<double>(scale));
    return;
  }
  // By hand: LibTorch would start threads of its own for the communication thread.
  float* values = results_[bucket].mutable_data_ptr<float>();
  std::for_each(values, values + results_[bucket].numel(), [&](float& value) { value *= scale; });
}

void GradientBuckets::end_sample() {
  YATES_ASSERT(sample_ >= 0, "no sample has begun");
  std::fill(pending_.begin(), pending_.end(), 0);
  launch_complete_buckets();
  sample_ = -1;
}

void GradientBuckets::finish() {
  YATES_ASSERT(next_ == buckets_.size(), "bucket {} is not complete", next_);
  thread_.wait_and_do([this] { reduce(buckets_.size() - 1); });
  if (options_.device_sums) {
    // In this thread, so that it stands in the order of its stream.
    for (std::size_t bucket = 0; bucket < layout_.buckets(); ++bucket) {
      take_mean(bucket);
    }
  }
  if (!std::exchange(compared_, true)) {
    compare_used();
  }
  show_results();
}

void GradientBuckets::compare_used() {
  const auto all = communicator_.all_gather(std::as_bytes(std::span(used_)));
  for (std::size_t rank = 1; rank < all.size(); ++rank) {
    const auto first = std::mismatch(all[0].begin(), all[0].end(), all[rank].begin()).first;
    if (first == all[0].end()) {
      continue;
    }
    const bool at_root = *first != std::byte{0};
    const auto parameter = static_cast<std::size_t>(first - all[0].begin());
    throw Error(
        ExitCode::Internal,
        Problem{.what = fmt::format("parameter '{}' had a gradient on rank {} and none on rank {}",
                                    parameters_[parameter].name,
                                    at_root ? 0 : rank,
                                    at_root ? rank : 0),
                .where = "",
                .allowed = "",
                .fix = "report it: the ranks do not compute the same graph"});
  }
}

void GradientBuckets::show_results() {
  for (std::size_t i = 0; i < parameters_.size(); ++i) {
    gradients_[i] = view_of(i, results_[layout_.slice(i).bucket]);
  }
  extra_ = results_.back().narrow(0, layout_.extra().begin, options_.extra);
}

std::int64_t GradientBuckets::unused() const {
  return std::count(used_.begin(), used_.end(), std::uint8_t{0});
}

}  // namespace yates::dist
