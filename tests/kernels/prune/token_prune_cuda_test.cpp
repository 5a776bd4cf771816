// SPDX-License-Identifier: Apache-2.0
#include "kernels/prune/token_prune_cuda.hpp"

#include <cmath>
#include <limits>
#include <span>
#include <vector>

#include <gtest/gtest.h>

#include "base/random.hpp"
#include "kernels/prune/token_prune_reference.hpp"
#include "kernels/scan/token_orders.hpp"
#include "kernels/simt/device.hpp"
#include "tests/support/golden_tensors.hpp"

namespace yates::kernels {
namespace {

using testing::relative_l2;
using Indices = std::vector<std::int32_t>;
using Values = std::vector<float>;

constexpr float kNan = std::numeric_limits<float>::quiet_NaN();
constexpr float kInf = std::numeric_limits<float>::infinity();

std::size_t size(std::int64_t count) {
  return static_cast<std::size_t>(count);
}

Values draw(std::int64_t count, std::uint64_t slot) {
  RandomStream random(8, "prune_cuda", 0, slot);
  Values values(size(count));
  for (float& value : values) {
    value = static_cast<float>(random.uniform(-1, 1));
  }
  return values;
}

struct Selection {
  Indices kept{}, dropped{}, rank{};
  bool operator==(const Selection&) const = default;
};

Selection select_on_device(const PruneShape& shape, const Values& scores) {
  const DeviceArray<float> device_scores(scores);
  DeviceArray<std::int32_t> kept(size(shape.batch * shape.kept));
  DeviceArray<std::int32_t> dropped(size(shape.batch * (shape.tokens - shape.kept)));
  DeviceArray<std::int32_t> rank(scores.size());
  DeviceArray<unsigned char> workspace(size(prune_cuda_workspace(shape)));
  select_tokens_cuda(shape,
                     device_scores.data(),
                     kept.data(),
                     dropped.data(),
                     rank.data(),
                     workspace.data(),
                     nullptr);
  return {kept.host(), dropped.host(), rank.host()};
}

Selection select_plainly(const PruneShape& shape, const Values& scores) {
  Selection all;
  for (std::int64_t b = 0; b < shape.batch; ++b) {
    Indices kept(size(shape.kept));
    Indices dropped(size(shape.tokens - shape.kept));
    const auto sample = std::span(scores).subspan(size(b * shape.tokens), size(shape.tokens));
    select_tokens_reference<float>(sample, kept, dropped);
    Indices rank(size(shape.tokens), -1);
    for (std::size_t i = 0; i < kept.size(); ++i) {
      rank[static_cast<std::size_t>(kept[i])] = static_cast<std::int32_t>(i);
    }
    all.kept.insert(all.kept.end(), kept.begin(), kept.end());
    all.dropped.insert(all.dropped.end(), dropped.begin(), dropped.end());
    all.rank.insert(all.rank.end(), rank.begin(), rank.end());
  }
  return all;
}

TEST(SelectTokensCuda, EqualsTheReferenceWithTiesInEveryOrderOfExecution) {
  for (const std::int64_t tokens : {1, 2, 31, 33, 129, 700}) {
    for (const int values : {2, 50, 1000000}) {
      RandomStream random(4, "select_cuda", static_cast<std::uint64_t>(tokens));
      Values scores(size(2 * tokens));
      for (float& score : scores) {
        score = static_cast<float>(random.integer(-values, values)) / 7.0F;
      }
      for (const std::int64_t kept : {std::int64_t{1}, (tokens + 1) / 2, tokens}) {
        const PruneShape shape{.batch = 2, .tokens = tokens, .kept = kept};
        const Selection expected = select_plainly(shape, scores);
        for (const std::uint64_t schedule : test_schedules()) {
          use_schedule(schedule);
          ASSERT_TRUE(select_on_device(shape, scores) == expected)
              << tokens << " " << values << " " << kept;
        }
      }
    }
  }
}

TEST(SelectTokensCuda, RanksNanBelowEveryNumber) {
  const Values scores = {kNan, -kInf, kInf, -kNan, -1, 0.0F, -0.0F};
  for (std::int64_t kept = 1; kept <= 7; ++kept) {
    const PruneShape shape{.batch = 1, .tokens = 7, .kept = kept};
    EXPECT_TRUE(select_on_device(shape, scores) == select_plainly(shape, scores)) << kept;
  }
}

TEST(CompactOrdersCuda, EqualThoseOfTheCpu) {
  constexpr std::int64_t kTokens = 7 * 9 * 11;
  const std::vector<std::int32_t> orders = token_orders({7, 9, 11});
  const DeviceArray<std::int32_t> device_orders(orders);
  for (const std::int64_t kept : {std::int64_t{1}, std::int64_t{300}, kTokens}) {
    const PruneShape shape{.batch = 2, .tokens = kTokens, .kept = kept};
    const Selection selection = select_plainly(shape, draw(2 * kTokens, 1));
    const DeviceArray<std::int32_t> rank(selection.rank);
    Indices expected;
    for (std::int64_t b = 0; b < 2; ++b) {
      const auto sample = std::span(selection.kept).subspan(size(b * kept), size(kept));
      const Indices compact = compact_orders(orders, kTokens, sample, true);
      expected.insert(expected.end(), compact.begin(), compact.end());
    }
    for (const std::uint64_t schedule : test_schedules()) {
      use_schedule(schedule);
      DeviceArray<std::int32_t> compact(expected.size());
      DeviceArray<unsigned char> workspace(size(prune_cuda_workspace(shape)));
      compact_orders_cuda(shape,
                          device_orders.data(),
                          kTokenOrders,
                          rank.data(),
                          compact.data(),
                          workspace.data(),
                          nullptr);
      EXPECT_EQ(compact.host(), expected) << kept;
    }
  }
}

TEST(TokenNormsCuda, EqualTheReferenceAndKeepNan) {
  for (const std::int64_t channels : {1, 15, 33, 96}) {
    constexpr std::int64_t kRows = 129;
    Values x = draw(kRows * channels, 2);
    x[size(7 * channels)] = kNan;
    Values expected(kRows);
    token_norms_reference<float>(
        kRows,
        channels,
        {.data = x.data(), .batch_stride = 0, .token_stride = channels, .channel_stride = 1},
        expected.data());
    const DeviceArray<float> device_x(x);
    DeviceArray<float> norms(kRows);
    token_norms_cuda(device_x.data(), kRows, channels, norms.data(), nullptr);
    const Values got = norms.host();
    for (std::size_t i = 0; i < got.size(); ++i) {
      ASSERT_EQ(std::isnan(got[i]), i == 7);
      if (i != 7) {
        ASSERT_NEAR(got[i], expected[i], 1e-6F * expected[i]) << i;
      }
    }
  }
}

/// A selection on the device, to pool by.
struct Pool {
  PruneShape shape;
  std::int64_t channels;
  Selection selection;
  DeviceArray<std::int32_t> kept, dropped, rank;

