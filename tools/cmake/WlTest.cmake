# Tests that are Python: unittest modules, and boots of the whole system.

set(WL_PYTHON /usr/bin/python3)

# wl_python_test(NAME name SCRIPT file [ARGS ...] [TIMEOUT seconds] [LABEL label]
#                [NEEDS fixture ...] [ENVIRONMENT ...])
# A test program in Python, which gets WL_ROOT, WL_DEBUG_BUILD and WL_RELEASE_BUILD.
function(wl_python_test)
    cmake_parse_arguments(ARG "" "NAME;SCRIPT;TIMEOUT;LABEL" "ARGS;NEEDS;ENVIRONMENT" ${ARGN})
    add_test(NAME ${ARG_NAME}
        COMMAND ${WL_PYTHON} -B "${CMAKE_CURRENT_SOURCE_DIR}/${ARG_SCRIPT}" ${ARG_ARGS})
    if(NOT ARG_TIMEOUT)
        set(ARG_TIMEOUT 120)
    endif()
    set(environment "WL_ROOT=${CMAKE_SOURCE_DIR};WL_DEBUG_BUILD=${CMAKE_BINARY_DIR}"
        "WL_RELEASE_BUILD=${CMAKE_SOURCE_DIR}/build/release")
    set_tests_properties(${ARG_NAME} PROPERTIES TIMEOUT ${ARG_TIMEOUT}
        LABELS "${ARG_LABEL}" FIXTURES_REQUIRED "${ARG_NEEDS}"
        ENVIRONMENT "${environment};${ARG_ENVIRONMENT}")
endfunction()
