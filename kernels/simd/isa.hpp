// SPDX-License-Identifier: Apache-2.0
// The instruction sets that the fast cores are compiled for, chosen at run time. Results differ in
// their last bits between them, never between runs or thread counts on one of them.
#pragma once

#include <string_view>
#include <vector>

namespace yates::kernels {

/// Plain is what every processor of the architecture has.
enum class Isa { Plain, Avx2, Avx512 };

/// The widest that this processor and this build have.
Isa best_isa();

/// All that this processor and this build have, Plain first.
std::vector<Isa> available_isas();

/// "plain", "avx2" or "avx512".
std::string_view isa_name(Isa isa);

}  // namespace yates::kernels
