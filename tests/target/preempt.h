/* preempt.h - time that passes while the asker waits. */
#pragma once
#include "test.h"

/* Waits so many milliseconds, others may run. The ticks that passed. */
uint64_t test_sleep(const char *ms);
uint64_t text_number(const char *text);
