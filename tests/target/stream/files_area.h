/* files_area.h - between the files of files_many: shared memory of the file server. */
#pragma once
#include "syscall.h"

enum { PIECE = 3072 };
extern cap_t files;
extern uint64_t piece[PIECE / 8];
void fill(uint64_t number, uint32_t bytes); /* the piece of that number */
int open_at(const char *name, bool write, cap_t *out_file);
int put(cap_t file, uint64_t offset, uint32_t bytes);

/* `count` pieces one after the other, as many at once as the area has room for. */
int area_move(const char *name, uint64_t count, bool write);
/* OK: each thing that is to be refused is. */
int area_refusals(const char *name);
