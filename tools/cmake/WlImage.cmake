# wl_boot_image(OUTPUT file PROGRAMS ... ROOT folders ...): the boot image of these programs, which
# must include axiom and init, and of the files below these folders.
function(wl_boot_image)
    cmake_parse_arguments(ARG "" "OUTPUT" "PROGRAMS;ROOT" ${ARGN})
    set(description "${CMAKE_SOURCE_DIR}/images/system.toml")
    set(tool "${CMAKE_SOURCE_DIR}/tools/image")
    file(GLOB modules CONFIGURE_DEPENDS "${CMAKE_SOURCE_DIR}/tools/wl/*.py")
    set(inputs "")
    set(options "")
    foreach(name IN LISTS ARG_PROGRAMS)
        list(APPEND inputs program_${name} "${WL_PROGRAMS_DIR}/${name}")
        list(APPEND options --program "${WL_PROGRAMS_DIR}/${name}")
    endforeach()
    foreach(folder IN LISTS ARG_ROOT)
        file(GLOB_RECURSE files CONFIGURE_DEPENDS "${folder}/*")
        list(APPEND inputs ${files})
        list(APPEND options --root "${folder}")
    endforeach()
    add_custom_command(OUTPUT "${ARG_OUTPUT}"
        COMMAND "${tool}" build --description "${description}" ${options} --output "${ARG_OUTPUT}"
        DEPENDS "${tool}" ${modules} "${description}" ${inputs}
        COMMENT "boot image ${ARG_OUTPUT}"
        VERBATIM)
endfunction()
