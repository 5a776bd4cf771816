// SPDX-License-Identifier: Apache-2.0
// Grey pictures for figures.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace yates::io {

/// A PNG file of 8-bit grey pixels, rows from the top. Precondition: pixels.size() is a positive
/// multiple of `width`. Deterministic for one version of libdeflate.
std::vector<std::byte> encode_png(std::span<const std::uint8_t> pixels, std::size_t width);

/// Base64 (RFC 4648) with padding.
std::string base64(std::span<const std::byte> bytes);

}  // namespace yates::io
