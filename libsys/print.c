/* print.c - see print.h. */
#include "print.h"

#include <stdbool.h>
#include <stdint.h>

#include "bytes.h"
#include "syscall.h"

struct sink {
    char *out;
    size_t size, len; /* len counts what did not fit, too */
};

struct spec {
    bool left, zero;
    int width, precision; /* precision -1: none */
    int longs;            /* 0 int, 1 and up 64 bits */
    char conversion;
};

static void put(struct sink *sink, char byte)
{
    if (sink->len + 1 < sink->size) sink->out[sink->len] = byte;
    sink->len++;
}

static void put_times(struct sink *sink, char byte, int times)
{
    for (int i = 0; i < times; i++) {
        put(sink, byte);
    }
}

/* Zeros stand between the sign and the digits; spaces before or after all of it. */
static void put_padded(struct sink *sink, const struct spec *spec, const char *text, size_t len)
{
    bool zeros = spec->zero && !spec->left && spec->conversion != 's' && spec->conversion != 'c';
    int padding = spec->width > (int)len ? spec->width - (int)len : 0;
    if (!spec->left && !zeros) put_times(sink, ' ', padding);
    if (zeros && len > 0 && *text == '-') {
        put(sink, *text++);
        len--;
    }
    if (zeros) put_times(sink, '0', padding);
    for (size_t i = 0; i < len; i++) {
        put(sink, text[i]);
    }
    if (spec->left) put_times(sink, ' ', padding);
}

static void put_number(struct sink *sink, const struct spec *spec, uint64_t value, bool negative)
{
    char digits[24];
    size_t at = sizeof(digits);
    uint64_t base = spec->conversion == 'x' || spec->conversion == 'p' ? 16 : 10;
    do {
        digits[--at] = "0123456789abcdef"[value % base];
        value /= base;
    } while (value > 0);
    if (negative) digits[--at] = '-';
    put_padded(sink, spec, digits + at, sizeof(digits) - at);
}

static void put_text(struct sink *sink, const struct spec *spec, const char *text)
{
    if (text == NULL) text = "(null)";
    put_padded(sink, spec, text,
               spec->precision < 0 ? strlen(text) : strnlen(text, (size_t)spec->precision));
}

static int parse_number(const char **at, va_list *args)
{
    if (**at == '*') {
        (*at)++;
        return va_arg(*args, int);
    }
    int value = 0;
    while (**at >= '0' && **at <= '9' && value < 10000) {
        value = value * 10 + (*(*at)++ - '0');
    }
    return value;
}

static struct spec parse_spec(const char **at, va_list *args)
{
    struct spec spec = {.precision = -1};
    for (;; (*at)++) {
        if (**at == '-') {
            spec.left = true;
        } else if (**at == '0') {
            spec.zero = true;
        } else {
            break;
        }
    }
    spec.width = parse_number(at, args);
    if (**at == '.') {
        (*at)++;
        spec.precision = parse_number(at, args);
    }
    while (**at == 'l' || **at == 'z') {
        spec.longs++;
        (*at)++;
    }
    spec.conversion = **at;
    if (**at != '\0') (*at)++;
    return spec;
}

static void put_spec(struct sink *sink, const struct spec *spec, va_list *args)
{
    char byte;
    switch (spec->conversion) {
    case 'd':
    case 'i': {
        int64_t value = spec->longs > 0 ? va_arg(*args, int64_t) : va_arg(*args, int);
        put_number(sink, spec, value < 0 ? 0 - (uint64_t)value : (uint64_t)value, value < 0);
        break;
    }
    case 'u':
    case 'x':
        put_number(sink, spec, spec->longs > 0 ? va_arg(*args, uint64_t) : va_arg(*args, unsigned),
                   false);
        break;
    case 'p':
        put_number(sink, spec, (uintptr_t)va_arg(*args, void *), false);
        break;
    case 'c':
        byte = (char)va_arg(*args, int);
        put_padded(sink, spec, &byte, 1);
        break;
    case 's':
        put_text(sink, spec, va_arg(*args, const char *));
        break;
    case '\0':
        break;
    default: /* '%' and what is not known */
        put(sink, spec->conversion);
    }
}

size_t print_format_list(char *out, size_t size, const char *format, va_list args)
{
    struct sink sink = {out, size, 0};
    va_list rest; /* a parameter of type va_list may be a pointer: only a copy has an address */
    va_copy(rest, args);
    while (*format != '\0') {
        if (*format != '%') {
            put(&sink, *format++);
            continue;
        }
        format++;
        struct spec spec = parse_spec(&format, &rest);
        put_spec(&sink, &spec, &rest);
    }
    va_end(rest);
    if (size > 0) out[sink.len < size ? sink.len : size - 1] = '\0';
    return sink.len;
}

size_t print_format(char *out, size_t size, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    size_t len = print_format_list(out, size, format, args);
    va_end(args);
    return len;
}

void print_debug(const char *format, ...)
{
    char line[256];
    va_list args;
    va_start(args, format);
    print_format_list(line, sizeof(line), format, args);
    va_end(args);
    for (const char *at = line; *at != '\0'; at++) {
        sys_debug(*at);
    }
}
