/*
 * syscall.h - numbers, registers and operations of the kernel interface.
 *
 * A system call destroys all registers but rsp. In and out use the same ones:
 *
 *   rax  number                       -> enum err
 *   rdi  capability name              -> badge (or the word of a notification)
 *   rsi  message info                 -> message info
 *   rbx  low half: slot of the Reply; high half: first receive slot
 *   rdx r8 r9 r10 r12 r13 r14 r15     message words 0..7, both ways
 *
 * A capability name is 64 bits: the low half a slot index; the high half the slot of a CNode or
 * Thread capability in which to look, 0 for the caller's own CNode. Messages, signals, waits and
 * drops take the short form only; operands of `invoke` take both.
 *
 * A number below SYS_BASE is not a system call of ours: it becomes a fault message (FAULT_SYSCALL).
 */
#pragma once
#include <stdint.h>

#define SYS_BASE 0x57000000u

/*
 * CALL        endpoint: send, wait for the reply
 * REPLY_RECV  endpoint: answer the Reply named in rbx if it is bound, then receive
 * SEND, RECV  endpoint; NB_: ERR_WOULD_BLOCK when nobody waits on the other side
 * REPLY       answers the Reply named in rbx; ERR_BUSY when it is not bound
 * SIGNAL      notification: ORs the capability's badge into the word
 * WAIT, POLL  notification: takes the word; while it is 0, WAIT waits, POLL gives ERR_WOULD_BLOCK
 * YIELD       equals run first; with a budget below its period the thread has done until the next
 * DROP        deletes a use capability of one's own, or clears REVOKED
 * INVOKE      operation `label` of the object in rdi; operands and results are the words
 * DEBUG       debug builds only: writes the low byte of word 0 to the console
 */
/* clang-format off */
enum syscall {
    SYS_CALL = SYS_BASE, SYS_REPLY_RECV, SYS_SEND, SYS_RECV, SYS_NB_SEND, SYS_NB_RECV, SYS_REPLY,
    SYS_SIGNAL, SYS_WAIT, SYS_POLL, SYS_YIELD, SYS_DROP, SYS_INVOKE, SYS_DEBUG, SYS_END
};
/* clang-format on */

/* Message info: bits 0-9 length in words, 10-12 capabilities, 13-15 receive slots, 16-31 label,
 * 32 and up set by the kernel alone. Label: method ordinal, result code, or operation. */
#define MSG_WORDS_MAX 512u
#define MSG_REGISTERS 8u
#define MSG_CAPS_MAX 4u
#define MSG_SIGNAL (1ull << 32) /* no message: the bound notification's word is in rdi */
#define MSG_FAULT (1ull << 33)  /* the kernel's message about a fault of the badge's thread */
#define MSG_CALL (1ull << 34)   /* the sender waits: the Reply named at recv is bound to it */

static inline uint64_t msg_info(uint32_t label, uint32_t words, uint32_t caps, uint32_t slots)
{
    return (uint64_t)words | (uint64_t)caps << 10 | (uint64_t)slots << 13 | (uint64_t)label << 16;
}
#define msg_words(info) ((uint32_t)(info)&0x3ff)
#define msg_caps(info) ((uint32_t)(info) >> 10 & 7)
#define msg_slots(info) ((uint32_t)(info) >> 13 & 7)
#define msg_label(info) ((uint32_t)(info) >> 16)

/*
 * Capabilities in a message. The sender names each in its buffer page: a slot of its own, a mask of
 * rights, and a badge to set if not 0 (only on an unbadged endpoint, bit 63 clear). The receiver
 * finds in its buffer page where each arrived: the slot, rights | type << 8, and badge 0. But a
 * capability to the very endpoint the message came through is not stored: slot 0, and the badge
 * that it carries; so a server learns which of its own objects the sender holds.
 */
struct msg_cap {
    uint32_t slot;
    uint32_t rights;
    uint64_t badge;
};

/* The per-thread buffer page: words 8 and up of a message, and the capabilities it carries. */
struct ipc_buffer {
    uint64_t words[MSG_WORDS_MAX - MSG_REGISTERS];
    struct msg_cap caps[MSG_CAPS_MAX];
};
_Static_assert(sizeof(struct ipc_buffer) == 4096, "one page");

