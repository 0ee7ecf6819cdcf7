# wl_boot_image(NAME name DESCRIPTION files ... PROGRAMS ... ROOT folders ...): name.img in the
# build folder, the boot image of these programs, which must include axiom and init, and of files
# below these folders. Several descriptions are read as one.
function(wl_boot_image)
    cmake_parse_arguments(ARG "" "NAME" "DESCRIPTION;PROGRAMS;ROOT" ${ARGN})
    set(output "${CMAKE_BINARY_DIR}/${ARG_NAME}.img")
    set(tool "${CMAKE_SOURCE_DIR}/tools/image")
    file(GLOB modules CONFIGURE_DEPENDS "${CMAKE_SOURCE_DIR}/tools/wl/*.py")
    file(GLOB interfaces CONFIGURE_DEPENDS "${CMAKE_SOURCE_DIR}/idl/*.capnp") # their ids
    set(inputs "")
    set(options "")
    foreach(file IN LISTS ARG_DESCRIPTION)
        list(APPEND options --description "${file}")
    endforeach()
    foreach(name IN LISTS ARG_PROGRAMS)
        list(APPEND inputs program_${name} "${WL_PROGRAMS_DIR}/${name}")
        list(APPEND options --program "${WL_PROGRAMS_DIR}/${name}")
    endforeach()
    foreach(folder IN LISTS ARG_ROOT)
        file(GLOB_RECURSE files CONFIGURE_DEPENDS "${folder}/*")
        list(APPEND inputs ${files})
        list(APPEND options --root "${folder}")
    endforeach()
    add_custom_command(OUTPUT "${output}"
        COMMAND "${tool}" build ${options} --output "${output}"
        DEPENDS "${tool}" ${modules} ${interfaces} ${ARG_DESCRIPTION} ${inputs}
        COMMENT "${ARG_NAME}.img"
        VERBATIM)
    add_custom_target(image_${ARG_NAME} DEPENDS "${output}")
    add_dependencies(images image_${ARG_NAME})
endfunction()
