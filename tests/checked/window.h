/*
 * window.h - put before every file of tests/host/kernel: what the fake machine is there, the real
 * one is here. All memory is seen through the direct map, and the checkers' own tables lie in a
 * part of it that the kernel is not told of: they are larger than the image may be.
 */
#pragma once
#include "arch_window.h"

#define FAKE_WINDOW DIRECT_MAP
#define FAKE_MEMORY (256ull << 20) /* of the machine: tools/run --checked */
#define PTE_WRITE 2ull
#define PTE_NX (1ull << 63)
#define VIEW_SCALE 8

#pragma clang section bss = "checked_bss"
