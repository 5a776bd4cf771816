// SPDX-License-Identifier: Apache-2.0
#include "launcher/eval/weights.hpp"

#include <cstring>
#include <optional>
#include <set>
#include <vector>

#include <ATen/core/grad_mode.h>
#include <ATen/ops/empty.h>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include "base/error.hpp"

namespace yates::eval {
namespace {

std::optional<at::ScalarType> floating_type(io::Dtype dtype) {
  switch (dtype) {
    case io::Dtype::F64: return at::kDouble;
    case io::Dtype::F32: return at::kFloat;
    case io::Dtype::F16: return at::kHalf;
    case io::Dtype::BF16: return at::kBFloat16;
    default: return std::nullopt;
  }
}

/// What is wrong with the tensor for this target; empty if nothing.
std::string mismatch(const io::TensorEntry* entry, const WeightTarget& target) {
  if (entry == nullptr) {
    return fmt::format("tensor '{}' is missing", target.name);
  }
  if (!floating_type(entry->dtype)) {
    return fmt::format("tensor '{}' holds {}", entry->name, io::dtype_name(entry->dtype));
  }
  if (entry->shape != target.value.sizes().vec()) {
    return fmt::format("tensor '{}' has shape [{}], the network needs [{}]",
                       entry->name,
                       fmt::join(entry->shape, ", "),
                       fmt::join(target.value.sizes().vec(), ", "));
  }
  return "";
}

void copy(const io::TensorEntry& entry, const at::Tensor& target) {
  at::Tensor source = at::empty(entry.shape, *floating_type(entry.dtype));
  std::memcpy(source.mutable_data_ptr(), entry.data.data(), entry.data.size());
  target.copy_(source);
}

bool beside_weights(const std::string& name) {
  return name.starts_with("momentum.") || name.starts_with("yates.");
}

}  // namespace

void load_weights(const io::SafetensorsFile& file, std::span<const WeightTarget> targets) {
  std::vector<std::string> findings;
  std::set<std::string> known;
  for (const WeightTarget& target : targets) {
    known.insert(target.name);
    const std::string finding = mismatch(file.find(target.name), target);
    if (!finding.empty()) {
      findings.push_back(finding);
    }
  }
  for (const io::TensorEntry& entry : file.entries()) {
    if (!known.contains(entry.name) && !beside_weights(entry.name)) {
      findings.push_back(fmt::format("tensor '{}' is unknown to the network", entry.name));
    }
  }
  std::vector<Problem> problems;
  constexpr std::size_t kNamed = 5;
  if (findings.size() > kNamed + 1) {
    const std::size_t more = findings.size() - kNamed;
    findings.resize(kNamed);
    findings.push_back(
        fmt::format("{} further tensors do not fit: the weights are of another network", more));
  }
  for (const std::string& finding : findings) {
    problems.push_back({.what = finding, .where = file.path().string(), .allowed = "", .fix = ""});
  }
  if (!problems.empty()) {
    problems.back().fix =
        "give the configuration of the network that was trained, e.g. model.width=32";
    throw Error(ExitCode::BadData, problems);
  }
  const at::AutoGradMode no_gradients(false);
  for (const WeightTarget& target : targets) {
    copy(*file.find(target.name), target.value);
  }
}

}  // namespace yates::eval
