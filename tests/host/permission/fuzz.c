/* fuzz.c - any bytes as a policy and as a manifest: read or refused with a line that is there, and
 * what was read is within its bounds. */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "manifest.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static uint32_t lines_in(const char *text, size_t size)
{
    uint32_t lines = 1;

    for (size_t i = 0; i < size; i++) {
        lines += text[i] == '\n';
    }
    return lines;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct policy policy;
    static struct manifest manifest;
    char *text = malloc(size + 1); /* so that one byte too far is seen */

    memcpy(text, data, size);
    text = realloc(text, size == 0 ? 1 : size);
    uint32_t line = policy_read(text, (uint32_t)size, &policy);
    if (line > lines_in(text, size) || policy.count > RULES_MAX) abort();
    for (uint32_t i = 0; line == 0 && i < policy.count; i++) {
        const struct rule *r = &policy.rules[i];
        bool good = r->line >= 1 && r->line <= lines_in(text, size) && r->from < DAY_MINUTES &&
                    r->to < DAY_MINUTES && r->seconds <= FOR_MAX && r->class <= CLASS_APP;
        if (!good) abort();
    }
    line = manifest_read(text, (uint32_t)size, &manifest);
    if (line > lines_in(text, size) + 1 || manifest.count > NEEDS_MAX) abort();
    if (line == 0 && (manifest.name[0] == '\0' || manifest.class == 0)) abort();
    free(text);
    return 0;
}
