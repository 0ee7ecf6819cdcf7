/*
 * image.h - the boot image: init, and the files.
 */
#pragma once
#include "process.h"

/* PID 1, with its program mapped, Self and Boot, and a startup page; its thread runs. */
void image_start_init(void);
/* Maps the files read-only, in 2 MiB pages; on an error some may stay mapped. What lies at
 * `address` is the table of files: *out_offset is 0. */
MUST_USE enum err image_map(struct process *p, uint64_t address, uint64_t *out_bytes);
