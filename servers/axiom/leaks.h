/* leaks.h - whether this processor keeps what is promised. */
#pragma once
#include "abi/boot.h"

enum cpu_leak { LEAK_MELTDOWN = 1, LEAK_MDS = 2, LEAK_L1TF = 4 };

/* What the processor is known to let user code read: enum cpu_leak bits. */
uint64_t leaks_of(const struct boot_info *boot);
/* On one that lets user code read the kernel's memory, says so on COM1 and goes no further, unless
 * the word `unsafe_cpu` is on the command line. */
void leaks_check(const struct boot_info *boot);
