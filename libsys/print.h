/*
 * print.h - formatted text without a C library.
 *
 * %d %i %u %x %c %s %p %%, with '-', '0', a width or '*', a precision for %s, and the lengths l,
 * ll and z. Anything else is printed as it stands. The compiler checks the arguments.
 */
#pragma once
#include <stdarg.h>
#include <stddef.h>

/* As snprintf: returns the length of the whole text, which is cut to size - 1 bytes and NUL. */
__attribute__((format(printf, 3, 4))) size_t print_format(char *out, size_t size,
                                                          const char *format, ...);
__attribute__((format(printf, 3, 0))) size_t print_format_list(char *out, size_t size,
                                                               const char *format, va_list args);
/* On the kernel's console, which debug builds of the kernel have: 255 bytes at most. */
__attribute__((format(printf, 1, 2))) void print_debug(const char *format, ...);
