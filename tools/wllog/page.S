/* page.S - page.html as bytes. */
    .section .rodata
    .globl page, page_end
page:
    .incbin "page.html"
page_end:
    .byte 0
    .section .note.GNU-stack, "", @progbits
