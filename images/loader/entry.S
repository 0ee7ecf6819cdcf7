/*
 * entry.S - in from PVH, out to Multiboot2. Both are 32-bit protected mode without paging; PVH
 * promises less about the registers, so they are set here as the kernel may expect them.
 */
    .section .text.entry, "ax"
    .code32
    .globl loader_entry
loader_entry:                   /* ebx: start info. xen/include/public/arch-x86/hvm/start_info.h */
    cli
    cld
    lgdt gdt_pointer
    ljmp $8, $flat
flat:
    movl $16, %eax
    movl %eax, %ds
    movl %eax, %es
    movl %eax, %fs
    movl %eax, %gs
    movl %eax, %ss
    movl $bss_start, %edi       /* a reset leaves what was there */
    movl $bss_end, %ecx
    subl %edi, %ecx
    shrl $2, %ecx
    xorl %eax, %eax
    rep stosl
    xorl %ebp, %ebp
    movl $stack_end - 16, %esp
    movl %ebx, (%esp)
    call loader_main            /* (start info); does not return */

    .globl kernel_enter
kernel_enter:                   /* (entry, information): Multiboot2 specification 3.3 */
    movl 4(%esp), %ecx
    movl 8(%esp), %ebx
    movl $0x36d76289, %eax
    jmpl *%ecx

    .section .rodata
    .balign 8
gdt:                            /* null, code, data: all 4 GiB; marked accessed, so never written */
    .quad 0, 0x00cf9b000000ffff, 0x00cf93000000ffff
gdt_pointer:
    .word 3 * 8 - 1
    .long gdt

    .section .bss
    .balign 16
    .fill 8192
stack_end:

    /* QEMU finds the entry by this note. xen/include/public/elfnote.h: PHYS32_ENTRY */
    .section .note.pvh, "a", @note
    .balign 4
    .long 4, 8, 18
    .asciz "Xen"
    .long loader_entry, 0
