/*
 * silent.h - read before each file of the kernel but commit.c: no event is recorded, and nobody
 * looks for its room. For comparison only: nothing could be audited.
 */
#pragma once
#ifndef WL_RINGS
#include "commit.h"
#pragma clang diagnostic ignored "-Wunused-variable" /* what is said of a step is heard by none */
#pragma clang diagnostic ignored "-Wunused-but-set-variable"
#pragma clang diagnostic ignored "-Wunused-parameter"
#define event_record(...) ((void)0)
#define event_arg(...) ((void)0)
#define event_args(...) ((void)0)
#define event_fast(...) true
#define log_admits(...) true
#endif
