// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <bit>
#include <cmath>
#include <functional>
#include <limits>
#include <utility>
#include <vector>

#include "base/error.hpp"
#include "base/random.hpp"
#include "dist/local_communicator.hpp"
#include "dist/tree_reduction.hpp"
#include "tests/dist/communicator_suite.hpp"

namespace yates::dist {
namespace {

/// Values of one sample, of widely different magnitude so that every order of summation shows.
std::vector<float> sample_values(std::int64_t sample,
                                 std::int64_t elements,
                                 std::int64_t step = 0) {
  RandomStream random(
      7, "tree", static_cast<std::uint64_t>(step), static_cast<std::uint64_t>(sample));
  std::vector<float> values(static_cast<std::size_t>(elements));
  for (float& value : values) {
    value = static_cast<float>(random.normal() * std::exp(3 * random.normal()));
  }
  return values;
}

/// The tree by its definition, over one element.
float tree_sum(std::vector<float> values) {
  for (std::size_t stride = 1; stride < values.size(); stride *= 2) {
    for (std::size_t left = 0; left + stride < values.size(); left += 2 * stride) {
      values[left] = values[left] + values[left + stride];
    }
  }
  return values[0];
}

std::vector<std::uint32_t> bits(std::span<const float> values) {
  std::vector<std::uint32_t> result;
  for (const float value : values) {
    result.push_back(std::bit_cast<std::uint32_t>(value));
  }
  return result;
}

std::vector<std::uint32_t> expected_bits(std::int64_t samples,
                                         std::int64_t elements,
                                         std::int64_t step) {
  std::vector<std::vector<float>> all;
  for (std::int64_t sample = 0; sample < samples; ++sample) {
    all.push_back(sample_values(sample, elements, step));
  }
  std::vector<float> sums;
  for (std::size_t i = 0; i < static_cast<std::size_t>(elements); ++i) {
    std::vector<float> column;
    for (const auto& sample : all) {
      column.push_back(sample[i]);
    }
    sums.push_back(tree_sum(column));
  }
  return bits(sums);
}

constexpr std::int64_t kElements = 101;

/// One step as GradientBuckets takes it: one vector is used for all samples of a rank, neighbours
/// are summed in it with `by_first_join`.
std::vector<std::uint32_t> reduced_bits(TreeReduction& tree,
                                        SampleRange mine,
                                        std::int64_t step,
                                        bool by_first_join,
                                        std::vector<float>& memory) {
  for (std::int64_t sample = mine.begin; sample < mine.end;) {
    const SampleRange range =
        by_first_join ? first_join(mine, sample) : SampleRange{sample, sample + 1};
    memory.assign(kElements, 0.0F);
    for (; sample < range.end; ++sample) {
      const std::vector<float> values = sample_values(sample, kElements, step);
      std::transform(
          memory.begin(), memory.end(), values.begin(), memory.begin(), std::plus<float>());
    }
    tree.add(range, memory);
  }
  return bits(tree.finish());
}

TEST_P(TreeReductionSuite, GivesTheBitsOfTheTreeForEveryLayout) {
  GetParam().run([](Communicator& comm) {
    for (const std::int64_t samples : {1, 2, 3, 4, 5, 6, 8, 9, 10, 12, 24}) {
      if (samples % comm.size() != 0) {
        continue;
      }
      TreeReduction tree(comm, samples, kElements);
      const SampleRange mine = samples_of_rank(samples, comm.rank(), comm.size());
      std::vector<float> memory;
      for (std::int64_t step = 0; step < 4; ++step) {
        EXPECT_EQ(reduced_bits(tree, mine, step, step % 2 == 1, memory),
                  expected_bits(samples, kElements, step))
            << samples << " samples, step " << step;
      }
    }
  });
}

TEST(TreeReduction, FirstJoinsNeighboursOfOneRank) {
  const auto of = [](SampleRange mine, std::int64_t sample) {
    const SampleRange range = first_join(mine, sample);
    return std::pair(range.begin, range.end);
  };
  EXPECT_EQ(of({0, 3}, 0), std::pair(0L, 2L));
  EXPECT_EQ(of({0, 3}, 1), std::pair(0L, 2L));
  EXPECT_EQ(of({0, 3}, 2), std::pair(2L, 3L)) << "its neighbour is another rank's, or is not";
  EXPECT_EQ(of({3, 6}, 3), std::pair(3L, 4L));
  EXPECT_EQ(of({3, 6}, 5), std::pair(4L, 6L));
}

TEST_P(TreeReductionSuite, CrossesThePieceLimitUnchanged) {
  GetParam().run([](Communicator& comm) {
    const std::int64_t elements = (1 << 20) + 3;
    const std::int64_t samples = comm.size();
    TreeReduction tree(comm, samples, elements);
    std::vector<float> values(static_cast<std::size_t>(elements),
                              0.1F * static_cast<float>(comm.rank() + 1));
    tree.add({comm.rank(), comm.rank() + 1}, values);
    std::vector<float> column;
    for (int rank = 0; rank < comm.size(); ++rank) {
      column.push_back(0.1F * static_cast<float>(rank + 1));
    }
    const std::span<const float> sum = tree.finish();
    EXPECT_EQ(std::count(sum.begin(), sum.end(), tree_sum(column)), elements);
  });
}

TEST_P(TreeReductionSuite, CarriesNonFiniteValuesToEveryRank) {
  GetParam().run([](Communicator& comm) {
    const std::int64_t samples = 2 * comm.size();
    TreeReduction tree(comm, samples, 2);
    const SampleRange mine = samples_of_rank(samples, comm.rank(), comm.size());
    std::vector<float> values;
    for (std::int64_t sample = mine.begin; sample < mine.end; ++sample) {
      const bool last = sample == samples - 1;
      values = {last ? std::numeric_limits<float>::quiet_NaN() : 1.0F, 1.0F};
      tree.add({sample, sample + 1}, values);
    }
    const std::span<const float> sum = tree.finish();
    EXPECT_TRUE(std::isnan(sum[0]));
    EXPECT_EQ(sum[1], static_cast<float>(samples));
  });
}

TEST_P(TreeReductionSuite, RefusesALayoutThatChangesTheBatch) {
  GetParam().run([](Communicator& comm) {
    const std::int64_t samples = 2 * comm.size() + 1;
    if (samples % comm.size() == 0) {
      return;
    }
    try {
      TreeReduction(comm, samples, 1);
      ADD_FAILURE() << "no error";
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ExitCode::BadConfig);
    }
  });
}

TEST(TreeReduction, IsNotTheSumInOrder) {
  // The suite has power only if the order of summation shows in the bits.
  std::vector<float> in_order(101, 0.0F);
  for (std::int64_t sample = 0; sample < 8; ++sample) {
    const std::vector<float> values = sample_values(sample, 101);
    std::transform(
        in_order.begin(), in_order.end(), values.begin(), in_order.begin(), std::plus<float>());
  }
  EXPECT_NE(bits(in_order), expected_bits(8, 101, 0));
}

}  // namespace
}  // namespace yates::dist
