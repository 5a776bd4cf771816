// SPDX-License-Identifier: Apache-2.0
// The four modalities of a phantom: tissue and tumour means, bias field, blur, Rician noise, gain.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "io/phantom/brain_shape.hpp"
#include "io/phantom/options.hpp"

namespace yates::io {

/// File suffixes of the modalities, in storage order.
inline constexpr std::array<std::string_view, 4> kPhantomModalities = {"t2w", "t2f", "t1n", "t1c"};

/// What a voxel of the brain is made of, by row of the intensity table.
enum class Tissue : std::uint8_t { Csf, Grey, White, Ncr, Oedema, Enhancing, Outside };

/// The tissue of every voxel of the box, from depth, noise and `labels`.
std::vector<Tissue> draw_tissues(const PhantomOptions& options,
                                 std::uint64_t index,
                                 const BrainShape& brain,
                                 std::span<const std::uint8_t> labels);

/// Counts of modality `modality` (0..3) over the whole volume `options.shape`: exactly 0 outside
/// the brain, at least 1 inside. Gain, bias and noise are drawn for case `index` and modality.
std::vector<std::int16_t> draw_modality(const PhantomOptions& options,
                                        std::uint64_t index,
                                        std::size_t modality,
                                        const BrainShape& brain,
                                        std::span<const Tissue> tissues);

}  // namespace yates::io
