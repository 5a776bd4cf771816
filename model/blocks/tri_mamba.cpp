// SPDX-License-Identifier: Apache-2.0
#include "model/blocks/tri_mamba.hpp"

#include <algorithm>
#include <span>
#include <utility>
#include <vector>

#include <ATen/TensorOperators.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/layer_norm.h>
#include <ATen/ops/mean.h>
#include <ATen/ops/where.h>

#include "kernels/device/operator_table_torch.hpp"
#include "kernels/scan/token_orders.hpp"
#include "model/blocks/grid_orders.hpp"
#include "model/blocks/instance_norm.hpp"
#include "model/kept_tokens.hpp"
#include "model/precision.hpp"
#include "model/prune/neighbor_restore.hpp"
#include "model/prune/row_permutation.hpp"

namespace yates::model {
namespace {

/// (batch, channel, d, w, h) to tokens (batch, token, channel) in row-major order.
at::Tensor to_tokens(const at::Tensor& x) {
  return x.flatten(2).transpose(1, 2).contiguous();
}

/// Orders (batch, order, row) of the kept tokens of each sample, the summary's row last.
at::Tensor pruned_orders(const at::Tensor& kept, const TokenGrid& grid) {
  const at::Tensor orders_of_grid = grid_orders(grid, at::kCPU);
  const std::span<const std::int32_t> all(orders_of_grid.const_data_ptr<std::int32_t>(),
                                          static_cast<std::size_t>(orders_of_grid.numel()));
  const at::Tensor tokens = kept.to(at::kInt).contiguous();
  const auto count = static_cast<std::size_t>(kept.size(1));
  std::vector<std::int32_t> rows;
  for (std::int64_t sample = 0; sample < kept.size(0); ++sample) {
    const std::span<const std::int32_t> sample_tokens(
        tokens.const_data_ptr<std::int32_t>() + sample * kept.size(1), count);
    const std::vector<std::int32_t> orders =
        kernels::compact_orders(all, orders_of_grid.size(1), sample_tokens, true);
    rows.insert(rows.end(), orders.begin(), orders.end());
  }
  at::Tensor compact = at::empty({kept.size(0), kernels::kTokenOrders, kept.size(1) + 1}, at::kInt);
  std::copy(rows.begin(), rows.end(), compact.mutable_data_ptr<std::int32_t>());
  return compact;
}

/// One token (batch, 1, channel) for the dropped ones. Under `score` their scores weigh them, as
/// constants; weights that sum to zero fall back to the mean.
at::Tensor summary_token(const at::Tensor& dropped,
                         const at::Tensor& scores,
                         const std::string& kind) {
  const at::Tensor mean = at::mean(dropped, {1}, true);
  if (kind == "mean") {
    return mean;
  }
  const at::Tensor total = scores.sum({1}, true).unsqueeze(2);
  const at::Tensor weighted = (dropped * scores.unsqueeze(2)).sum({1}, true);
  const at::Tensor divisor = at::where(total > 0, total, 1.0);
  return at::where(total > 0, weighted / divisor, mean);
}

/// Weights (batch, token) of the summary of the dropped tokens, as summary_token has them;
/// undefined for their mean.
at::Tensor summary_weights(const kernels::DeviceSelection& selection,
                           const at::Tensor& scores,
                           const std::string& kind) {
  if (kind == "mean") {
    return {};
  }
  const at::Tensor total = (scores * (selection.rank < 0)).sum({1}, true);
  const at::Tensor divisor = at::where(total > 0, total, 1.0);
  return at::where(
      total > 0, scores / divisor, 1.0 / static_cast<double>(selection.dropped.size(1)));
}

}  // namespace

TriMamba::TriMamba(const ParameterList& parameters, const std::string& name, TokenPruning pruning)
    : name_(name),
      norm_weight_(parameters.at(name + ".norm.weight")),
      norm_bias_(parameters.at(name + ".norm.bias")),
      mamba_(parameters, name + ".mamba"),
      pruning_(std::move(pruning)) {}

at::Tensor TriMamba::operator()(const at::Tensor& x, const ScoreContext& context) const {
  const TokenGrid grid = {x.size(2), x.size(3), x.size(4)};
  const at::Tensor tokens = full_precision(to_tokens(x));
  const std::int64_t length = tokens.size(1);
  const at::ScalarType products = x.scalar_type();
  const bool all_kept = kept_tokens(pruning_.keep_rate, length) == length;
  const at::Tensor y = all_kept ? mix(tokens, grid_orders(grid, tokens.device()), products)
                                : pruned(tokens, grid, context, products);
  return x + y.transpose(1, 2).view(x.sizes()).to(products);
}

TokenSelection TriMamba::select(const at::Tensor& x, const ScoreContext& context) const {
  const TokenGrid grid = {x.size(2), x.size(3), x.size(4)};
  return select_tokens(scores(full_precision(to_tokens(x)), grid, context), pruning_.keep_rate);
}

at::Tensor TriMamba::scores(const at::Tensor& tokens,
                            const TokenGrid& grid,
                            const ScoreContext& context) const {
  return pruning_.scorer == "random"
             ? random_scores(tokens, name_, context.place)
             : fused_scores(pruning_.scorer, tokens, context.foreground, grid);
}

at::Tensor TriMamba::mix(const at::Tensor& rows,
                         const at::Tensor& orders,
                         at::ScalarType products) const {
  const at::Tensor normed =
      at::layer_norm(rows, {rows.size(2)}, norm_weight_, norm_bias_, kNormEpsilon);
  return mamba_(normed, orders, products);
}

at::Tensor TriMamba::pruned_on_device(const kernels::OperatorTable& device,
                                      const at::Tensor& tokens,
                                      const TokenGrid& grid,
                                      const ScoreContext& context,
                                      at::ScalarType products) const {
  const at::Tensor score = scores(tokens, grid, context);
  const kernels::DeviceSelection selection =
      device.select_tokens(score, kept_tokens(pruning_.keep_rate, tokens.size(1)));
  const at::Tensor rows =
      device.pool_tokens(tokens, selection, summary_weights(selection, score, pruning_.summary));
  const at::Tensor orders = device.compact_orders(selection, grid_orders(grid, tokens.device()));
  const at::Tensor y = mix(rows, orders, products);
  return pruning_.restore == "neighbor" ? device.restore_neighbors(y, selection, grid)
                                        : device.unpool_tokens(y, selection);
}

at::Tensor TriMamba::pruned(const at::Tensor& tokens,
                            const TokenGrid& grid,
                            const ScoreContext& context,
                            at::ScalarType products) const {
  if (const kernels::OperatorTable* device = kernels::device_operators(tokens)) {
    return pruned_on_device(*device, tokens, grid, context, products);
  }
  const at::Tensor score = scores(tokens, grid, context);
  const TokenSelection selection = select_tokens(score, pruning_.keep_rate);
  const at::Tensor partition = at::cat({selection.kept, selection.dropped}, 1);
  const at::Tensor parted = permute_rows(tokens, partition);
  const std::int64_t kept = selection.kept.size(1);
  const std::int64_t dropped = selection.dropped.size(1);
  const at::Tensor summary = summary_token(
      parted.narrow(1, kept, dropped), score.gather(1, selection.dropped), pruning_.summary);
  const at::Tensor rows = at::cat({parted.narrow(1, 0, kept), summary}, 1);
  const at::Tensor y = mix(rows, pruned_orders(selection.kept, grid), products);
  if (pruning_.restore == "neighbor") {
    return neighbor_restore(y, selection.kept, grid);
  }
  const at::Tensor restored =
      at::cat({y.narrow(1, 0, kept), y.narrow(1, kept, 1).expand({-1, dropped, -1})}, 1);
  return permute_rows(restored, inverse_permutation(partition));
}

}  // namespace yates::model
