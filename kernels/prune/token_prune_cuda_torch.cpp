// SPDX-License-Identifier: Apache-2.0
#include "kernels/prune/token_prune_cuda_torch.hpp"

#include <algorithm>
#include <optional>

#include <ATen/ops/empty.h>
#include <c10/util/Exception.h>
#include <torch/csrc/autograd/custom_function.h>

#include "kernels/prune/token_prune_cuda.hpp"

namespace yates::kernels {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

const float* values(const at::Tensor& tensor) {
  return tensor.defined() ? tensor.const_data_ptr<float>() : nullptr;
}

const std::int32_t* indices(const at::Tensor& tensor) {
  return tensor.const_data_ptr<std::int32_t>();
}

at::Tensor int_tensor(at::IntArrayRef sizes, const at::Tensor& like) {
  return at::empty(sizes, like.options().dtype(at::kInt));
}

PruneShape shape_of(const DeviceSelection& selection) {
  return {.batch = selection.rank.size(0),
          .tokens = selection.rank.size(1),
          .kept = selection.kept.size(1)};
}

void check_floats(const at::Tensor& tensor, std::int64_t axes, const char* what) {
  TORCH_CHECK(tensor.scalar_type() == at::kFloat && tensor.dim() == axes,
              what,
              " is ",
              tensor.sizes(),
              " of type ",
              tensor.scalar_type(),
              ", expected float32 with ",
              axes,
              " axes");
}

at::Tensor pool(const DeviceSelection& selection,
                const at::Tensor& tokens,
                const at::Tensor& weights,
                float scale) {
  const PruneShape shape = shape_of(selection);
  const std::int64_t channels = tokens.size(2);
  at::Tensor rows = at::empty({shape.batch, shape.kept + 1, channels}, tokens.options());
  const at::Tensor scratch = at::empty({pool_cuda_workspace(shape, channels)}, tokens.options());
  pool_tokens_cuda(shape,
                   channels,
                   values(tokens),
                   indices(selection.kept),
                   indices(selection.dropped),
                   values(weights),
                   scale,
                   rows.mutable_data_ptr<float>(),
                   scratch.mutable_data_ptr<float>(),
                   current_stream(tokens));
  return rows;
}

at::Tensor unpool(const DeviceSelection& selection,
                  const at::Tensor& rows,
                  const at::Tensor& weights,
                  float scale) {
  const PruneShape shape = shape_of(selection);
  at::Tensor out = at::empty({shape.batch, shape.tokens, rows.size(2)}, rows.options());
  unpool_tokens_cuda(shape,
                     rows.size(2),
                     values(rows),
                     indices(selection.rank),
                     values(weights),
                     scale,
                     nullptr,
                     out.mutable_data_ptr<float>(),
                     current_stream(rows));
  return out;
}

/// The factor that makes the sum of the dropped tokens their mean.
float mean_scale(const PruneShape& shape) {
  return 1.0F / static_cast<float>(std::max<std::int64_t>(shape.tokens - shape.kept, 1));
}

class PoolTokens : public torch::autograd::Function<PoolTokens> {
 public:
  static at::Tensor forward(AutogradContext* context,
                            const at::Tensor& tokens,
                            const at::Tensor& kept,
                            const at::Tensor& dropped,
                            const at::Tensor& rank,
                            const std::optional<at::Tensor>& weights,
                            double scale) {
    const at::Tensor weight = weights ? weights->contiguous() : at::Tensor();
    context->save_for_backward({kept, dropped, rank, weight});
    context->saved_data["scale"] = scale;
    return pool({kept, dropped, rank}, tokens.contiguous(), weight, static_cast<float>(scale));
  }

  static variable_list backward(AutogradContext* context, const variable_list& gradients) {
    const variable_list s = context->get_saved_variables();
    const auto scale = static_cast<float>(context->saved_data["scale"].toDouble());
    return {unpool({s[0], s[1], s[2]}, gradients[0].contiguous(), s[3], scale),
            at::Tensor(),
            at::Tensor(),
            at::Tensor(),
            at::Tensor(),
            at::Tensor()};
  }
};

class UnpoolTokens : public torch::autograd::Function<UnpoolTokens> {
 public:
  static at::Tensor forward(AutogradContext* context,
                            const at::Tensor& rows,
                            const at::Tensor& kept,
                            const at::Tensor& dropped,
                            const at::Tensor& rank) {
    context->save_for_backward({kept, dropped, rank});
    return unpool({kept, dropped, rank}, rows.contiguous(), {}, 1.0F);
  }

