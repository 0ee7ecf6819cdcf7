/* source.h - what fills a buffer with noise; main.c tests it before it is used. */
#pragma once
#include <stdbool.h>
#include <stdint.h>

enum noise { NOISE_GIVEN, NOISE_ABSENT, NOISE_BROKEN };

/* RDRAND. False: this processor has none, or it gave up. */
bool processor_is_there(void);
bool processor_noise(uint8_t *out_bytes, uint32_t count);

/* The entropy device, by its driver: up to `count` bytes that have come, perhaps none. */
enum noise device_noise(uint8_t *out_bytes, uint32_t *count);
