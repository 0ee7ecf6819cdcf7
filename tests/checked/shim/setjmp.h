/* setjmp.h - the predicates' headers name it; nothing here jumps. */
#pragma once
typedef int jmp_buf[1];
