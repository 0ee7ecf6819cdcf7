/* output.c - text for the host, and the end of the machine. */
#include "output.h"

#include "micro.h"

static uint64_t text_port, exit_port;

static uint64_t port_get(uint64_t first, uint64_t last)
{
    uint64_t slot = slot_new();
    struct message m = {.w = {first, last, slot}};
    if (sys_invoke(GS_PORT_CONTROL, OP_PORTS_GET, 3, &m) != OK) __builtin_trap();
    return slot;
}

void output_init(void)
{
    text_port = port_get(TEXT_PORT, TEXT_PORT);
    exit_port = port_get(EXIT_PORT, EXIT_PORT + 3);
}

_Noreturn void finish(uint32_t code)
{
    struct message m = {.w = {EXIT_PORT, 4, code}};
    (void)sys_invoke(exit_port, OP_PORT_OUT, 3, &m);
    __builtin_trap();
}

void say(const char *text)
{
    for (; *text != '\0'; text++) {
        make_room_in_rings();
        struct message m = {.w = {TEXT_PORT, 1, (uint8_t)*text}};
        if (sys_invoke(text_port, OP_PORT_OUT, 3, &m) != OK) __builtin_trap();
    }
}

void say_number(uint64_t n)
{
    char digits[24], *at = digits + sizeof(digits) - 1;
    *at = '\0';
    do {
        *--at = (char)('0' + n % 10);
        n /= 10;
    } while (n != 0);
    *--at = ' ';
    say(at);
}

_Noreturn void need_failed(const char *file, uint32_t line)
{
    say("failed ");
    say(file);
    say_number(line);
    say("\n");
    finish(1);
}
