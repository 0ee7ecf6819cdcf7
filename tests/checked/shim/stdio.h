/* stdio.h - what the predicates call: %s and %p only. In checked.c. */
#pragma once
#include <stddef.h>
int snprintf(char *out, size_t size, const char *format, ...);
