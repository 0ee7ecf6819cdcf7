/* steps.c - see steps.h. */
#include "steps.h"

#include <errno.h>
#include <string.h>

static const struct step *now_at;
static size_t taken; /* bytes of its choices */
static struct source beyond;

static uint64_t mix(uint64_t x)
{
    x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9ull;
    x = (x ^ x >> 27) * 0x94d049bb133111ebull;
    return x ^ x >> 31;
}

struct source source_of(uint64_t seed, uint64_t world)
{
    return (struct source){mix(seed * 0x9e3779b97f4a7c15ull + mix(world + 1))};
}

uint64_t source_next(struct source *s) /* splitmix64 */
{
    return mix(s->state += 0x9e3779b97f4a7c15ull);
}

struct step step_random(struct source *s)
{
    uint64_t words[sizeof(struct step) / 8];
    struct step out;
    for (size_t i = 0; i < sizeof(words) / 8; i++) {
        words[i] = source_next(s);
    }
    memcpy(&out, words, sizeof(out));
    return out;
}

void step_begin(const struct step *s)
{
    uint64_t words[sizeof(*s) / 8];
    memcpy(words, s, sizeof(words));
    beyond.state = 0;
    for (size_t i = 0; i < sizeof(words) / 8; i++) {
        beyond.state = mix(beyond.state ^ words[i]);
    }
    now_at = s;
    taken = 0;
}

/* One byte chooses among few, so that changing it changes one thing. */
uint64_t any(uint64_t n)
{
    size_t bytes = n <= 256 ? 1 : n <= 65536 ? 2 : 4;
    uint64_t value = 0;
    if (taken + bytes > sizeof(now_at->choice)) return source_next(&beyond) % n;
    memcpy(&value, &now_at->choice[taken], bytes);
    taken += bytes;
    return (bytes == 4 ? mix(value) : value) % n;
}

bool one_in(uint64_t n)
{
    return any(n) == n - 1; /* so that zeros choose what is usual */
}

bool steps_write(FILE *f, const struct steps *list)
{
    for (size_t i = 0; i < list->count; i++) {
        const uint8_t *b = (const uint8_t *)&list->at[i];
        for (size_t n = 0; n < sizeof(struct step); n++) {
            fprintf(f, "%02x", b[n]);
        }
        fputc('\n', f);
    }
    return !ferror(f);
}

static int digit(char c)
{
    if (c >= '0' && c <= '9') return c - '0';
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static bool line_read(const char *line, struct step *out)
{
    uint8_t *b = (uint8_t *)out;
    for (size_t n = 0; n < sizeof(*out); n++) {
        int high = digit(line[2 * n]), low = high < 0 ? -1 : digit(line[2 * n + 1]);
        if (low < 0) return false;
        b[n] = (uint8_t)(high << 4 | low);
    }
    char end = line[2 * sizeof(*out)];
    return end == '\n' || end == ' ' || end == 0;
}

static bool text_read(FILE *f, struct steps *out, char message[200])
{
    char line[400];
    for (unsigned number = 1; fgets(line, sizeof(line), f) != NULL; number++) {
        if (line[0] == '#' || line[0] == '\n') continue;
        if (out->count == STEPS_MAX || !line_read(line, &out->at[out->count++])) {
            snprintf(message, 200, "line %u is no step, or one too many", number);
            return false;
        }
    }
    return true;
}

/* Bytes are hardly ever 64 digits or this word by chance. */
static bool is_text(FILE *f)
{
    char begin[64];
    size_t n = fread(begin, 1, sizeof(begin), f), digits = 0;
    rewind(f);
    while (digits < n && digit(begin[digits]) >= 0) {
        digits++;
    }
    return n == sizeof(begin) && (digits == n || memcmp(begin, "# steps", 7) == 0);
}

bool steps_read(const char *path, struct steps *out, char message[200])
{
    FILE *f = fopen(path, "rb");
    bool ok = true;
    out->count = 0;
    if (f == NULL) {
        snprintf(message, 200, "cannot be opened: %s", strerror(errno));
        return false;
    }
    if (is_text(f)) {
        ok = text_read(f, out, message);
    } else {
        out->count = fread(out->at, sizeof(struct step), STEPS_MAX, f);
    }
    fclose(f);
    if (ok && out->count == 0) snprintf(message, 200, "has no steps");
    return ok && out->count != 0;
}
