/*
 * panic.h - ends a program that cannot go on.
 *
 * CHECK is always on and for facts of the program itself, never for what others sent: those get
 * an error. A supervisor sees exit code EXIT_PANIC and starts the program again.
 */
#pragma once
#include "startup.h"

enum { EXIT_OK = 0, EXIT_ERROR = 1, EXIT_PANIC = 101 };

_Noreturn void panic(const char *what, const char *file, int line);
_Noreturn void program_exit(int code); /* in start.c */

#define CHECK(fact) ((fact) ? (void)0 : panic(#fact, __FILE_NAME__, __LINE__))
#define PANIC(what) panic(what, __FILE_NAME__, __LINE__)
