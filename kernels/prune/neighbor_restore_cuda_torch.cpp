// SPDX-License-Identifier: Apache-2.0
#include "kernels/prune/neighbor_restore_cuda_torch.hpp"

#include <vector>

#include <ATen/ops/empty.h>
#include <c10/util/Exception.h>
#include <torch/csrc/autograd/custom_function.h>

#include "kernels/prune/neighbor_restore_cuda.hpp"

namespace yates::kernels {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

NeighborShape shape_of(const at::Tensor& kept,
                       const std::vector<std::int64_t>& grid,
                       std::int64_t channels) {
  return {.batch = kept.size(0),
          .depth = grid[0],
          .height = grid[1],
          .width = grid[2],
          .kept = kept.size(1),
          .channels = channels};
}

/// The stencil as tensors (batch, token, direction).
struct Stencil {
  at::Tensor rows, weights;
  [[nodiscard]] NeighborStencil<float> pointers() const {
    return {rows.mutable_data_ptr<std::int32_t>(), weights.mutable_data_ptr<float>()};
  }
};

class RestoreNeighbors : public torch::autograd::Function<RestoreNeighbors> {
 public:
  static at::Tensor forward(AutogradContext* context,
                            const at::Tensor& given_rows,
                            const at::Tensor& kept,
                            const at::Tensor& dropped,
                            const at::Tensor& rank,
                            const std::vector<std::int64_t>& grid) {
    const at::Tensor rows = given_rows.contiguous();
    const NeighborShape shape = shape_of(kept, grid, rows.size(2));
    const std::int64_t tokens = rank.size(1);
    const std::array<std::int64_t, 3> entries = {shape.batch, tokens, kNeighborDirections};
    const Stencil stencil{.rows = at::empty(entries, rank.options()),
                          .weights = at::empty(entries, rows.options())};
    const Stream stream = current_stream(rows);
    neighbor_stencil_cuda(shape, rank.const_data_ptr<std::int32_t>(), stencil.pointers(), stream);
    at::Tensor y = at::empty({shape.batch, tokens, shape.channels}, rows.options());
    neighbor_restore_cuda(shape,
                          stencil.pointers(),
                          rows.const_data_ptr<float>(),
                          y.mutable_data_ptr<float>(),
                          stream);
    context->save_for_backward({kept, dropped, rank, stencil.rows, stencil.weights});
    context->saved_data["grid"] = grid;
    return y;
  }

  static variable_list backward(AutogradContext* context, const variable_list& gradients) {
    const variable_list s = context->get_saved_variables();
    const at::Tensor grad_y = gradients[0].contiguous();
    const NeighborShape shape =
        shape_of(s[0], context->saved_data["grid"].toIntVector(), grad_y.size(2));
    at::Tensor grad_rows =
        at::empty({shape.batch, shape.kept + 1, shape.channels}, grad_y.options());
    const at::Tensor workspace = at::empty({neighbor_cuda_workspace(shape)}, grad_y.options());
    neighbor_restore_backward_cuda(shape,
                                   {.kept = s[0].const_data_ptr<std::int32_t>(),
                                    .dropped = s[1].const_data_ptr<std::int32_t>(),
                                    .rank = s[2].const_data_ptr<std::int32_t>()},
                                   Stencil{s[3], s[4]}.pointers(),
                                   grad_y.const_data_ptr<float>(),
                                   grad_rows.mutable_data_ptr<float>(),
                                   workspace.mutable_data_ptr<float>(),
                                   current_stream(grad_y));
    return {grad_rows, at::Tensor(), at::Tensor(), at::Tensor(), at::Tensor()};
  }
};

}  // namespace

at::Tensor restore_neighbors_device(const at::Tensor& rows,
                                    const DeviceSelection& selection,
                                    const std::array<std::int64_t, 3>& grid) {
  TORCH_CHECK(rows.scalar_type() == at::kFloat && rows.dim() == 3 &&
                  rows.size(1) == selection.kept.size(1) + 1 &&
                  selection.rank.size(1) == grid[0] * grid[1] * grid[2],
              "restore_neighbors: rows is ",
              rows.sizes(),
              " of type ",
              rows.scalar_type(),
              ", expected float32 with a row more than the ",
              selection.kept.size(1),
              " kept of ",
              selection.rank.size(1),
              " tokens of the grid");
  return RestoreNeighbors::apply(rows,
                                 selection.kept,
                                 selection.dropped,
                                 selection.rank,
                                 std::vector<std::int64_t>(grid.begin(), grid.end()));
}

}  // namespace yates::kernels