  Pool(const PruneShape& s, std::int64_t c)
      : shape(s),
        channels(c),
        selection(select_plainly(s, draw(s.batch * s.tokens, 3))),
        kept(selection.kept),
        dropped(selection.dropped),
        rank(selection.rank) {}

  [[nodiscard]] Values pool(const Values& x, const Values& weights, float scale) const {
    const DeviceArray<float> device_x(x);
    const DeviceArray<float> device_weights(weights);
    DeviceArray<float> rows(size(shape.batch * (shape.kept + 1) * channels));
    DeviceArray<float> workspace(size(pool_cuda_workspace(shape, channels)));
    pool_tokens_cuda(shape,
                     channels,
                     device_x.data(),
                     kept.data(),
                     dropped.data(),
                     device_weights.data(),
                     scale,
                     rows.data(),
                     workspace.data(),
                     nullptr);
    return rows.host();
  }

  [[nodiscard]] Values unpool(const Values& rows,
                              const Values& weights,
                              float scale,
                              const Values& residual) const {
    const DeviceArray<float> device_rows(rows);
    const DeviceArray<float> device_weights(weights);
    const DeviceArray<float> device_residual(residual);
    DeviceArray<float> out(size(shape.batch * shape.tokens * channels));
    unpool_tokens_cuda(shape,
                       channels,
                       device_rows.data(),
                       rank.data(),
                       device_weights.data(),
                       scale,
                       device_residual.data(),
                       out.data(),
                       nullptr);
    return out.host();
  }

