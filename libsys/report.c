#include "report.h"
#include "symbols.h"

enum { PAGE_FAULT_WRITE = 2, PAGE_FAULT_FETCH = 16, PAGE_FAULT_PRESENT = 1 }; /* SDM vol 3A §4.7 */

static const char *exception_name(uint64_t vector)
{
    switch (vector) {
    case 0:
        return "division by zero";
    case 3:
        return "breakpoint";
    case 6:
        return "invalid instruction";
    case 7:
        return "use of the FPU without the right to it";
    case 13:
        return "general protection";
    case 17:
        return "misaligned access";
    default:
        return "exception";
    }
}

static void cause_print(const struct report *r, struct out *o)
{
    uint64_t error = r->fault[1];

    if (r->kind == FAULT_SYSCALL) {
        out_print(o, "system call 0x%lx is not one of ours", r->fault[0]);
    } else if (r->kind == FAULT_MEMORY) {
        out_print(o, "%s of 0x%lx, which is %s",
                  (error & PAGE_FAULT_FETCH) != 0   ? "execution"
                  : (error & PAGE_FAULT_WRITE) != 0 ? "write"
                                                    : "read",
                  r->fault[2], (error & PAGE_FAULT_PRESENT) != 0 ? "forbidden" : "not mapped");
    } else {
        out_print(o, "%s, vector %lu, error 0x%lx", exception_name(r->fault[0]), r->fault[0],
                  error);
    }
}

static void registers_print(const struct report *r, struct out *o)
{
    static const char names[THREAD_REGS][4] = {"rax", "rdi", "rsi", "rbx", "rdx", "r8",  "r9",
                                               "r10", "r12", "r13", "r14", "r15", "rbp", "rcx",
                                               "r11", "rip", "rfl", "rsp", "fs",  "gs"};

    if (r->regs == NULL) {
        out_print(o, "  rip %016lx rsp %016lx rfl %016lx rbp %016lx\n", r->fault[3], r->fault[4],
                  r->fault[5], r->fault[6]);
        return;
    }
    for (unsigned i = 0; i < THREAD_REGS; i++) {
        out_print(o, "%s%3s %016lx%s", i % 4 == 0 ? "  " : " ", names[i], r->regs[i],
                  i % 4 == 3 ? "\n" : "");
    }
}

static void place_print(const struct report *r, struct out *o, unsigned depth, uint64_t address,
                        uint64_t lookup)
{
    struct symbol symbol;

    out_print(o, "  #%u 0x%lx", depth, address);
    if (r->elf != NULL && symbol_find(r->elf, r->elf_size, lookup, &symbol)) {
        out_print(o, " %s+0x%lx", symbol.name, symbol.offset + (address - lookup));
    }
    out_print(o, "\n");
}

void report_print(const struct report *r, struct out *o)
{
    uint64_t frame = r->fault[6];

    out_print(o, "fault: %s (pid %u, thread %lu): ", r->name, r->pid, r->fault[7]);
    cause_print(r, o);
    out_print(o, "\n");
    registers_print(r, o);
    place_print(r, o, 0, r->fault[3], r->fault[3]);
    /* A frame is the caller's frame, then the return address. Frames only go up: no loop. */
    for (unsigned depth = 1; depth < REPORT_DEPTH_MAX; depth++) {
        uint64_t words[2];
        if (frame == 0 || frame % 8 != 0 || !r->peek(r->state, frame, words)) return;
        if (words[1] == 0) return;
        /* The call stands before the return address, perhaps the end of the function. */
        place_print(r, o, depth, words[1], words[1] - 1);
        if (words[0] <= frame) return;
        frame = words[0];
    }
}
