# What runs on the developer's machine: wl_host_program() and wl_host_test().

set(WL_HOST_FLAGS -Wall -Wextra -Wshadow -Wvla -Werror -fno-strict-aliasing
    -fno-omit-frame-pointer)
set(WL_SANITIZE -fsanitize=address,undefined -fno-sanitize-recover=all)

# wl_host_program(NAME name SOURCES ... [INCLUDES ...] [LIBS ...])
function(wl_host_program)
    cmake_parse_arguments(ARG "" "NAME" "SOURCES;INCLUDES;LIBS" ${ARGN})
    add_executable(${ARG_NAME} ${ARG_SOURCES})
    target_compile_options(${ARG_NAME} PRIVATE ${WL_HOST_FLAGS}
        "$<$<COMPILE_LANGUAGE:C>:-std=gnu17>" "$<$<COMPILE_LANGUAGE:CXX>:-std=c++17>")
    target_include_directories(${ARG_NAME} PRIVATE ${ARG_INCLUDES})
    target_link_options(${ARG_NAME} PRIVATE -fuse-ld=lld)
    target_link_libraries(${ARG_NAME} PRIVATE ${ARG_LIBS})
endfunction()

# wl_host_test(NAME name SOURCES ... [INCLUDES ...] [DEFINES ...] [LIBS ...] [IDL ...] [ARGS ...]
#              [OPTIONS ...] [LABEL label] [TIMEOUT seconds] [FUZZ])
# A cmocka program under ASan and UBSan, registered with CTest as NAME. Include folders are
# kernel, libsys and the generated headers. IDL: waits for the generated headers. FUZZ: a
# libFuzzer target instead; bound its work by ARGS -runs=N.
function(wl_host_test)
    cmake_parse_arguments(ARG "FUZZ" "NAME;TIMEOUT;LABEL"
        "SOURCES;INCLUDES;DEFINES;LIBS;IDL;ARGS;OPTIONS" ${ARGN})
    if(NOT WL_TESTS)
        return()
    endif()
    set(sanitize ${WL_SANITIZE})
    if(ARG_FUZZ)
        list(APPEND sanitize -fsanitize=fuzzer)
    else()
        list(APPEND ARG_LIBS cmocka)
    endif()
    set(target test_${ARG_NAME})
    add_executable(${target} ${ARG_SOURCES})
    target_compile_options(${target} PRIVATE ${WL_HOST_FLAGS} ${sanitize}
        "$<$<COMPILE_LANGUAGE:C>:-std=gnu17>" "$<$<COMPILE_LANGUAGE:CXX>:-std=c++17>"
        ${ARG_OPTIONS})
    target_include_directories(${target} PRIVATE "${CMAKE_CURRENT_SOURCE_DIR}" ${ARG_INCLUDES}
        "${CMAKE_SOURCE_DIR}/kernel" "${CMAKE_SOURCE_DIR}/libsys" "${CMAKE_SOURCE_DIR}/libsys/host"
        "${WL_GENERATED_DIR}")
    target_compile_definitions(${target} PRIVATE WL_HOST=1 ${ARG_DEFINES})
    target_link_options(${target} PRIVATE -fuse-ld=lld ${sanitize})
    target_link_libraries(${target} PRIVATE ${ARG_LIBS})
    foreach(name IN LISTS ARG_IDL)
        add_dependencies(${target} idl_${name})
    endforeach()
    if(NOT ARG_TIMEOUT)
        set(ARG_TIMEOUT 120)
    endif()
    if(NOT ARG_LABEL)
        set(ARG_LABEL host)
    endif()
    add_test(NAME ${ARG_NAME} COMMAND ${target} ${ARG_ARGS})
    set_tests_properties(${ARG_NAME} PROPERTIES TIMEOUT ${ARG_TIMEOUT} LABELS ${ARG_LABEL}
        ENVIRONMENT "UBSAN_OPTIONS=print_stacktrace=1;ASAN_OPTIONS=detect_stack_use_after_return=1")
endfunction()
