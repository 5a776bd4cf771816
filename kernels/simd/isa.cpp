// SPDX-License-Identifier: Apache-2.0
#include "kernels/simd/isa.hpp"

namespace yates::kernels {

std::vector<Isa> available_isas() {
  std::vector<Isa> isas = {Isa::Plain};
#ifdef YATES_X86_SIMD
  if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) {
    isas.push_back(Isa::Avx2);
  }
  if (isas.size() == 2 && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") &&
      __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512bw")) {
    isas.push_back(Isa::Avx512);
  }
#endif
  return isas;
}

Isa best_isa() {
  static const Isa best = available_isas().back();
  return best;
}

std::string_view isa_name(Isa isa) {
  switch (isa) {
    case Isa::Plain: return "plain";
    case Isa::Avx2: return "avx2";
    case Isa::Avx512: return "avx512";
  }
  return "";
}

}  // namespace yates::kernels
