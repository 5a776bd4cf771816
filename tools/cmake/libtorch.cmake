# LibTorch out of its Python wheel, as tools/bootstrap.sh unpacks it:
# ROOT/torch/{include,lib} and ROOT/nvidia/cu13/lib. The CMake package inside the wheel is not used:
# it insists on a CUDA toolkit and links libraries that a CPU build does not need.
set(YATES_LIBTORCH_VERSION 2.11.0)
if(NOT YATES_LIBTORCH_ROOT)
  if(DEFINED ENV{YATES_CACHE})
    set(_cache $ENV{YATES_CACHE})
  elseif(DEFINED ENV{XDG_CACHE_HOME})
    set(_cache $ENV{XDG_CACHE_HOME}/yates)
  else()
    set(_cache $ENV{HOME}/.cache/yates)
  endif()
  set(YATES_LIBTORCH_ROOT ${_cache}/libtorch-${YATES_LIBTORCH_VERSION}
      CACHE PATH "Folder that holds torch/include and torch/lib")
endif()

if(NOT EXISTS ${YATES_LIBTORCH_ROOT}/torch/lib/libtorch_cpu.so)
  message(FATAL_ERROR
    "LibTorch ${YATES_LIBTORCH_VERSION} is not in ${YATES_LIBTORCH_ROOT}.\n"
    "Run tools/bootstrap.sh, or give -DYATES_LIBTORCH_ROOT=FOLDER, or build without it: --preset login")
endif()

add_library(libtorch::c10 SHARED IMPORTED GLOBAL)
set_target_properties(libtorch::c10 PROPERTIES
  IMPORTED_LOCATION ${YATES_LIBTORCH_ROOT}/torch/lib/libc10.so)
add_library(libtorch::cpu SHARED IMPORTED GLOBAL)
set_target_properties(libtorch::cpu PROPERTIES
  IMPORTED_LOCATION ${YATES_LIBTORCH_ROOT}/torch/lib/libtorch_cpu.so
  INTERFACE_LINK_LIBRARIES libtorch::c10)
# After the system's folders: the wheel also carries headers of other libraries, such as fmt, whose
# versions are not those that yates links.
target_compile_options(libtorch::cpu INTERFACE
  "SHELL:-idirafter ${YATES_LIBTORCH_ROOT}/torch/include"
  "SHELL:-idirafter ${YATES_LIBTORCH_ROOT}/torch/include/torch/csrc/api/include")
