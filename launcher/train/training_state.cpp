// SPDX-License-Identifier: Apache-2.0
#include "launcher/train/training_state.hpp"

#include <algorithm>
#include <array>
#include <span>
#include <string>

#include <ATen/ops/zeros_like.h>
#include <fmt/format.h>

#include "base/digest.hpp"
#include "base/error.hpp"
#include "base/text.hpp"
#include "io/checkpoint/checkpoint.hpp"

namespace yates::train {
namespace {

/// Of host memory.
std::span<std::byte> bytes_of(const at::Tensor& tensor) {
  return {static_cast<std::byte*>(tensor.data_ptr()), static_cast<std::size_t>(tensor.nbytes())};
}

[[noreturn]] void refuse(const io::SafetensorsFile& file, const std::string& what) {
  throw Error(ExitCode::BadData,
              Problem{.what = what,
                      .where = file.path().string(),
                      .allowed = "",
                      .fix = "the checkpoint belongs to another network; use another run.dir"});
}

/// `host` is the tensor itself where that is on the CPU.
void copy_back(const at::Tensor& host, const at::Tensor& target) {
  if (!target.is_cpu()) {
    target.detach().copy_(host);
  }
}

void copy_from(const io::SafetensorsFile& file, const NamedTensor& target) {
  const io::TensorEntry* entry = file.find(target.name);
  if (entry == nullptr) {
    refuse(file, "tensor '" + target.name + "' is missing");
  }
  if (entry->dtype != io::Dtype::F32 || entry->shape != target.value.sizes().vec()) {
    refuse(file, "tensor '" + target.name + "' has another shape or dtype");
  }
  const at::Tensor host = target.value.detach().to(at::kCPU);
  std::copy(entry->data.begin(), entry->data.end(), bytes_of(host).begin());
  copy_back(host, target.value);
}

}  // namespace

TrainingState::TrainingState(const TrainedNetwork& network, const ComputePolicy& compute)
    : parameters_(network.parameters), loss_scale_(compute.device, compute.scales_loss()) {
  for (const NamedTensor& parameter : parameters_) {
    const at::Tensor& value = parameter.value;
    YATES_ASSERT(value.is_contiguous() && value.scalar_type() == at::kFloat &&
                     value.device() == compute.device,
                 "parameter '{}' is not contiguous float32 on the run's device",
                 parameter.name);
    elements_ += value.numel();
    momentum_.push_back({"momentum." + parameter.name, at::zeros_like(value.detach())});
  }
}

std::vector<NamedTensor> TrainingState::saved_tensors() const {
  std::vector<NamedTensor> tensors = parameters_;
  tensors.insert(tensors.end(), momentum_.begin(), momentum_.end());
  if (loss_scale_.is_dynamic()) {
    tensors.push_back({"loss_scale", loss_scale_.state()});
  }
  return tensors;
}

std::vector<io::TensorEntry> TrainingState::entries_of(
    const std::vector<NamedTensor>& tensors) const {
  host_copies_.clear();
  std::vector<io::TensorEntry> entries;
  for (const NamedTensor& tensor : tensors) {
    at::Tensor host = tensor.value.detach();
    if (!host.is_cpu()) {
      host = host_copies_.emplace_back(host.to(at::kCPU));
    }
    entries.push_back({tensor.name, io::Dtype::F32, host.sizes().vec(), bytes_of(host)});
  }
  return entries;
}

std::vector<io::TensorEntry> TrainingState::weight_entries() const {
  return entries_of(parameters_);
}

std::vector<io::TensorEntry> TrainingState::checkpoint_entries() const {
  return entries_of(saved_tensors());
}

void TrainingState::load(const io::SafetensorsFile& file) {
  const std::vector<NamedTensor> tensors = saved_tensors();
  for (const NamedTensor& tensor : tensors) {
    copy_from(file, tensor);
  }
  const std::size_t expected = tensors.size() + 1;  // And the checksums.
  if (file.entries().size() != expected) {
    refuse(file, fmt::format("{} tensors, not {}", file.entries().size(), expected));
  }
  const auto found = file.metadata().find("step");
  const auto step = found == file.metadata().end() ? std::nullopt : parse_integer(found->second);
  if (!step || *step < 0) {
    refuse(file, "the metadata does not tell the step");
  }
  step_ = *step;
}

std::vector<dist::ParameterShape> TrainingState::shapes() const {
  std::vector<dist::ParameterShape> shapes;
  for (const NamedTensor& parameter : parameters_) {
    shapes.push_back({parameter.name, parameter.value.sizes().vec()});
  }
  return shapes;
}

void TrainingState::broadcast(dist::Communicator& communicator) {
  dist::agree_on_parameters(communicator, shapes());
  communicator.broadcast(std::as_writable_bytes(std::span(&step_, 1)));
  for (const NamedTensor& tensor : saved_tensors()) {
    const at::Tensor host = tensor.value.detach().to(at::kCPU);
    communicator.broadcast(bytes_of(host));
    copy_back(host, tensor.value);
  }
}

void TrainingState::check_replicas(dist::Communicator& communicator) const {
  const std::vector<io::TensorEntry> entries = checkpoint_entries();
  std::vector<std::uint32_t> mine;
  for (const io::TensorEntry& entry : entries) {
    mine.push_back(crc32c(entry.data));
  }
  const auto all = communicator.all_gather(std::as_bytes(std::span(mine)));
  for (std::size_t i = 0; i < entries.size(); ++i) {
    std::vector<std::string> differing;
    const auto checksum = [&](std::size_t rank) {
      const auto first = all[rank].begin() + static_cast<std::ptrdiff_t>(i * sizeof(std::uint32_t));
      std::array<std::byte, sizeof(std::uint32_t)> bytes{};
      std::copy_n(first, bytes.size(), bytes.begin());
      return bytes;
    };
    for (std::size_t rank = 1; rank < all.size(); ++rank) {
      if (checksum(rank) != checksum(0)) {
        differing.push_back(std::to_string(rank));
      }
    }
    if (!differing.empty()) {
      throw Error(
          ExitCode::DoNotRequeue,
          Problem{.what = fmt::format("replicas differ in tensor '{}' after step {}: rank {} "
                                      "is not equal to rank 0",
                                      entries[i].name,
                                      step_,
                                      join(differing, ", ")),
                  .where = "",
                  .allowed = "",
                  .fix = "nothing was saved; check the memory of these nodes, then start "
                         "again from the last checkpoint"});
    }
  }
}

}  // namespace yates::train
