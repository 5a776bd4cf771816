# The CUDA toolkit, and how kernel sources are declared: every x_cuda.cu is compiled for the block
# emulator (kernels/simt), which tests run anywhere, and by nvcc where there is a toolkit.
if(YATES_CUDA)
  if(NOT YATES_NVCC)
    message(FATAL_ERROR
      "YATES_CUDA needs a CUDA toolkit (nvcc), and none was found on PATH or in /usr/local/cuda. "
      "Install one, or build without it: -DYATES_CUDA=OFF")
  endif()
  set(CMAKE_CUDA_COMPILER ${YATES_NVCC} CACHE FILEPATH "CUDA compiler")
  if(NOT CMAKE_CUDA_ARCHITECTURES)
    set(CMAKE_CUDA_ARCHITECTURES 80-real 90-real CACHE STRING "GPU architectures")
  endif()
  enable_language(CUDA)
  # CMake 3.25 does not know nvcc's option for C++20.
  set(CMAKE_CUDA20_STANDARD_COMPILE_OPTION -std=c++20)
  set(CMAKE_CUDA_STANDARD 20)
  find_package(CUDAToolkit REQUIRED)
  set(YATES_INFO_CUDA ${CUDAToolkit_VERSION})
  # Everything that tools/gpu_check.sh runs.
  add_custom_target(gpu_checks)
else()
  message(STATUS "CUDA kernels: left out (no nvcc, or YATES_CUDA=OFF)")
endif()

# yates_cuda_kernels(NAME SOURCES x_cuda.cu... [HOST_SOURCES file.cpp...] [CUDA_SOURCES file.cpp...]
#                    [EMULATED_SOURCES file.cpp...] [LINK target...])
# yates::NAME_simt, the sources for the emulator, and with YATES_CUDA yates::NAME_cuda, the same for
# the GPU. What ptxas says of each kernel's resources is kept beside the object file (.ptxas).
function(yates_cuda_kernels name)
  cmake_parse_arguments(arg "" "" "SOURCES;HOST_SOURCES;CUDA_SOURCES;EMULATED_SOURCES;LINK" ${ARGN})
  foreach(source ${arg_SOURCES})
    set(wrapper ${CMAKE_CURRENT_BINARY_DIR}/emulated/${source}.cpp)
    get_filename_component(path ${source} ABSOLUTE)
    file(RELATIVE_PATH path ${CMAKE_SOURCE_DIR} ${path})
    file(CONFIGURE OUTPUT ${wrapper} CONTENT "#include \"${path}\"\n")
    list(APPEND wrappers ${wrapper})
  endforeach()
  yates_library(${name}_simt
    SOURCES ${wrappers} ${arg_HOST_SOURCES} ${arg_EMULATED_SOURCES}
    LINK ${arg_LINK} PRIVATE_LINK Boost::context)
  if(YATES_CUDA)
    yates_library(${name}_cuda
      SOURCES ${arg_SOURCES} ${arg_HOST_SOURCES} ${arg_CUDA_SOURCES}
      LINK ${arg_LINK} CUDA::cudart)
    target_compile_options(yates_${name}_cuda PRIVATE
      "$<$<COMPILE_LANGUAGE:CUDA>:-Xptxas=-v;--expt-relaxed-constexpr;-Werror=all-warnings>")
    set_target_properties(yates_${name}_cuda PROPERTIES
      POSITION_INDEPENDENT_CODE ON
      CUDA_COMPILER_LAUNCHER "${CMAKE_SOURCE_DIR}/tools/ptxas_report.sh;${CCACHE_PROGRAM}")
  endif()
endfunction()

# yates_kernel_test(NAME SOURCES file.cpp... [LINK target...])
# One test source for both: ctest NAME_simt under the emulator, and test_NAME_cuda, which needs a GPU
# and is run by tools/gpu_check.sh.
function(yates_kernel_test name)
  cmake_parse_arguments(arg "" "" "SOURCES;LINK" ${ARGN})
  yates_test(${name}_simt SOURCES ${arg_SOURCES} LINK yates::kernels_simt ${arg_LINK})
  if(YATES_CUDA)
    add_executable(test_${name}_cuda ${arg_SOURCES})
    set_target_properties(test_${name}_cuda PROPERTIES
      RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/tests)
    target_compile_definitions(test_${name}_cuda PRIVATE
      YATES_GOLDEN_DIR="${CMAKE_SOURCE_DIR}/tests/golden")
    target_link_libraries(test_${name}_cuda PRIVATE
      yates_flags yates::kernels_cuda ${arg_LINK} GTest::gtest GTest::gtest_main)
    add_dependencies(gpu_checks test_${name}_cuda)
    yates_not_registered(${name}_cuda "needs a GPU, tools/gpu_check.sh runs it")
  else()
    yates_not_registered(${name}_cuda "needs a CUDA toolkit and a GPU")
  endif()
endfunction()
