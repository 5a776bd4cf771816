# How libraries and tests are declared. One library per folder, named after it.

# yates_library(NAME SOURCES file... [LINK target...] [PRIVATE_LINK target...])
# A static library yates_NAME with the alias yates::NAME.
function(yates_library name)
  cmake_parse_arguments(arg "" "" "SOURCES;LINK;PRIVATE_LINK" ${ARGN})
  add_library(yates_${name} STATIC ${arg_SOURCES})
  add_library(yates::${name} ALIAS yates_${name})
  target_link_libraries(yates_${name}
    PUBLIC yates_flags ${arg_LINK} PRIVATE ${arg_PRIVATE_LINK})
endfunction()

set(YATES_TEST_ENVIRONMENT
  OMP_NUM_THREADS=1
  OMPI_ALLOW_RUN_AS_ROOT=1
  OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1
  OMPI_MCA_rmaps_base_oversubscribe=1
  OMPI_MCA_mpi_yield_when_idle=1
  OMPI_MCA_btl_vader_single_copy_mechanism=none)
if(YATES_SANITIZE MATCHES "address")
  list(APPEND YATES_TEST_ENVIRONMENT
    "LSAN_OPTIONS=suppressions=${CMAKE_SOURCE_DIR}/tests/support/lsan.supp")
endif()

if(YATES_SANITIZE MATCHES "thread")
  # LibTorch and the system's libraries are not instrumented: what happens inside them is not judged.
  list(APPEND YATES_TEST_ENVIRONMENT
    "TSAN_OPTIONS=ignore_noninstrumented_modules=1")
endif()
# Builds the tests labelled threads, which is what the test preset tsan runs.
add_custom_target(tsan_tests)

# yates_test(NAME [THREADS] SOURCES file... [LINK target...] [LABELS label...] [TIMEOUT seconds]
#            [RANKS n...])
# A GoogleTest executable test_NAME and one ctest entry; with RANKS one entry NAME_npK per count,
# started under mpirun (its main comes from tests/support/mpi_main.cpp). THREADS: it starts threads
# of ours, and is worth a run under ThreadSanitizer.
function(yates_test name)
  cmake_parse_arguments(arg "THREADS" "TIMEOUT" "SOURCES;LINK;LABELS;RANKS" ${ARGN})
  if(NOT arg_LABELS)
    set(arg_LABELS unit)
  endif()
  if(arg_THREADS)
    list(APPEND arg_LABELS threads)
    add_dependencies(tsan_tests test_${name})
  endif()
  if(NOT arg_TIMEOUT)
    set(arg_TIMEOUT 120)
  endif()
  add_executable(test_${name} ${arg_SOURCES})
  set_target_properties(test_${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/tests)
  target_compile_definitions(test_${name} PRIVATE
    YATES_GOLDEN_DIR="${CMAKE_SOURCE_DIR}/tests/golden"
    YATES_SOURCE_DIR="${CMAKE_SOURCE_DIR}"
    YATES_BINARY="${CMAKE_BINARY_DIR}/bin/yates")
  if(arg_RANKS)
    target_link_libraries(test_${name} PRIVATE yates_flags ${arg_LINK} GTest::gtest)
    foreach(ranks ${arg_RANKS})
      add_test(NAME ${name}_np${ranks}
        COMMAND ${MPIEXEC_EXECUTABLE} ${MPIEXEC_NUMPROC_FLAG} ${ranks} --oversubscribe
                $<TARGET_FILE:test_${name}>)
      set_tests_properties(${name}_np${ranks} PROPERTIES
        LABELS "${arg_LABELS}" TIMEOUT ${arg_TIMEOUT} PROCESSORS 2
        ENVIRONMENT "${YATES_TEST_ENVIRONMENT}")
    endforeach()
  else()
    target_link_libraries(test_${name} PRIVATE yates_flags ${arg_LINK} GTest::gtest GTest::gtest_main)
    add_test(NAME ${name} COMMAND test_${name})
    set_tests_properties(${name} PROPERTIES
      LABELS "${arg_LABELS}" TIMEOUT ${arg_TIMEOUT} ENVIRONMENT "${YATES_TEST_ENVIRONMENT}")
  endif()
endfunction()

# yates_script_test(NAME [LABELS label...] [TIMEOUT seconds] COMMAND program args...)
function(yates_script_test name)
  cmake_parse_arguments(arg "" "TIMEOUT" "COMMAND;LABELS" ${ARGN})
  if(NOT arg_LABELS)
    set(arg_LABELS unit)
  endif()
  if(NOT arg_TIMEOUT)
    set(arg_TIMEOUT 120)
  endif()
  add_test(NAME ${name} COMMAND ${arg_COMMAND} WORKING_DIRECTORY ${CMAKE_SOURCE_DIR})
  set_tests_properties(${name} PROPERTIES
    LABELS "${arg_LABELS}" TIMEOUT ${arg_TIMEOUT}
    ENVIRONMENT "${YATES_TEST_ENVIRONMENT};YATES_BINARY=${CMAKE_BINARY_DIR}/bin/yates")
endfunction()

# A test that this build or machine cannot run is not registered, counted and named.
function(yates_not_registered name reason)
  set_property(GLOBAL APPEND PROPERTY YATES_NOT_REGISTERED "${name}: ${reason}")
endfunction()

function(yates_report_not_registered)
  get_property(entries GLOBAL PROPERTY YATES_NOT_REGISTERED)
  list(LENGTH entries count)
  list(JOIN entries "\n" text)
  file(WRITE ${CMAKE_BINARY_DIR}/not_registered.txt "${text}\n")
  message(STATUS "tests not registered: ${count}")
endfunction()
