/* names.h - words for the numbers of the kernel's interface. */
#pragma once
#include <stdint.h>

const char *name_of_type(uint8_t type);  /* enum cap_type */
const char *name_of_commit(uint8_t op);  /* enum commit_op */
const char *name_of_event(uint8_t kind); /* enum event_kind */
const char *name_of_syscall(uint8_t op); /* number - SYS_BASE */
const char *name_of_operation(uint16_t operation);
/* Three letters and NUL, "rwg" or "-". */
void name_of_rights(uint8_t rights, char out_text[4]);
