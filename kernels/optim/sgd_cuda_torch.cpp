// SPDX-License-Identifier: Apache-2.0
#include "kernels/optim/sgd_cuda_torch.hpp"

#include <cstring>
#include <vector>

#include <ATen/ops/empty.h>
#include <c10/util/Exception.h>

#include "kernels/device/operator_table_torch.hpp"
#include "kernels/optim/sgd_cuda.hpp"

namespace yates::kernels {
namespace {

/// Tensors cut into parts, the list of these on their device. Lives until the kernels are launched:
/// the allocator gives memory out again in the order of the stream.
class DeviceParts {
 public:
  explicit DeviceParts(const at::Device& device) : device_(device) {}

  void add(const SgdTriple& triple) {
    gradients_.push_back(triple.gradient.defined() ? triple.gradient.contiguous()
                                                   : triple.gradient);
    const at::Tensor& gradient = gradients_.back();
    const at::Tensor& sized = triple.parameter.defined() ? triple.parameter : gradient;
    TORCH_CHECK(sized.scalar_type() == at::kFloat && sized.device() == device_,
                "sgd: a tensor is ",
                sized.scalar_type(),
                " on ",
                sized.device(),
                ", expected float32 on ",
                device_);
    tensors_.push_back({.parameter = data(triple.parameter),
                        .gradient = data(gradient),
                        .velocity = data(triple.velocity),
                        .count = sized.numel()});
  }

  /// Call once, when all are added.
  const SgdTensor<float>* place() {
    const std::vector<SgdTensor<float>> parts = sgd_parts(tensors_);
    count_ = std::ssize(parts);
    const auto bytes = static_cast<std::int64_t>(parts.size() * sizeof(SgdTensor<float>));
    const at::Tensor host = at::empty({bytes}, at::kByte);
    std::memcpy(host.mutable_data_ptr(), parts.data(), static_cast<std::size_t>(bytes));
    parts_ = device_.is_cpu() ? host : host.pin_memory().to(device_, true);
    return static_cast<const SgdTensor<float>*>(parts_.const_data_ptr());
  }
  [[nodiscard]] std::int64_t count() const { return count_; }

 private:
  static float* data(const at::Tensor& tensor) {
    return tensor.defined() ? tensor.mutable_data_ptr<float>() : nullptr;
  }

  at::Device device_;
  std::vector<at::Tensor> gradients_;
  std::vector<SgdTensor<float>> tensors_;
  at::Tensor parts_;
  std::int64_t count_ = 0;
};

}  // namespace

at::Tensor gradient_norm_device(std::span<const at::Tensor> gradients,
                                const at::Tensor& loss_scale) {
  DeviceParts parts(loss_scale.device());
  for (const at::Tensor& gradient : gradients) {
    parts.add({.parameter = {}, .gradient = gradient, .velocity = {}});
  }
  const SgdTensor<float>* list = parts.place();
  at::Tensor norm = at::empty({}, loss_scale.options());
  const at::Tensor sums = at::empty({parts.count()}, loss_scale.options().dtype(at::kDouble));
  gradient_norm_cuda(list,
                     parts.count(),
                     loss_scale.const_data_ptr<float>(),
                     sums.mutable_data_ptr<double>(),
                     norm.mutable_data_ptr<float>(),
                     current_stream(loss_scale));
  return norm;
}

void sgd_update_device(std::span<const SgdTriple> triples,
                       const SgdStep& step,
                       double clip_norm,
                       const SgdVerdict& verdict) {
  DeviceParts parts(verdict.loss_scale.device());
  for (const SgdTriple& triple : triples) {
    parts.add(triple);
  }
  const SgdTensor<float>* list = parts.place();
  sgd_cuda(list,
           parts.count(),
           step,
           clip_norm,
           {.norm = verdict.norm.const_data_ptr<float>(),
            .loss_scale = verdict.loss_scale.const_data_ptr<float>(),
            .skip = verdict.skip.const_data_ptr<float>()},
           current_stream(verdict.loss_scale));
}

}  // namespace yates::kernels
