# LibTorch out of its Python wheel, as tools/bootstrap.sh unpacks it:
# ROOT/torch/{include,lib} and ROOT/nvidia/cu13/lib. The CMake package inside the wheel is not used:
# it insists on a CUDA toolkit and links libraries that a CPU build does not need.
set(YATES_LIBTORCH_VERSION 2.11.0)
if(DEFINED ENV{YATES_CACHE})
  set(_cache $ENV{YATES_CACHE})
elseif(DEFINED ENV{XDG_CACHE_HOME})
  set(_cache $ENV{XDG_CACHE_HOME}/yates)
else()
  set(_cache $ENV{HOME}/.cache/yates)
endif()
if(NOT YATES_LIBTORCH_ROOT)
  set(YATES_LIBTORCH_ROOT ${_cache}/libtorch-${YATES_LIBTORCH_VERSION}
      CACHE PATH "Folder that holds torch/include and torch/lib")
endif()

if(NOT EXISTS ${YATES_LIBTORCH_ROOT}/torch/lib/libtorch_cpu.so)
  message(FATAL_ERROR
    "LibTorch ${YATES_LIBTORCH_VERSION} is not in ${YATES_LIBTORCH_ROOT}.\n"
    "Run tools/bootstrap.sh, or give -DYATES_LIBTORCH_ROOT=FOLDER, or build without it: --preset login")
endif()

set(libraries ${YATES_LIBTORCH_ROOT}/torch/lib)
if(YATES_GPU)
  # The whole wheel of the same version, with the wheels that it depends on, as pip installs them.
  # Headers stay those of YATES_LIBTORCH_ROOT: they are the same.
  file(GLOB _peers ${_cache}/peers/lib/python3*/site-packages)
  set(YATES_GPU_LIBTORCH_ROOT "${_peers}"
      CACHE PATH "Folder that holds torch/lib/libtorch_cuda.so and nvidia/, e.g. site-packages")
  file(GLOB _version ${YATES_GPU_LIBTORCH_ROOT}/torch-${YATES_LIBTORCH_VERSION}*.dist-info)
  if(NOT YATES_CUDA OR NOT _version OR NOT EXISTS ${YATES_GPU_LIBTORCH_ROOT}/torch/lib/libtorch_cuda.so)
    message(FATAL_ERROR
      "YATES_GPU needs nvcc and LibTorch ${YATES_LIBTORCH_VERSION} for CUDA, and "
      "'${YATES_GPU_LIBTORCH_ROOT}' does not hold it.\n"
      "Run tools/bootstrap.sh --peers, or pip install torch==${YATES_LIBTORCH_VERSION} and give "
      "-DYATES_GPU_LIBTORCH_ROOT=SITE_PACKAGES, or build without it: -DYATES_GPU=OFF")
  endif()
  set(libraries ${YATES_GPU_LIBTORCH_ROOT}/torch/lib)
  find_library(YATES_NCCL_LIBRARY NAMES nccl libnccl.so.2
    HINTS ${YATES_GPU_LIBTORCH_ROOT}/nvidia/nccl/lib REQUIRED)
  # MAJOR.MINOR.PATCH of a header's three defines, for `yates --version`.
  function(read_header_version header name result)
    set(parts)
    foreach(part MAJOR MINOR PATCH PATCHLEVEL)
      file(STRINGS ${header} line REGEX "^#define ${name}_${part} +[0-9]+")
      if(line)
        string(REGEX REPLACE "^[^ ]+ [^ ]+ +([0-9]+).*" "\\1" number "${line}")
        list(APPEND parts ${number})
      endif()
    endforeach()
    list(JOIN parts . version)
    set(${result} "${version}" PARENT_SCOPE)
  endfunction()
  set(_nvidia ${YATES_GPU_LIBTORCH_ROOT}/nvidia)
  read_header_version(${_nvidia}/nccl/include/nccl.h NCCL YATES_INFO_NCCL)
  read_header_version(${_nvidia}/cudnn/include/cudnn_version.h CUDNN YATES_INFO_CUDNN)
  # Nothing names a symbol of them: they register themselves when they are loaded.
  add_library(libtorch_cuda INTERFACE)
  target_link_libraries(libtorch_cuda INTERFACE
    -Wl,--push-state,--no-as-needed ${libraries}/libtorch_cuda.so ${libraries}/libc10_cuda.so
    -Wl,--pop-state -Wl,--allow-shlib-undefined ${YATES_NCCL_LIBRARY})
  add_library(libtorch::cuda ALIAS libtorch_cuda)
endif()

# The wheel brings a libgomp of its own; other builds of LibTorch use the compiler's.
set(_gomp ${libraries}/libgomp.so.1)
if(NOT EXISTS ${_gomp})
  execute_process(COMMAND ${CMAKE_CXX_COMPILER} -print-file-name=libgomp.so
    OUTPUT_VARIABLE _gomp OUTPUT_STRIP_TRAILING_WHITESPACE)
endif()
add_library(libtorch::c10 SHARED IMPORTED GLOBAL)
set_target_properties(libtorch::c10 PROPERTIES
  IMPORTED_LOCATION ${libraries}/libc10.so)
set(YATES_LIBTORCH_LIBRARIES ${libraries})
add_library(libtorch::cpu SHARED IMPORTED GLOBAL)
set_target_properties(libtorch::cpu PROPERTIES
  IMPORTED_LOCATION ${libraries}/libtorch_cpu.so
  INTERFACE_LINK_LIBRARIES "libtorch::c10;${_gomp}")
# LibTorch's threads are those of g++'s OpenMP; another compiler would bring a second pool of its
# own, and the thread sanitizer does not understand them. Without the flag loops run serially.
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND NOT YATES_SANITIZE MATCHES "thread")
  set(YATES_OPENMP_FLAG -fopenmp)
endif()
# After the system's folders: the wheel also carries headers of other libraries, such as fmt, whose
# versions are not those that yates links.
target_compile_options(libtorch::cpu INTERFACE
  "SHELL:-idirafter ${YATES_LIBTORCH_ROOT}/torch/include"
  "SHELL:-idirafter ${YATES_LIBTORCH_ROOT}/torch/include/torch/csrc/api/include")