  static variable_list backward(AutogradContext* context, const variable_list& gradients) {
    const variable_list s = context->get_saved_variables();
    return {pool({s[0], s[1], s[2]}, gradients[0].contiguous(), {}, 1.0F),
            at::Tensor(),
            at::Tensor(),
            at::Tensor()};
  }
};

}  // namespace

at::Tensor token_norms_device(const at::Tensor& tokens) {
  check_floats(tokens, 3, "token_norms: tokens");
  const at::Tensor x = tokens.contiguous();
  at::Tensor norms = at::empty({x.size(0), x.size(1)}, x.options());
  token_norms_cuda(x.const_data_ptr<float>(),
                   norms.numel(),
                   x.size(2),
                   norms.mutable_data_ptr<float>(),
                   current_stream(x));
  return norms;
}

DeviceSelection select_tokens_device(const at::Tensor& scores, std::int64_t kept) {
  check_floats(scores, 2, "select_tokens: scores");
  const at::Tensor x = scores.contiguous();
  const PruneShape shape{.batch = x.size(0), .tokens = x.size(1), .kept = kept};
  TORCH_CHECK(kept >= 1 && kept <= shape.tokens, "select_tokens: ", kept, " of ", shape.tokens);
  DeviceSelection selection{.kept = int_tensor({shape.batch, kept}, x),
                            .dropped = int_tensor({shape.batch, shape.tokens - kept}, x),
                            .rank = int_tensor({shape.batch, shape.tokens}, x)};
  const at::Tensor scratch = at::empty({prune_cuda_workspace(shape)}, x.options().dtype(at::kByte));
  select_tokens_cuda(shape,
                     x.const_data_ptr<float>(),
                     selection.kept.mutable_data_ptr<std::int32_t>(),
                     selection.dropped.mutable_data_ptr<std::int32_t>(),
                     selection.rank.mutable_data_ptr<std::int32_t>(),
                     scratch.mutable_data_ptr(),
                     current_stream(x));
  return selection;
}

at::Tensor compact_orders_device(const DeviceSelection& selection, const at::Tensor& orders) {
  const PruneShape shape = shape_of(selection);
  TORCH_CHECK(
      orders.scalar_type() == at::kInt && orders.dim() == 2 && orders.size(1) == shape.tokens,
      "compact_orders: orders is ",
      orders.sizes(),
      ", expected int32 [order, ",
      shape.tokens,
      "]");
  const at::Tensor all = orders.contiguous();
  at::Tensor compact = int_tensor({shape.batch, all.size(0), shape.kept + 1}, all);
  const at::Tensor scratch =
      at::empty({prune_cuda_workspace(shape)}, all.options().dtype(at::kByte));
  compact_orders_cuda(shape,
                      indices(all),
                      static_cast<int>(all.size(0)),
                      indices(selection.rank),
                      compact.mutable_data_ptr<std::int32_t>(),
                      scratch.mutable_data_ptr(),
                      current_stream(all));
  return compact;
}

at::Tensor pool_tokens_device(const at::Tensor& tokens,
                              const DeviceSelection& selection,
                              const at::Tensor& weights) {
  check_floats(tokens, 3, "pool_tokens: tokens");
  const bool weighted = weights.defined();
  return PoolTokens::apply(tokens,
                           selection.kept,
                           selection.dropped,
                           selection.rank,
                           weighted ? std::optional(weights) : std::nullopt,
                           weighted ? 1.0 : static_cast<double>(mean_scale(shape_of(selection))));
}

at::Tensor unpool_tokens_device(const at::Tensor& rows, const DeviceSelection& selection) {
  check_floats(rows, 3, "unpool_tokens: rows");
  return UnpoolTokens::apply(rows, selection.kept, selection.dropped, selection.rank);
}

}  // namespace yates::kernels
