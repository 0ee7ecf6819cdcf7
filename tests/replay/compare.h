/*
 * compare.h - the executed state against the memory of the machine that was recorded, stopped after
 * the same event in user mode or idle: field by field, so I18 is seen in the machine itself.
 *
 * Not compared is what the machine alone knows: registers and FPU state of threads, contents of
 * fault messages, accessed and dirty bits, the kernel's half of address spaces.
 */
#pragma once
#include <stdbool.h>

/* `text`: FILE NAME=ADDRESS ..., the kernel's symbols. Prints what differs. */
bool compare(char *text);
