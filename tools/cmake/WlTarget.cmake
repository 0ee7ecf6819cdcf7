# What runs inside Waterlight: flags of the target, wl_library() and wl_program().
#
#   wl_kernel   interface library: flags of the kernel
#   wl_user     interface library: flags of user programs (general registers only)
#   wl_user_fpu interface library: the same with SSE

set(WL_GENERATED_DIR "${CMAKE_BINARY_DIR}/generated") # holds idl/NAME.h
set(WL_SYMBOLS_DIR "${CMAKE_BINARY_DIR}/symbols")     # programs with debug information, for gdb
set(WL_PROGRAMS_DIR "${CMAKE_BINARY_DIR}/programs")   # the same without, for the boot image
set(WL_MUSL_INCLUDE /usr/include/x86_64-linux-musl)
set(WL_MUSL_LIB /usr/lib/x86_64-linux-musl)
find_program(WL_STRIP NAMES llvm-objcopy-14 llvm-objcopy REQUIRED)
find_program(CMAKE_AR NAMES llvm-ar-14 llvm-ar REQUIRED)
find_program(CMAKE_RANLIB NAMES llvm-ranlib-14 llvm-ranlib REQUIRED)

set(CMAKE_C_FLAGS_DEBUG "-O1 -g")
set(CMAKE_C_FLAGS_RELEASE "-O2 -g -DNDEBUG")
set(CMAKE_CXX_FLAGS_DEBUG "-O1 -g")
set(CMAKE_CXX_FLAGS_RELEASE "-O1")
# No -g: clang 14 writes the full path of an assembly file into its debug information.
set(CMAKE_ASM_FLAGS_DEBUG "")
set(CMAKE_ASM_FLAGS_RELEASE "")

# The bytes of an object do not depend on where the tree lies.
add_compile_options(
    "-ffile-prefix-map=${CMAKE_BINARY_DIR}=build" "-ffile-prefix-map=${CMAKE_SOURCE_DIR}=."
    -fdebug-compilation-dir=.)

set(WL_WARNINGS -Wall -Wextra -Wconversion -Wshadow -Wvla -Werror
    "$<$<COMPILE_LANGUAGE:C>:-Wswitch-enum;-Wstrict-prototypes;-Wmissing-prototypes>")
set(WL_TARGET_FLAGS --target=x86_64-unknown-none-elf -ffreestanding -fno-pic -fno-common
    -ffunction-sections -fdata-sections -fno-strict-aliasing
    -fno-stack-protector -fno-asynchronous-unwind-tables ${WL_WARNINGS}
    "$<$<COMPILE_LANGUAGE:C>:-std=c17>")
# clang's driver for bare ELF links through gcc; the Linux one with -nostdlib calls lld directly.
set(WL_LINK_FLAGS --target=x86_64-unknown-linux-gnu -fuse-ld=lld -nostdlib -static
    -Wl,--gc-sections -Wl,-z,noexecstack -Wl,--build-id=sha1 -Wl,-z,separate-code)

add_library(wl_kernel INTERFACE)
target_compile_options(wl_kernel INTERFACE ${WL_TARGET_FLAGS} -nostdlibinc -mcmodel=kernel
    -mno-red-zone -mgeneral-regs-only
    "$<$<COMPILE_LANGUAGE:C>:-Wframe-larger-than=1024;-fstack-usage>")
target_include_directories(wl_kernel INTERFACE "${CMAKE_SOURCE_DIR}/kernel")
target_compile_definitions(wl_kernel INTERFACE "WL_VERSION=\"${PROJECT_VERSION}\"")
target_link_options(wl_kernel INTERFACE ${WL_LINK_FLAGS} -Wl,-z,max-page-size=4096)

add_library(wl_user_base INTERFACE)
# No red zone: the system call stubs push inside inline assembly (libsys/x86_64/trap.h).
# Every caller keeps its frame, so that a backtrace shows it.
target_compile_options(wl_user_base INTERFACE ${WL_TARGET_FLAGS} -mno-red-zone
    -fno-omit-frame-pointer -fno-optimize-sibling-calls)
target_include_directories(wl_user_base INTERFACE
    "${CMAKE_SOURCE_DIR}/libsys" "${CMAKE_SOURCE_DIR}/libsys/x86_64" "${WL_GENERATED_DIR}"
    "${CMAKE_SOURCE_DIR}/kernel") # last: for abi/, and never a header of the core for one of libsys
target_link_options(wl_user_base INTERFACE ${WL_LINK_FLAGS} -Wl,-z,max-page-size=4096
    -Wl,--image-base=0x400000 -Wl,-e,_start)

add_library(wl_user INTERFACE)
target_link_libraries(wl_user INTERFACE wl_user_base)
target_compile_options(wl_user INTERFACE -nostdlibinc -mgeneral-regs-only)

