/* leaks.h - whether this processor keeps what is promised. */
#pragma once
#include "abi/boot.h"

/* On one that lets user code read the kernel's memory, says so on COM1 and goes no further, unless
 * the word `unsafe_cpu` is on the command line. */
void leaks_check(const struct boot_info *boot);
