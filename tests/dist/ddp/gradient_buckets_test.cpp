// SPDX-License-Identifier: Apache-2.0
#include "dist/ddp/gradient_buckets.hpp"

#include <algorithm>
#include <cmath>
#include <map>
#include <mutex>
#include <stdexcept>
#include <thread>

#include <ATen/TensorOperators.h>
#include <ATen/ops/full.h>
#include <ATen/ops/sum.h>
#include <ATen/ops/tanh.h>
#include <gtest/gtest.h>

#include "base/error.hpp"
#include "base/random.hpp"
#include "dist/device/device_communicator.hpp"
#include "dist/local_communicator.hpp"
#include "tests/dist/device/host_device_calls.hpp"

namespace yates::dist {
namespace {

at::Tensor drawn(const std::string& purpose, std::uint64_t index, std::vector<std::int64_t> shape) {
  at::Tensor tensor = at::full(shape, 0.0F);
  RandomStream random(11, purpose, index);
  for (std::int64_t i = 0; i < tensor.numel(); ++i) {
    tensor.data_ptr<float>()[i] = static_cast<float>(random.normal());
  }
  return tensor;
}

/// A chain of three layers and a parameter that no loss uses.
std::vector<BucketParameter> make_parameters() {
  std::vector<BucketParameter> parameters;
  const std::vector<std::vector<std::int64_t>> shapes = {{7, 5}, {5}, {3, 5}, {4}};
  for (std::size_t i = 0; i < shapes.size(); ++i) {
    parameters.push_back({"p" + std::to_string(i), drawn("parameter", i, shapes[i])});
    parameters.back().value.requires_grad_(true);
  }
  return parameters;
}

at::Tensor loss_of(const std::vector<BucketParameter>& parameters, std::int64_t sample) {
  const at::Tensor x = drawn("sample", static_cast<std::uint64_t>(sample), {7, 1}) * 3;
  const at::Tensor hidden = at::tanh(at::sum(x * parameters[0].value, {0}) + parameters[1].value);
  return at::sum(parameters[2].value * hidden * hidden);
}

using Bytes = std::vector<float>;

Bytes copy_of(const GradientBuckets& buckets) {
  const float* extra = buckets.extra().const_data_ptr<float>();
  Bytes values(extra, extra + buckets.extra().numel());
  for (const at::Tensor& gradient : buckets.gradients()) {
    const float* data = gradient.const_data_ptr<float>();
    values.insert(values.end(), data, data + gradient.numel());
  }
  return values;
}

/// Makes the communicator that the gradients are summed by; `host` and `calls` outlive it.
using MakeDevice = std::unique_ptr<Communicator> (*)(Communicator& host,
                                                     DeviceCalls& calls,
                                                     const DeviceCommunicatorOptions&);

/// Gradients and loss of `steps` steps over a batch of `samples` on `ranks` ranks; equal on all of
/// them. With `make_device` on the double of a GPU whose work is done late.
Bytes averaged(int ranks,
               BucketOptions options,
               MakeDevice make_device = nullptr,
               std::int64_t samples = 4,
               int steps = 2) {
  options.samples = samples;
  options.device_sums = make_device != nullptr;
  options.extra = 1;
  std::mutex mutex;
  std::map<int, Bytes> by_rank;
  run_local_ranks(ranks, [&](Communicator& host) {
    HostDeviceCalls calls(host);
    const auto device =
        make_device == nullptr ? nullptr : make_device(host, calls, {.slot_bytes = 40});
    Communicator& communicator = device ? *device : host;
    const std::vector<BucketParameter> parameters = make_parameters();
    GradientBuckets buckets(parameters, communicator, options);
    const SampleRange mine = samples_of_rank(samples, communicator.rank(), communicator.size());
    Bytes all;
    for (int step = 0; step < steps; ++step) {
      buckets.begin_step();
      for (std::int64_t sample = mine.begin; sample < mine.end; ++sample) {
        const at::Tensor loss = loss_of(parameters, 10 * step + sample);
        buckets.begin_sample(sample, loss.detach().view({1}));
        loss.backward();
        buckets.end_sample();
      }
      buckets.finish();
      EXPECT_EQ(buckets.unused(), 1);
      const Bytes now = copy_of(buckets);
      all.insert(all.end(), now.begin(), now.end());
    }
    const std::lock_guard lock(mutex);
    by_rank[communicator.rank()] = all;
  });
  for (const auto& [rank, values] : by_rank) {
    EXPECT_EQ(values, by_rank[0]) << "rank " << rank;
  }
  return by_rank[0];
}

/// The same without buckets, in double.
std::vector<double> expected(int steps = 2) {
  std::vector<double> all;
  for (int step = 0; step < steps; ++step) {
    const std::vector<BucketParameter> parameters = make_parameters();
    double loss_sum = 0;
    for (std::int64_t sample = 0; sample < 4; ++sample) {
      const at::Tensor loss = loss_of(parameters, 10 * step + sample);
      loss_sum += loss.item<double>();
      loss.backward();
    }
    all.push_back(loss_sum / 4);
    for (const BucketParameter& parameter : parameters) {
      const at::Tensor& gradient = parameter.value.grad();
      for (std::int64_t i = 0; i < parameter.value.numel(); ++i) {
        all.push_back(gradient.defined() ? double{gradient.const_data_ptr<float>()[i]} / 4 : 0.0);
      }
    }
  }
  return all;
}

TEST(GradientBuckets, AverageTheGradientsOfTheBatch) {
  for (const bool in_tree : {true, false}) {
    const Bytes values = averaged(2, {.in_tree = in_tree});
    const std::vector<double> truth = expected();
    ASSERT_EQ(values.size(), truth.size());
    for (std::size_t i = 0; i < truth.size(); ++i) {
      EXPECT_NEAR(values[i], truth[i], 1e-5 * (1 + std::abs(truth[i]))) << i;
    }
  }
}

TEST(GradientBuckets, InTreeNeitherRanksNorBucketsChangeTheBits) {
  const Bytes one = averaged(1, {});
  for (const int ranks : {1, 2, 4}) {
    EXPECT_EQ(averaged(ranks, {}), one) << ranks;
    EXPECT_EQ(averaged(ranks, {.limits = {.first = 1, .others = 1}}), one) << ranks;
    EXPECT_EQ(averaged(ranks, {.limits = {.first = 1, .others = 40}}), one) << ranks;
  }
}

TEST(GradientBuckets, OnADeviceTheTreeHasTheBitsOfTheHost) {
  const BucketOptions small = {.limits = {.first = 1, .others = 40}};
  for (const std::int64_t samples : {4, 6, 12}) {
    const Bytes host = averaged(1, {}, nullptr, samples);
    for (const int ranks : {1, 2, 3, 4}) {
      if (samples % ranks != 0) {
        continue;
      }
      for (const MakeDevice make : {make_staged_communicator, make_nccl_communicator}) {
        EXPECT_EQ(averaged(ranks, small, make, samples), host) << ranks << " of " << samples;
      }
    }
  }
}

TEST(GradientBuckets, OnADeviceFastSumsByTheCommunicator) {
  const BucketOptions fast = {.in_tree = false, .limits = {.first = 1, .others = 40}};
  for (const int ranks : {1, 2}) {
    const Bytes host = averaged(ranks, fast);
    EXPECT_EQ(averaged(ranks, fast, make_staged_communicator), host);
    EXPECT_EQ(averaged(ranks, fast, make_nccl_communicator), host);
  }
}

TEST(GradientBuckets, FastIsRepeatable) {
  const BucketOptions fast = {.in_tree = false, .limits = {.first = 1, .others = 8}};
  EXPECT_EQ(averaged(2, fast), averaged(2, fast));
}

TEST(GradientBuckets, LaunchInIndexOrderWhateverBecomesReadyFirst) {
  // Every rank uses the parameters in another order; only the order of launch is common.
  run_local_ranks(2, [](Communicator& communicator) {
    const std::vector<BucketParameter> parameters = make_parameters();
    GradientBuckets buckets(parameters, communicator, {.samples = 2, .limits = {1, 1}});
    buckets.begin_step();
    buckets.begin_sample(communicator.rank(), {});
    std::vector<std::size_t> order = {0, 1, 2, 3};
    if (communicator.rank() == 1) {
      std::reverse(order.begin(), order.end());
    }
    for (const std::size_t i : order) {
      at::sum(parameters[i].value * static_cast<float>(i + 1)).backward();
    }
    buckets.end_sample();
    buckets.finish();
    EXPECT_EQ(buckets.unused(), 0);
    for (std::size_t i = 0; i < 4; ++i) {
      EXPECT_EQ(buckets.gradients()[i].const_data_ptr<float>()[0], static_cast<float>(i + 1));
    }
  });
}

TEST(GradientBuckets, NameTheParameterThatComesTwice) {
  const auto communicator = make_null_communicator();
  const std::vector<BucketParameter> parameters = make_parameters();
  GradientBuckets buckets(parameters, *communicator, {});
  buckets.begin_step();
  buckets.begin_sample(0, {});
  at::sum(parameters[2].value).backward();
  try {
    at::sum(parameters[2].value).backward();
    FAIL() << "no error";
  } catch (const Error& error) {
    EXPECT_NE(std::string(error.what()).find("'p2' came twice"), std::string::npos);
  }
}

TEST(GradientBuckets, NameTheParameterThatOneRankDoesNotUse) {
  std::vector<std::string> texts(2);
  run_local_ranks(2, [&](Communicator& communicator) {
    const std::vector<BucketParameter> parameters = make_parameters();
    GradientBuckets buckets(parameters, communicator, {.samples = 2});
    buckets.begin_step();
    buckets.begin_sample(communicator.rank(), {});
    at::sum(parameters[communicator.rank() == 0 ? 0 : 1].value).backward();
    buckets.end_sample();
    try {
      buckets.finish();
    } catch (const Error& error) {
      texts[static_cast<std::size_t>(communicator.rank())] = error.what();
    }
  });
  EXPECT_NE(texts[0].find("'p0' had a gradient on rank 0 and none on rank 1"), std::string::npos);
  EXPECT_EQ(texts[0], texts[1]);
}

TEST(GradientBuckets, LeaveNoGradientBehind) {
  const auto communicator = make_null_communicator();
  const std::vector<BucketParameter> parameters = make_parameters();
  { const GradientBuckets buckets(parameters, *communicator, {}); }
  for (const BucketParameter& parameter : parameters) {
    EXPECT_FALSE(parameter.value.grad().defined());
  }
  at::sum(parameters[0].value).backward();  // The hook is gone as well.
  EXPECT_TRUE(parameters[0].value.grad().defined());
}

TEST(CommunicationThread, WorksInOrderAndRethrowsTheFirstFailure) {
  CommunicationThread thread;
  std::vector<int> done;
  thread.submit([&] { done.push_back(1); });
  thread.submit([&] { done.push_back(2); });
  thread.wait();
  EXPECT_EQ(done, (std::vector<int>{1, 2}));
  thread.submit([] { throw std::runtime_error("first"); });
  thread.submit([] { throw std::logic_error("second"); });
  EXPECT_THROW(thread.wait(), std::runtime_error);
  thread.submit([&] { done.push_back(3); });
  thread.wait();
  EXPECT_EQ(done.back(), 3);
}

TEST(CommunicationThread, DoesTheLastJobOnTheCallersThreadAfterAllOthers) {
  CommunicationThread thread;
  std::vector<std::thread::id> done;
  const auto note = [&] { done.push_back(std::this_thread::get_id()); };
  thread.submit(note);
  thread.submit(note);
  thread.wait_and_do(note);
  ASSERT_EQ(done.size(), 3U);
  EXPECT_EQ(done[0], done[1]);
  EXPECT_NE(done[0], std::this_thread::get_id());
  EXPECT_EQ(done[2], std::this_thread::get_id());
  thread.submit([] { throw std::runtime_error("before"); });
  EXPECT_THROW(thread.wait_and_do(note), std::runtime_error);
  EXPECT_EQ(done.size(), 3U);
}

}  // namespace
}  // namespace yates::dist
