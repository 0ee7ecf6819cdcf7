/*
 * fpu_note.h - included once by a program that uses SSE: the spawner finds the note in the file
 * and starts the program's first thread with the floating point unit.
 */
#pragma once
#include <stdint.h>

#include "elf.h"

static const struct {
    uint32_t name_bytes, contents_bytes, type;
    char name[sizeof(ELF_NOTE_NAME)];
} fpu_note __attribute__((section(".note.waterlight"), used, aligned(4))) = {
    sizeof(ELF_NOTE_NAME), 0, ELF_NOTE_FPU, ELF_NOTE_NAME};
