/* output.h - text for the host, through a port whose bytes QEMU writes to a file. */
#pragma once
#include <stdint.h>

enum { TEXT_PORT = 0xe9, EXIT_PORT = 0xf4 };

void output_init(void);
void say(const char *text);
/* A space, then the number. */
void say_number(uint64_t n);
