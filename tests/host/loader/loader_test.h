/* loader_test.h - a container that is in order, for tests to damage. */
#pragma once
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "container.h"
#include "information.h"
#include "kernel_file.h"

#define TEST(name) cmocka_unit_test(name)

enum { KERNEL_BYTES = 5000, IMAGE_BYTES = 8192, WHOLE_BYTES = 3 * 4096 + IMAGE_BYTES };

/* Of KERNEL_BYTES: Multiboot2 header at 512, code at 1024, and two segments. */
uint8_t *kernel_make(void);
/* Of WHOLE_BYTES, in memory of just that size. */
uint8_t *container_make(void);
void container_sum(uint8_t *bytes); /* puts the checksum right */

void information_writes(void **state);
void information_refuses(void **state);
void random_damage(void **state);
