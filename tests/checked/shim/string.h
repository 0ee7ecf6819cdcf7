/* string.h - what the predicates call; kernel/arch/x86_64/entry.S has it. */
#pragma once
#include <stddef.h>
void *memset(void *at, int byte, size_t bytes);
