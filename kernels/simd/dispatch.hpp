// SPDX-License-Identifier: Apache-2.0
// Between a fast core and its copies per instruction set. A *_simd.hpp declares the functions by
// YATES_PER_ISA, the *_cpu.cpp picks one by YATES_FOR_ISA.
#pragma once

#include "kernels/simd/isa.hpp"

/// Declares a function in the namespace of every instruction set.
#define YATES_PER_ISA(declaration) \
  namespace plain {                \
  declaration;                     \
  }                                \
  namespace avx2 {                 \
  declaration;                     \
  }                                \
  namespace avx512 {               \
  declaration;                     \
  }

#ifdef YATES_X86_SIMD
/// The function of that name compiled for `isa`.
#define YATES_FOR_ISA(isa, function)        \
  ((isa) == Isa::Avx512 ? &avx512::function \
   : (isa) == Isa::Avx2 ? &avx2::function   \
                        : &plain::function)
#else
#define YATES_FOR_ISA(isa, function) ((void)(isa), &plain::function)
#endif