  /// The definition, in double.
  [[nodiscard]] std::vector<double> expected(const Values& x,
                                             const Values& weights,
                                             double scale) const {
    std::vector<double> rows(size(shape.batch * (shape.kept + 1) * channels), 0);
    for (std::int64_t b = 0; b < shape.batch; ++b) {
      for (std::int64_t t = 0; t < shape.tokens; ++t) {
        const std::size_t token = size(b * shape.tokens + t);
        const std::int64_t row = selection.rank[token] >= 0 ? selection.rank[token] : shape.kept;
        const double weight = weights.empty() ? 1 : static_cast<double>(weights[token]);
        const double factor = row == shape.kept ? scale * weight : 1;
        for (std::int64_t c = 0; c < channels; ++c) {
          rows[size((b * (shape.kept + 1) + row) * channels + c)] +=
              factor * static_cast<double>(x[token * size(channels) + size(c)]);
        }
      }
    }
    return rows;
  }
};

TEST(PoolTokensCuda, GathersAndFusesInEveryOrderOfExecution) {
  for (const std::int64_t channels : {1, 33, 130}) {
    for (const std::int64_t kept : {1, 65, 150}) {
      const Pool pool({.batch = 2, .tokens = 150, .kept = kept}, channels);
      const Values x = draw(2 * 150 * channels, 4);
      for (const Values& weights : {Values{}, draw(300, 5)}) {
        const Values first = pool.pool(x, weights, 0.25F);
        EXPECT_LE(relative_l2(first, pool.expected(x, weights, 0.25)), 2e-6) << kept;
        for (const std::uint64_t schedule : test_schedules()) {
          use_schedule(schedule);
          EXPECT_EQ(pool.pool(x, weights, 0.25F), first);
        }
      }
    }
  }
}

TEST(PoolTokensCuda, SummaryIsZeroWhereNothingIsDropped) {
  const Pool pool({.batch = 1, .tokens = 5, .kept = 5}, 3);
  Values rows = pool.pool(draw(15, 6), {}, 1.0F);
  rows.erase(rows.begin(), rows.begin() + 15);
  EXPECT_EQ(rows, Values(3, 0));
}

TEST(UnpoolTokensCuda, IsTheAdjointOfPooling) {
  constexpr std::int64_t kChannels = 33;
  const Pool pool({.batch = 2, .tokens = 129, .kept = 40}, kChannels);
  const Values x = draw(2 * 129 * kChannels, 7);
  const Values grad = draw(2 * 41 * kChannels, 8);
  const Values weights = draw(2 * 129, 9);
  const auto dot = [](const Values& a, const Values& b) {
    double sum = 0;
    for (std::size_t i = 0; i < a.size(); ++i) {
      sum += static_cast<double>(a[i]) * static_cast<double>(b[i]);
    }
    return sum;
  };
  const double forward = dot(pool.pool(x, weights, 0.5F), grad);
  EXPECT_NEAR(forward, dot(x, pool.unpool(grad, weights, 0.5F, {})), 1e-4);
}

TEST(UnpoolTokensCuda, AddsTheResidual) {
  const Pool pool({.batch = 1, .tokens = 31, .kept = 10}, 5);
  const Values rows = draw(55, 10);
  const Values residual = draw(155, 11);
  const Values plain = pool.unpool(rows, {}, 1.0F, {});
  const Values added = pool.unpool(rows, {}, 1.0F, residual);
  for (std::size_t i = 0; i < plain.size(); ++i) {
    EXPECT_EQ(added[i], residual[i] + plain[i]);
  }
}

}  // namespace
}  // namespace yates::kernels
