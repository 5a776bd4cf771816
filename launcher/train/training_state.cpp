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

std::span<std::byte> bytes_of(const at::Tensor& tensor) {
  return {static_cast<std::byte*>(tensor.data_ptr()), static_cast<std::size_t>(tensor.nbytes())};
}

io::TensorEntry entry_of(const NamedTensor& tensor) {
  return {tensor.name, io::Dtype::F32, tensor.value.sizes().vec(), bytes_of(tensor.value)};
}

[[noreturn]] void refuse(const io::SafetensorsFile& file, const std::string& what) {
  throw Error(ExitCode::BadData,
              Problem{.what = what,
                      .where = file.path().string(),
                      .allowed = "",
                      .fix = "the checkpoint belongs to another network; use another run.dir"});
}

void copy_from(const io::SafetensorsFile& file, const NamedTensor& target) {
  const io::TensorEntry* entry = file.find(target.name);
  if (entry == nullptr) {
    refuse(file, "tensor '" + target.name + "' is missing");
  }
  const std::span<std::byte> bytes = bytes_of(target.value);
  if (entry->dtype != io::Dtype::F32 || entry->shape != target.value.sizes().vec()) {
    refuse(file, "tensor '" + target.name + "' has another shape or dtype");
  }
  std::copy(entry->data.begin(), entry->data.end(), bytes.begin());
}

}  // namespace

TrainingState::TrainingState(const TrainedNetwork& network) : parameters_(network.parameters) {
  for (const NamedTensor& parameter : parameters_) {
    const at::Tensor& value = parameter.value;
    YATES_ASSERT(value.is_contiguous() && value.scalar_type() == at::kFloat && value.is_cpu(),
                 "parameter '{}' is not contiguous float32 on the CPU",
                 parameter.name);
    elements_ += value.numel();
    momentum_.push_back({"momentum." + parameter.name, at::zeros_like(value.detach())});
  }
}

std::vector<io::TensorEntry> TrainingState::weight_entries() const {
  std::vector<io::TensorEntry> entries;
  std::transform(parameters_.begin(), parameters_.end(), std::back_inserter(entries), entry_of);
  return entries;
}

std::vector<io::TensorEntry> TrainingState::checkpoint_entries() const {
  std::vector<io::TensorEntry> entries = weight_entries();
  std::transform(momentum_.begin(), momentum_.end(), std::back_inserter(entries), entry_of);
  return entries;
}

void TrainingState::load(const io::SafetensorsFile& file) {
  for (const auto* tensors : {&parameters_, &momentum_}) {
    for (const NamedTensor& tensor : *tensors) {
      copy_from(file, tensor);
    }
  }
  const std::size_t expected = parameters_.size() + momentum_.size() + 1;
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
  for (const auto* tensors : {&parameters_, &momentum_}) {
    for (const NamedTensor& tensor : *tensors) {
      communicator.broadcast(bytes_of(tensor.value));
    }
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