add_library(wl_user_fpu INTERFACE)
target_link_libraries(wl_user_fpu INTERFACE wl_user_base)

# Not an interface of its own: added to a program that says LIBC. The headers are musl's, the
# archives are Debian's, linked as a group because libsodium and libc need libsys' glue.
function(wl_use_libc target)
    target_compile_options(${target} PRIVATE -nostdlibinc)
    target_include_directories(${target} SYSTEM PRIVATE "${WL_MUSL_INCLUDE}")
endfunction()

# wl_library(NAME name SOURCES ... [INCLUDES ...] [LIBS ...] [IDL ...] [FPU] [LIBC])
# A static library for user programs. Its own folder is an include folder of its users.
function(wl_library)
    cmake_parse_arguments(ARG "FPU;LIBC" "NAME" "SOURCES;INCLUDES;LIBS;IDL" ${ARGN})
    add_library(${ARG_NAME} STATIC ${ARG_SOURCES})
    target_include_directories(${ARG_NAME} PUBLIC "${CMAKE_CURRENT_SOURCE_DIR}" ${ARG_INCLUDES})
    wl_user_flags(${ARG_NAME} "${ARG_FPU}" "${ARG_LIBC}")
    wl_link_idl(${ARG_NAME} ${ARG_IDL})
    target_link_libraries(${ARG_NAME} PUBLIC ${ARG_LIBS})
endfunction()

function(wl_user_flags target fpu libc)
    if(fpu OR libc)
        target_link_libraries(${target} PRIVATE wl_user_fpu)
    else()
        target_link_libraries(${target} PRIVATE wl_user)
    endif()
    if(libc)
        wl_use_libc(${target})
    elseif(fpu)
        target_compile_options(${target} PRIVATE -nostdlibinc)
    endif()
endfunction()

# Generated code of interface NAME is the static library idl_NAME.
function(wl_link_idl target)
    foreach(name IN LISTS ARGN)
        target_link_libraries(${target} PRIVATE idl_${name})
    endforeach()
endfunction()

# wl_program(NAME name SOURCES ... [IDL ...] [LIBS ...] [INCLUDES ...] [DEFINES ...]
#            [FPU] [LIBC] [TEST] [BENCH])
# A static program, /bin/NAME of the boot image. FPU: may use SSE. LIBC: musl and libsodium too.
# TEST, BENCH: only in the boot image of the tests, of the measurements. The CMake target is
# program_NAME.
function(wl_program)
    cmake_parse_arguments(ARG "FPU;LIBC;TEST;BENCH" "NAME" "SOURCES;IDL;LIBS;INCLUDES;DEFINES"
        ${ARGN})
    set(target program_${ARG_NAME})
    add_executable(${target} ${ARG_SOURCES})
    set_target_properties(${target} PROPERTIES
        OUTPUT_NAME "${ARG_NAME}.elf" RUNTIME_OUTPUT_DIRECTORY "${WL_SYMBOLS_DIR}")
    target_include_directories(${target} PRIVATE "${CMAKE_CURRENT_SOURCE_DIR}" ${ARG_INCLUDES})
    target_compile_definitions(${target} PRIVATE ${ARG_DEFINES})
    wl_user_flags(${target} "${ARG_FPU}" "${ARG_LIBC}")
    wl_link_idl(${target} ${ARG_IDL})
    target_link_libraries(${target} PRIVATE ${ARG_LIBS} libsys)
    if(ARG_LIBC)
        target_link_libraries(${target} PRIVATE libsys_libc)
        target_link_libraries(${target} PRIVATE
            -Wl,--start-group /usr/lib/x86_64-linux-gnu/libsodium.a
            "${WL_MUSL_LIB}/libc.a" $<TARGET_FILE:libsys> $<TARGET_FILE:libsys_libc>
            -Wl,--end-group)
    endif()
    # Symbol names stay, for backtraces inside the system; debug information does not.
    add_custom_command(TARGET ${target} POST_BUILD
        COMMAND ${CMAKE_COMMAND} -E make_directory "${WL_PROGRAMS_DIR}"
        COMMAND ${WL_STRIP} --strip-debug $<TARGET_FILE:${target}> "${WL_PROGRAMS_DIR}/${ARG_NAME}"
        BYPRODUCTS "${WL_PROGRAMS_DIR}/${ARG_NAME}"
        VERBATIM)
    if(ARG_TEST)
        set_property(GLOBAL APPEND PROPERTY WL_TEST_PROGRAMS ${ARG_NAME})
    elseif(ARG_BENCH)
        set_property(GLOBAL APPEND PROPERTY WL_BENCH_PROGRAMS ${ARG_NAME})
    else()
        set_property(GLOBAL APPEND PROPERTY WL_PROGRAMS ${ARG_NAME})
    endif()
endfunction()
