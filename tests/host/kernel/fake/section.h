/*
 * section.h - put before every kernel file: its variables stand together, so a test can set the
 * whole kernel back to the moment before boot.
 */
#pragma once
#pragma clang section bss = "kernel_bss" data = "kernel_data"
