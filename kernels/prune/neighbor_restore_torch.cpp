// SPDX-License-Identifier: Apache-2.0
#include "kernels/prune/neighbor_restore_torch.hpp"

#include <vector>

#include <ATen/Dispatch.h>
#include <ATen/ops/empty.h>
#include <torch/csrc/autograd/custom_function.h>

#include "kernels/prune/neighbor_restore_cpu.hpp"
#include "kernels/simd/parallel_torch.hpp"

namespace yates::kernels {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

NeighborShape shape_of(const at::Tensor& rows, const std::vector<std::int64_t>& grid) {
  return {.batch = rows.size(0),
          .depth = grid[0],
          .height = grid[1],
          .width = grid[2],
          .kept = rows.size(1) - 1,
          .channels = rows.size(2)};
}

/// The stencil as tensors (batch, token, direction).
struct Stencil {
  at::Tensor rows, weights;
  [[nodiscard]] NeighborStencil<double> pointers() const {
    return {rows.mutable_data_ptr<std::int32_t>(), weights.mutable_data_ptr<double>()};
  }
};

class NeighborRestore : public torch::autograd::Function<NeighborRestore> {
 public:
  static at::Tensor forward(AutogradContext* context,
                            const at::Tensor& given_rows,
                            const at::Tensor& kept,
                            const std::vector<std::int64_t>& grid) {
    const at::Tensor rows = given_rows.contiguous();
    const NeighborShape shape = shape_of(rows, grid);
    const std::int64_t tokens = grid[0] * grid[1] * grid[2];
    const std::array<std::int64_t, 3> entries = {shape.batch, tokens, kNeighborDirections};
    const Stencil stencil{.rows = at::empty(entries, at::kInt),
                          .weights = at::empty(entries, at::kDouble)};
    const at::Tensor list = kept.to(at::kInt).contiguous();
    neighbor_stencil_cpu(shape, list.const_data_ptr<std::int32_t>(), stencil.pointers());
    at::Tensor y = at::empty({shape.batch, tokens, shape.channels}, rows.options());
    AT_DISPATCH_FLOATING_TYPES(rows.scalar_type(), "neighbor_restore", [&] {
      neighbor_restore_cpu(shape,
                           stencil.pointers(),
                           rows.const_data_ptr<scalar_t>(),
                           y.mutable_data_ptr<scalar_t>(),
                           run_on_torch_threads);
    });
    context->save_for_backward({stencil.rows, stencil.weights});
    context->saved_data["grid"] = grid;
    context->saved_data["rows"] = rows.size(1);
    return y;
  }

  static variable_list backward(AutogradContext* context, const variable_list& gradients) {
    const variable_list saved = context->get_saved_variables();
    const Stencil stencil{.rows = saved[0], .weights = saved[1]};
    const at::Tensor grad_y = gradients[0].contiguous();
    at::Tensor grad_rows = at::empty(
        {grad_y.size(0), context->saved_data["rows"].toInt(), grad_y.size(2)}, grad_y.options());
    const NeighborShape shape = shape_of(grad_rows, context->saved_data["grid"].toIntVector());
    AT_DISPATCH_FLOATING_TYPES(grad_y.scalar_type(), "neighbor_restore", [&] {
      neighbor_restore_backward_cpu(shape,
                                    stencil.pointers(),
                                    grad_y.const_data_ptr<scalar_t>(),
                                    grad_rows.mutable_data_ptr<scalar_t>(),
                                    run_on_torch_threads);
    });
    return {grad_rows, at::Tensor(), at::Tensor()};
  }
};

}  // namespace

at::Tensor neighbor_restore(const at::Tensor& rows,
                            const at::Tensor& kept,
                            const std::array<std::int64_t, 3>& grid) {
  return NeighborRestore::apply(rows, kept, std::vector<std::int64_t>(grid.begin(), grid.end()));
}

}  // namespace yates::kernels
