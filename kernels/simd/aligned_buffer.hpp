// SPDX-License-Identifier: Apache-2.0
// Scratch memory on cache-line boundaries.
#pragma once

#include <cstdint>
#include <memory>
#include <new>

namespace yates::kernels {

/// `count` floats, aligned to 64 bytes, zero at first unless `Unset`. Empty buffers are allowed.
class AlignedBuffer {
 public:
  enum Content { Zero, Unset };

  explicit AlignedBuffer(std::int64_t count, Content content = Zero)
      : data_(content == Zero
                  ? new (std::align_val_t{kAlignment}) float[static_cast<std::size_t>(count)]()
                  : new (std::align_val_t{kAlignment}) float[static_cast<std::size_t>(count)]) {}

  [[nodiscard]] float* data() { return data_.get(); }
  [[nodiscard]] const float* data() const { return data_.get(); }

 private:
  static constexpr std::size_t kAlignment = 64;
  struct Release {
    void operator()(float* data) const { ::operator delete[](data, std::align_val_t{kAlignment}); }
  };
  std::unique_ptr<float[], Release> data_;
};

}  // namespace yates::kernels
