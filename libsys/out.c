#include "out.h"
#include "print.h"

struct out out_to(char *buffer, size_t size)
{
    buffer[0] = '\0';
    return (struct out){.at = buffer, .size = size};
}

void out_print(struct out *o, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    size_t room = o->size - o->len;
    size_t len = print_format_list(o->at + o->len, room, format, args);
    va_end(args);
    if (len >= room) {
        o->cut = true;
        len = room - 1;
    }
    o->len += len;
}

void out_bytes(struct out *o, const char *bytes, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        if (o->len + 1 >= o->size) {
            o->cut = true;
            break;
        }
        o->at[o->len++] = bytes[i];
    }
    o->at[o->len] = '\0';
}

void out_json(struct out *o, const char *text)
{
    for (; *text != '\0'; text++) {
        unsigned char c = (unsigned char)*text;
        if (c == '"' || c == '\\') {
            out_print(o, "\\%c", c);
        } else if (c < 0x20) {
            out_print(o, "\\u%04x", c);
        } else {
            out_bytes(o, text, 1);
        }
    }
}
