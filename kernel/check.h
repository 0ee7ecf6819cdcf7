/*
 * check.h - CHECK is always on and guards doors behind which memory would be corrupted; kassert is
 * for debug builds. Neither ever depends on what user space says.
 */
#pragma once
#include "arch.h"

#define CHECK(x) ((x) ? (void)0 : arch_panic(#x, __FILE__, __LINE__))
#ifdef WL_DEBUG
#define kassert(x) CHECK(x)
#define DEBUG_BUILD 1
#else
#define kassert(x) ((void)0)
#define DEBUG_BUILD 0
#endif
