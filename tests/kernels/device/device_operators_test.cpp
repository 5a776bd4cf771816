// SPDX-License-Identifier: Apache-2.0
// The operators that have one function for autograd, through the table of the GPU with the emulator
// behind it: in every type and memory format that a run on a GPU uses, against float64 on the CPU.
#include <cmath>
#include <functional>
#include <limits>
#include <string>
#include <vector>

#include <ATen/TensorOperators.h>
#include <ATen/ops/full.h>
#include <ATen/ops/rand.h>
#include <ATen/ops/randint.h>
#include <ATen/ops/zeros.h>
#include <gtest/gtest.h>

#include "kernels/device/operator_table_torch.hpp"
#include "kernels/loss/voxel_cross_entropy_torch.hpp"
#include "kernels/norm/instance_norm_torch.hpp"
#include "kernels/optim/sgd_torch.hpp"
#include "kernels/prune/neighbor_restore_torch.hpp"
#include "kernels/simt/device.hpp"
#include "kernels/squeeze/squeeze_excite_torch.hpp"
#include "tests/support/emulated_device.hpp"

namespace yates::kernels {
namespace {

using testing::EmulatedDevice;
using Tensors = std::vector<at::Tensor>;
using Operator = std::function<at::Tensor(const Tensors&)>;

/// y and the gradients of sum(y * weight) by all inputs.
Tensors outcome_of(const Operator& run, const Tensors& inputs, const at::Tensor& weight) {
  Tensors leaves;
  for (const at::Tensor& input : inputs) {
    leaves.push_back(input.detach().clone().requires_grad_());
  }
  const at::Tensor y = run(leaves);
  y.backward(weight.to(y.scalar_type()));
  Tensors results = {y.detach()};
  for (const at::Tensor& leaf : leaves) {
    results.push_back(leaf.grad());
  }
  return results;
}

double distance(const at::Tensor& actual, const at::Tensor& expected) {
  return ((actual.to(at::kDouble) - expected).norm() / expected.norm()).item<double>();
}

/// Through the table as near to float64 as `tolerance`, with equal bits in every order.
void expect_equals_double(const Operator& run,
                          const Tensors& inputs,
                          const at::Tensor& weight,
                          double tolerance,
                          const std::string& what) {
  Tensors doubles;
  for (const at::Tensor& input : inputs) {
    doubles.push_back(input.to(at::kDouble));
  }
  const Tensors expected = outcome_of(run, doubles, weight);
  const EmulatedDevice device;
  Tensors first;
  for (const std::uint64_t schedule : test_schedules()) {
    use_schedule(schedule);
    const Tensors results = outcome_of(run, inputs, weight);
    first = first.empty() ? results : first;
    for (std::size_t i = 0; i < results.size(); ++i) {
      EXPECT_EQ(results[i].scalar_type(),
                i == 0 ? inputs[0].scalar_type() : inputs[i - 1].scalar_type());
      EXPECT_LE(distance(results[i], expected[i]), tolerance) << what << ", result " << i;
      EXPECT_TRUE(results[i].equal(first[i])) << what << ", result " << i << ", " << schedule;
    }
  }
}

/// A type of volumes and how far a result in it may be from float64.
struct VolumeType {
  at::ScalarType type;
  double tolerance;
};
/// Rounding to float16 is 2^-11, to bfloat16 2^-8; some results are rounded twice.
constexpr VolumeType kVolumeTypes[] = {
    {at::kFloat, 1e-5}, {at::kHalf, 0x1p-10}, {at::kBFloat16, 0x1p-7}};
constexpr at::MemoryFormat kFormats[] = {at::MemoryFormat::Contiguous,
                                         at::MemoryFormat::ChannelsLast3d};

at::Tensor volume(const VolumeType& type, at::MemoryFormat format) {
  return (at::rand({2, 5, 3, 4, 7}) * 4 - 1).to(type.type).contiguous(format);
}

std::string in_words(const VolumeType& type, at::MemoryFormat format) {
  return std::string(c10::toString(type.type)) +
         (format == at::MemoryFormat::Contiguous ? ", contiguous" : ", channels last");
}

TEST(DeviceInstanceNorm, EqualsTheReferenceInEveryTypeAndFormat) {
  for (const VolumeType& type : kVolumeTypes) {
    for (const at::MemoryFormat format : kFormats) {
      const at::Tensor weight = volume(type, format);
      for (const int residual : {0, 1, 2}) {
        const Operator run = [residual](const Tensors& in) {
          return instance_norm(in[0],
                               residual > 0 ? in[1] : at::Tensor(),
                               {.normalise_residual = residual == 2, .negative_slope = 0.01});
        };
        Tensors inputs(residual > 0 ? 2 : 1);
        for (at::Tensor& input : inputs) {
          input = volume(type, format);
        }
        expect_equals_double(run, inputs, weight, type.tolerance, in_words(type, format));
      }
    }
  }
}

TEST(DeviceSqueezeExcite, EqualsTheReferenceInEveryTypeAndFormat) {
  for (const VolumeType& type : kVolumeTypes) {
    for (const at::MemoryFormat format : kFormats) {
      for (const std::size_t terms : {1U, 3U}) {
        Tensors inputs;
        for (std::size_t i = 0; i < terms; ++i) {
          inputs.push_back(volume(type, format));
        }
        for (const at::Tensor& parameter :
             {at::rand({2, 5}), at::rand({2}), at::rand({5, 2}) - 0.5, at::rand({5})}) {
          inputs.push_back(parameter);
        }
        const Operator run = [terms](const Tensors& in) {
          return squeeze_excite({in.begin(), in.begin() + static_cast<std::ptrdiff_t>(terms)},
                                {in[terms], in[terms + 1], in[terms + 2], in[terms + 3]});
        };
        // A gate's gradient is a sum of both signs.
        expect_equals_double(
            run, inputs, volume(type, format), 8 * type.tolerance, in_words(type, format));
      }
    }
  }
}

TEST(DeviceInstanceNorm, KeepsTheMemoryFormat) {
  const EmulatedDevice device;
  for (const at::MemoryFormat format : kFormats) {
    const at::Tensor x = volume({at::kHalf, 0}, format);
    EXPECT_TRUE(instance_norm(x, {}, {}).is_contiguous(format));
  }
}

TEST(DeviceCrossEntropy, EqualsTheReferenceAndAnswersUnknownLabelsWithNan) {
  at::Tensor labels = at::randint(4, {2, 3, 4, 7}, at::kLong);
  const at::Tensor logits = at::rand({2, 4, 3, 4, 7}) * 6;
  const Operator run = [&](const Tensors& in) { return voxel_cross_entropy(in[0], labels); };
  expect_equals_double(run, {logits}, at::full({}, 3.0), 2e-6, "loss");
  labels[0][0][0][0] = 4;
  const EmulatedDevice device;
  EXPECT_TRUE(std::isnan(voxel_cross_entropy(logits, labels).item<double>()));
}

TEST(DeviceNeighbors, EqualTheHost) {
  const at::Tensor rows = at::rand({2, 13, 6});
  const at::Tensor scores = at::rand({2, 60});
  const DeviceSelection selection = cuda_operators().select_tokens(scores, 12);
  const Operator run = [&](const Tensors& in) {
    const OperatorTable* device = device_operators(in[0]);
    return device != nullptr ? device->restore_neighbors(in[0], selection, {3, 4, 5})
                             : neighbor_restore(in[0], selection.kept, {3, 4, 5});
  };
  expect_equals_double(run, {rows}, at::rand({2, 60, 6}), 1e-6, "neighbours");
}

/// Parameter, gradient and velocity of several sizes; the second gradient is strided.
std::vector<SgdTriple> draw_triples() {
  std::vector<SgdTriple> triples;
  for (const std::int64_t size : {1, 33, 20000}) {
    const at::Tensor gradient = size == 33 ? at::rand({size, 2}).select(1, 0) : at::rand({size});
    triples.push_back({at::rand({size}) + 1, gradient, at::rand({size})});
  }
  return triples;
}

std::vector<SgdTriple> copy_of(const std::vector<SgdTriple>& triples) {
  std::vector<SgdTriple> copy;
  for (const SgdTriple& t : triples) {
    copy.push_back({t.parameter.clone(), t.gradient, t.velocity.clone()});
  }
  return copy;
}

/// Norm, verdict and update of a copy; the norm.
double update(std::vector<SgdTriple>& triples, double clip_norm, double skip) {
  Tensors gradients;
  for (const SgdTriple& triple : triples) {
    gradients.push_back(triple.gradient);
  }
  const at::Tensor scale = at::full({}, 8.0, at::kFloat);
  const at::Tensor norm = gradient_norm(gradients, scale);
  const SgdVerdict verdict{
      .norm = norm, .loss_scale = scale, .skip = at::full({}, skip, at::kFloat)};
  sgd_update(triples, {.lr = 0.1, .momentum = 0.9, .weight_decay = 0.25}, clip_norm, verdict);
  return norm.item<double>();
}

TEST(DeviceSgd, EqualsTheHostWithClipAndLossScale) {
  const std::vector<SgdTriple> before = draw_triples();
  for (const double clip : {0.0, 3.0, 1e6}) {
    std::vector<SgdTriple> host = copy_of(before);
    const double norm = update(host, clip, 0);
    const EmulatedDevice device;
    std::vector<SgdTriple> first = copy_of(before);
    EXPECT_NEAR(update(first, clip, 0), norm, 1e-6 * norm);
    for (const std::uint64_t schedule : test_schedules()) {
      use_schedule(schedule);
      std::vector<SgdTriple> again = copy_of(before);
      update(again, clip, 0);
      for (std::size_t i = 0; i < before.size(); ++i) {
        EXPECT_TRUE(again[i].parameter.equal(first[i].parameter)) << schedule;
        EXPECT_TRUE(again[i].velocity.equal(first[i].velocity)) << schedule;
        EXPECT_LE(distance(again[i].parameter, host[i].parameter.to(at::kDouble)), 1e-6);
        EXPECT_LE(distance(again[i].velocity, host[i].velocity.to(at::kDouble)), 1e-6);
      }
    }
  }
}

TEST(DeviceSgd, ChangesNothingInASkippedStep) {
  const std::vector<SgdTriple> before = draw_triples();
  const EmulatedDevice device;
  for (const bool is_finite : {true, false}) {
    std::vector<SgdTriple> triples = copy_of(before);
    if (!is_finite) {
      triples[2].gradient = at::full({20000}, std::numeric_limits<double>::infinity(), at::kFloat);
    }
    EXPECT_EQ(std::isfinite(update(triples, 12, is_finite ? 1 : 0)), is_finite);
    for (std::size_t i = 0; i < before.size(); ++i) {
      EXPECT_TRUE(triples[i].parameter.equal(before[i].parameter));
      EXPECT_TRUE(triples[i].velocity.equal(before[i].velocity));
    }
  }
}

TEST(DeviceOperators, LeaveWhatTheyDoNotServeToTheHost) {
  const testing::CountedOperators counted;
  const EmulatedDevice device(counted.table());
  const at::Tensor x = at::rand({1, 2, 3, 3, 3}, at::kDouble);
  instance_norm(x, {}, {});
  EXPECT_EQ(testing::calls_of<&OperatorTable::instance_norm_forward>(), 0);
  instance_norm(x.to(at::kFloat), {}, {});
  EXPECT_EQ(testing::calls_of<&OperatorTable::instance_norm_forward>(), 1);
}

}  // namespace
}  // namespace yates::kernels
