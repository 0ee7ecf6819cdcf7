/* operate.h - kernel operations by a program in axiom's place. */
#pragma once
#include "abi/boot.h"
#include "abi/log.h"
#include "abi/object.h"
#include "syscall.h"

/* Ends the machine: 0 is well, else what went wrong. */
_Noreturn void finish(uint32_t code);
void make_room_in_rings(void);
/* Repeats while the kernel says PARTIAL; makes room in the rings before. */
enum err op(enum operation operation, uint64_t name, uint64_t w0, uint64_t w1, uint64_t w2,
            uint64_t w3);
