/*
 * boot.S - from a loader's 32-bit protected mode to C in long mode. Other CPUs come from real mode.
 * The first tables map the image's 4 MiB twice, where it lies and high; paging.c makes the final
 * ones of them.
 */
#include "x86.h"

#define PHYS(symbol) ((symbol) - KERNEL_BASE)

    .macro LONG_MODE efer       /* up to the jump to 64-bit code */
    movl $0x20, %eax            /* CR4.PAE */
    movl %eax, %cr4
    movl $PHYS(kernel_root), %eax
    movl %eax, %cr3
    movl $0xc0000080, %ecx
    rdmsr
    orl $\efer, %eax
    wrmsr
    movl $0x8001003b, %eax      /* CR0: PG WP NE ET TS MP PE */
    movl %eax, %cr0
    .endm

    .section .boot, "ax"
    .code32
    .balign 8
multiboot2_header:              /* Multiboot2 specification 3.1.1; the one tag ends the list */
    .long 0xe85250d6, 0, multiboot2_end - multiboot2_header
    .long -(0xe85250d6 + multiboot2_end - multiboot2_header), 0, 8
multiboot2_end:

    .globl multiboot2_entry     /* ebx: information */
multiboot2_entry:
    cli
    cld
    movl %ebx, %edi
    rdtsc
    movl %eax, PHYS(entry_ticks)
    movl %edx, PHYS(entry_ticks) + 4

    lgdt PHYS(cpu_gdt_pointer)
    LONG_MODE 0x101             /* EFER.LME and SCE */
    ljmp $SEL_KERNEL_CODE, $long_mode

    .code64
long_mode:
    movl $SEL_KERNEL_DATA, %eax
    movl %eax, %ss              /* the others do not matter in 64-bit mode */
    movabsq $high, %rax
    jmpq *%rax

    .text
high:
    lgdt gdt_pointer(%rip)
    lidt idt_pointer(%rip)
    movl $1, %edx
    lock xaddl %edx, cpu_next(%rip)
    cmpl $CPUS_LIMIT, %edx
    jae asleep                  /* there is no place for it */
    imulq $2 * (GUARD_BYTES + STACK_BYTES), %rdx, %rax
    leaq stacks + GUARD_BYTES + STACK_BYTES(%rip), %rsp
    addq %rax, %rsp
    xorl %ebp, %ebp
    lldt %bp                    /* at reset the local table is user memory from address 0 up */
    movl %edi, %edi             /* the loader's upper half is not defined */
    movq entry_ticks(%rip), %rsi
    call boot_main              /* (physical address of what the loader said, time, index) */
    jmp run
asleep:
    hlt
    jmp asleep

    /* Copied to CPU_START_PAGE. From real mode straight to long mode: SDM vol 3A 9.8.5 in short, as
     * everything that it sets up is there. */
    .globl cpu_code, cpu_code_end
    .code16
cpu_code:
    cli
    lgdtl %cs:cpu_gdt_pointer - cpu_code
    LONG_MODE 0x901             /* as above, with NX */
    ljmpl $SEL_KERNEL_CODE, $long_mode
cpu_gdt_pointer:
    .word GDT_LIMIT
    .long PHYS(gdt)
cpu_code_end:

    .data
    .globl kernel_root, kernel_level3, kernel_level1, gdt
    .balign 4096
kernel_root:                    /* entry 0 goes once the image is entered high */
    .quad PHYS(kernel_level3) + 3
    .fill 510, 8, 0
    .quad PHYS(kernel_level3) + 3
kernel_level3:
    .quad PHYS(kernel_level2) + 3
    .fill 509, 8, 0
    .quad PHYS(kernel_level2) + 3, 0
kernel_level2:
    .quad PHYS(kernel_level1) + 3, PHYS(kernel_level1) + 4096 + 3
    .fill 510, 8, 0
kernel_level1:
    .set page, 3
    .rept IMAGE_PAGES
    .quad page
    .set page, page + 4096
    .endr
gdt:                            /* null, kernel code and data, user data and code, then the TSS; */
    .quad 0, 0x00209b0000000000, 0x0000930000000000 /* marked accessed: the CPU writes nothing */
    .quad 0x0000f30000000000, 0x0020fb0000000000
    .fill 2 * 8, 8, 0
gdt_pointer:
    .word GDT_LIMIT
    .quad gdt
idt_pointer:
    .word 4095
    .quad idt
entry_ticks:
    .quad 0
cpu_next:                       /* index of the CPU that comes next */
    .long 0
