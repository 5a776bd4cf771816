# Flags that every target of yates is compiled with.
find_program(CCACHE_PROGRAM ccache)
if(CCACHE_PROGRAM AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
  set(CMAKE_C_COMPILER_LAUNCHER ${CCACHE_PROGRAM})
  set(CMAKE_CXX_COMPILER_LAUNCHER ${CCACHE_PROGRAM})
endif()

add_library(yates_flags INTERFACE)
target_include_directories(yates_flags INTERFACE ${CMAKE_SOURCE_DIR})
target_compile_options(yates_flags INTERFACE
  $<$<COMPILE_LANGUAGE:CXX>:-Wall;-Wextra;-Wpedantic;-Wconversion;-Wshadow;-Wnon-virtual-dtor;-Woverloaded-virtual;-Wdouble-promotion>
  $<$<COMPILE_LANGUAGE:CXX>:-ffp-contract=off>)
# g++ 12 reports -Wrestrict for ordinary std::string concatenation (GCC bug 105329).
target_compile_options(yates_flags INTERFACE
  $<$<AND:$<COMPILE_LANGUAGE:CXX>,$<CXX_COMPILER_ID:GNU>>:-Wno-restrict>)
if(YATES_WERROR)
  target_compile_options(yates_flags INTERFACE $<$<COMPILE_LANGUAGE:CXX>:-Werror>)
endif()
# Open MPI's dead C++ bindings fail to link.
target_compile_definitions(yates_flags INTERFACE OMPI_SKIP_MPICXX=1)

# What a sanitizer finds ends the program: a message that a test survives is read by nobody.
if(YATES_SANITIZE)
  add_compile_options(
    -fsanitize=${YATES_SANITIZE} -fno-sanitize-recover=all -fno-omit-frame-pointer)
  add_link_options(-fsanitize=${YATES_SANITIZE})
endif()

find_program(LLD_PROGRAM ld.lld)
if(LLD_PROGRAM)
  add_link_options(-fuse-ld=lld)
endif()
