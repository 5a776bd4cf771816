# What `cmake --install` puts where. The names below the prefix are fixed, because the programs find
# each other and their files from where they are themselves: the whole prefix may be moved.
#
#   bin/yates                      libexec/yates/yates-worker
#   share/yates/                   configs, slurm, modulefiles, peers, tools
#   share/man, share/bash-completion, share/zsh, share/fish, share/doc/yates
#   lib/yates/torch, nvidia        LibTorch, with --component libtorch

# Libraries that are not installed by us are found where this build found them.
set_target_properties(yates PROPERTIES INSTALL_RPATH_USE_LINK_PATH ON)
install(TARGETS yates RUNTIME DESTINATION bin)
set(yates_programs yates)

if(YATES_TORCH)
  # First what --component libtorch has put into the prefix, or the user, as a link or a folder.
  set(_bundled $ORIGIN/../../lib/yates/torch/lib)
  if(YATES_GPU)
    list(APPEND _bundled $ORIGIN/../../lib/yates/nvidia/nccl/lib)
  endif()
  set_target_properties(yates-worker PROPERTIES
    INSTALL_RPATH "${_bundled};${CMAKE_INSTALL_RPATH}" INSTALL_RPATH_USE_LINK_PATH ON)
  install(TARGETS yates-worker RUNTIME DESTINATION libexec/yates)
  list(APPEND yates_programs yates-worker)
  install(DIRECTORY tools/bench/peers DESTINATION share/yates)

  # Half a gigabyte, several for GPUs; hence only where asked for.
  cmake_path(GET YATES_LIBTORCH_LIBRARIES PARENT_PATH _root)
  cmake_path(GET _root PARENT_PATH _root)
  if(YATES_GPU)
    set(_wanted FILES_MATCHING REGEX "/(torch|nvidia/.*)/lib/[^/]*\\.so[^/]*$")
  else()
    set(_wanted FILES_MATCHING
      REGEX "/torch/lib/lib(c10|torch_cpu|gomp)[^/]*\\.so[^/]*$"
      REGEX "/lib(cudart|cupti)\\.so[^/]*$")
  endif()
  foreach(_part torch nvidia)
    if(EXISTS ${_root}/${_part})
      install(DIRECTORY ${_root}/${_part} DESTINATION lib/yates
        COMPONENT libtorch EXCLUDE_FROM_ALL ${_wanted} REGEX "/(include|share)$" EXCLUDE)
    endif()
  endforeach()
  file(GLOB _licences ${_root}/torch-*.dist-info ${_root}/nvidia_*.dist-info)
  if(_licences)
    install(DIRECTORY ${_licences} DESTINATION lib/yates COMPONENT libtorch EXCLUDE_FROM_ALL
      FILES_MATCHING PATTERN "LICEN*" PATTERN "License*" PATTERN "NOTICE*")
  endif()
endif()

install(DIRECTORY configs DESTINATION share/yates)
install(DIRECTORY slurm/sites DESTINATION share/yates/slurm)
install(PROGRAMS slurm/train.sbatch slurm/scaling.sbatch DESTINATION share/yates/slurm)
install(PROGRAMS tools/convert_checkpoint.py DESTINATION share/yates/tools)
install(FILES LICENSE docs/user_guide.md docs/cluster.md docs/statistics.md
  DESTINATION share/doc/yates)

# Environment modules for Tcl and for Lmod: `module use PREFIX/share/yates/modulefiles`.
foreach(_suffix "" .lua)
  configure_file(tools/packaging/modulefiles/yates${_suffix}.in
    ${CMAKE_BINARY_DIR}/modulefiles/${PROJECT_VERSION}${_suffix} @ONLY)
  install(FILES ${CMAKE_BINARY_DIR}/modulefiles/${PROJECT_VERSION}${_suffix}
    DESTINATION share/yates/modulefiles/yates)
endforeach()

# Completion and man pages, written by the programs of this build.
set(_guide ${CMAKE_BINARY_DIR}/guide)
set(_yates ${CMAKE_COMMAND} -E env ASAN_OPTIONS=detect_leaks=0 $<TARGET_FILE:yates>)
file(GLOB _sites CONFIGURE_DEPENDS slurm/sites/*.yaml)
add_custom_command(OUTPUT ${_guide}/written
  COMMAND ${CMAKE_COMMAND} -E rm -rf ${_guide}
  COMMAND ${_yates} manual --out ${_guide}/man1 > ${CMAKE_BINARY_DIR}/guide.log
  COMMAND ${_yates} completion bash > ${_guide}/yates.bash
  COMMAND ${_yates} completion zsh > ${_guide}/_yates
  COMMAND ${_yates} completion fish > ${_guide}/yates.fish
  COMMAND ${CMAKE_COMMAND} -E touch ${_guide}/written
  DEPENDS ${yates_programs} ${_sites}
  COMMENT "Writing completion and man pages"
  VERBATIM)
add_custom_target(guide ALL DEPENDS ${_guide}/written)
install(DIRECTORY ${_guide}/man1 DESTINATION share/man)
install(FILES ${_guide}/yates.bash DESTINATION share/bash-completion/completions RENAME yates)
install(FILES ${_guide}/_yates DESTINATION share/zsh/site-functions)
install(FILES ${_guide}/yates.fish DESTINATION share/fish/vendor_completions.d)
