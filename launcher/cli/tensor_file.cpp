// SPDX-License-Identifier: Apache-2.0
#include "launcher/cli/tensor_file.hpp"

#include <algorithm>
#include <cstring>
#include <vector>

#include <ATen/ops/empty.h>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include "base/error.hpp"

namespace yates::cli {
namespace {

io::Dtype dtype_of(const at::Tensor& tensor) {
  switch (tensor.scalar_type()) {
    case at::kFloat: return io::Dtype::F32;
    case at::kDouble: return io::Dtype::F64;
    default:
      YATES_ASSERT(tensor.scalar_type() == at::kLong, "a tensor of another type");
      return io::Dtype::I64;
  }
}

at::ScalarType scalar_type_of(const io::TensorEntry& entry, const std::string& file) {
  switch (entry.dtype) {
    case io::Dtype::F64: return at::kDouble;
    case io::Dtype::F32: return at::kFloat;
    case io::Dtype::F16: return at::kHalf;
    case io::Dtype::BF16: return at::kBFloat16;
    case io::Dtype::I64: return at::kLong;
    case io::Dtype::I32: return at::kInt;
    case io::Dtype::I16: return at::kShort;
    case io::Dtype::I8: return at::kChar;
    case io::Dtype::U8: return at::kByte;
    default:
      throw Error(ExitCode::BadData,
                  Problem{.what = fmt::format(
                              "tensor '{}' holds {}", entry.name, io::dtype_name(entry.dtype)),
                          .where = file,
                          .allowed = "F64, F32, F16, BF16, I64, I32, I16, I8, U8",
                          .fix = ""});
  }
}

}  // namespace

io::TensorEntry tensor_entry(const std::string& name, const at::Tensor& tensor) {
  YATES_ASSERT(tensor.is_contiguous() && tensor.device().is_cpu(), "'{}' is not contiguous", name);
  return {.name = name,
          .dtype = dtype_of(tensor),
          .shape = tensor.sizes().vec(),
          .data = {static_cast<const std::byte*>(tensor.const_data_ptr()), tensor.nbytes()}};
}

at::Tensor read_tensor(const io::SafetensorsFile& file, const std::string& name) {
  const io::TensorEntry* entry = file.find(name);
  if (entry == nullptr) {
    std::vector<std::string> names;
    for (const io::TensorEntry& there : file.entries()) {
      names.push_back(there.name);
    }
    constexpr std::size_t kShown = 10;
    names.resize(std::min(names.size(), kShown));
    throw Error(ExitCode::BadData,
                Problem{.what = fmt::format("there is no tensor '{}'", name),
                        .where = file.path().string(),
                        .allowed = fmt::format("found: {}", fmt::join(names, ", ")),
                        .fix = ""});
  }
  at::Tensor tensor = at::empty(entry->shape, scalar_type_of(*entry, file.path().string()));
  std::memcpy(tensor.mutable_data_ptr(), entry->data.data(), entry->data.size());
  return tensor;
}

}  // namespace yates::cli
