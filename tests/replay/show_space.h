/* show_space.h - capability spaces, the derivation tree, page maps. */
#pragma once
#include "thread.h"

void show_cspace(const struct thread *t);
void show_cspaces(void); /* of all threads, each once */
void show_tree(void);
void show_maps(uint64_t root);
void show_all_maps(void);