/* Fault messages, label = kind. Words: 0 vector or syscall number, 1 error code, 2 address,
 * 3 rip, 4 rsp, 5 rflags, 6 rbp, 7 thread id. Any reply lets the thread run again from its
 * registers as they then are. SYSCALL: a number below SYS_BASE. MEMORY: page fault, vector 14. */
enum fault_kind { FAULT_SYSCALL = 1, FAULT_MEMORY, FAULT_EXCEPTION };

/*
 * Operations of SYS_INVOKE, by the type of the capability in rdi. `name` operands are 64-bit names;
 * slot operations name their destination in rdi as (container slot << 32 | index), and the type is
 * the container's. Numbers are operand words, then -> result words.
 *
 * CNode, Thread slot  COPY 0 source name, 1 rights mask. MINT the same, 2 badge, 3 flags
 *                     (CAP_FLAG_BOUND). DELETE, REVOKE (every descendant, not the slot):
 *                     ERR_PARTIAL, call again; ERR_BUSY, a table with entries is in the way:
 *                     what went before it is gone. CNode only: MOVE 0 source name; REVOKE.
 * CNode               CREDIT 0 commit credits, which replace the present ones; ~0 is unlimited
 * Untyped             RETYPE 0 cap_type, 1 bits, 2 count 1..64, 3 name of the first destination
 * Thread              START 0 rip, 1 rsp, 2 rdi, 3 fs base: from inactive only.
 *                     CONFIG 0 priority 0..255, 1 flags (THREAD_FPU). STOP: to inactive, whatever
 *                     it waits for. READ 0 first register -> 8 words of struct thread_regs
 * SchedContext        CONFIG 0 budget, 1 period in ticks, 2 index of the CPU. READ -> 0 ticks
 *                     consumed in all
 * PageTable, Frame    MAP 0 AddressSpace name, 1 address, 2 RIGHT_* | MAP_* (frames).
 *                     UNMAP (empty tables). Frame with GRANT: PADDR -> 0 physical address
 * IrqControl          GET 0 line, 1 name of the destination. CPU_START 0 APIC id, 0..255:
 *                     a CPU that comes up has the next index; the ninth stays asleep
 * IrqHandler          BIND 0 notification name, whose badge is signalled. ACK: may fire again
 * IoPortControl       GET 0 first, 1 last, 2 name of the destination
 * IoPorts             IN 0 port, 1 bytes (1, 2, 4) -> 0 value. OUT the same, 2 value
 * Log                 ACK 0 commits, 1 events: new tails, absolute -> 0 threads still stopped.
 *                     BIND 0 notification name: signalled when a ring is half full or
 *                     an ACK leaves threads stopped.
 *                     MODE 0 sigma: 0 stops callers on a full event ring, else it drops and
 *                     counts. WALK 0 nonzero: from the start -> struct walk_item[], see log.h
 */
/* clang-format off */
enum operation {
    OP_COPY = 1, OP_MINT, OP_MOVE, OP_DELETE, OP_REVOKE, OP_CREDIT = 8, OP_RETYPE = 16,
    OP_THREAD_START = 24, OP_THREAD_CONFIG, OP_THREAD_STOP, OP_THREAD_READ, OP_SCHED_CONFIG = 32,
    OP_SCHED_READ, OP_MAP = 40, OP_UNMAP, OP_PADDR, OP_IRQ_GET = 48, OP_IRQ_BIND, OP_IRQ_ACK,
    OP_CPU_START, OP_PORTS_GET = 56, OP_PORT_IN, OP_PORT_OUT, OP_LOG_ACK = 64, OP_LOG_BIND,
    OP_LOG_MODE, OP_LOG_WALK
};
/* clang-format on */

/* Registers of a thread as OP_THREAD_READ numbers them; the message words stand together. */
struct thread_regs {
    uint64_t rax, rdi, rsi, rbx;
    uint64_t w[MSG_REGISTERS]; /* rdx r8 r9 r10 r12 r13 r14 r15 */
    uint64_t rbp, rcx, r11;
    uint64_t rip, rflags, rsp, fs_base, gs_base;
};
enum { THREAD_REGS = 20 };
_Static_assert(sizeof(struct thread_regs) == THREAD_REGS * 8, "no padding");
