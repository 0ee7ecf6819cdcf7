/*
 * mark.h - what where.c sees: an instruction that does nothing, with a number. Counting begins at
 * mark_begin() and ends at mark_end(). `kind`, a constant below 256: where.c can be told which.
 */
#pragma once

enum { MARK_END = 0x574c0000, MARK_BEGIN = 0x574c0100, MARK_KINDS = 256 };
#define MARK(number) __asm__ volatile("nopl %c0(%%rax)" ::"i"(number) : "memory")
#define mark_begin(kind) MARK(MARK_BEGIN + (kind))
#define mark_end() MARK(MARK_END)
