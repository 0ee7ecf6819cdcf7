/* information.c - see information.h. No I/O: the host's tests run it too. */
#include "information.h"

#include <stdbool.h>

enum { TAG_END, TAG_CMDLINE, TAG_MODULE = 3, TAG_MEMORY = 6, TAG_RSDP_1 = 14, TAG_RSDP_2 = 15 };
enum { TAG_HEAD_BYTES = 8, MODULE_NAME_BYTES = 9 };
enum { RSDP_1_BYTES = 20, RSDP_2_BYTES = 36, RSDP_REVISION_AT = 15 }; /* ACPI 6.4 5.2.5.3 */

/* What is put in is bounded one by one, so that the sum need not be. */
_Static_assert(8 + (TAG_HEAD_BYTES + CMDLINE_MAX + 1) + (TAG_HEAD_BYTES + 8 + 16) +
                       (TAG_HEAD_BYTES + 8 + MEMORY_ENTRIES_MAX * sizeof(struct memory_entry)) +
                       (TAG_HEAD_BYTES + RSDP_2_BYTES + 4) + TAG_HEAD_BYTES <=
                   sizeof(struct information),
               "all tags have their place");

static void put(struct information *info, const void *from, uint32_t bytes)
{
    __builtin_memcpy((uint8_t *)info + info->bytes, from, bytes);
    info->bytes += bytes;
}

/* Behind it, `bytes` that the caller puts. A tag begins at a multiple of 8. */
static void tag_begin(struct information *info, uint32_t type, uint32_t bytes)
{
    uint32_t head[] = {type, TAG_HEAD_BYTES + bytes};
    info->bytes = (info->bytes + 7) & ~7u;
    put(info, head, sizeof(head));
}

static const char *cmdline_put(struct information *info, const char *text)
{
    uint32_t length = 0;
    while (length <= CMDLINE_MAX && text[length] != '\0') {
        length++;
    }
    if (length > CMDLINE_MAX) return "the command line is too long";
    tag_begin(info, TAG_CMDLINE, length + 1);
    put(info, text, length + 1);
    return NULL;
}

static void image_put(struct information *info, const struct range *image)
{
    uint32_t place[] = {(uint32_t)image->base, (uint32_t)(image->base + image->size)};
    if (image->size == 0) return;
    tag_begin(info, TAG_MODULE, sizeof(place) + MODULE_NAME_BYTES);
    put(info, place, sizeof(place));
    put(info, "boot.img", MODULE_NAME_BYTES);
}

static const char *memory_put(struct information *info, const struct memory_map *map)
{
    uint32_t head[] = {sizeof(struct memory_entry), 0}; /* of an entry: size, version */
    if (map->count > MEMORY_ENTRIES_MAX) return "the memory map is too long";
    uint32_t bytes = map->count * (uint32_t)sizeof(struct memory_entry);
    tag_begin(info, TAG_MEMORY, sizeof(head) + bytes);
    put(info, head, sizeof(head));
    put(info, map->entries, bytes);
    return NULL;
}

static uint8_t sum(const uint8_t *bytes, uint32_t count)
{
    uint32_t total = 0;
    for (uint32_t i = 0; i < count; i++) {
        total += bytes[i];
    }
    return (uint8_t)total;
}

static const char *rsdp_put(struct information *info, const uint8_t *rsdp)
{
    if (sum(rsdp, RSDP_1_BYTES) != 0) return "the root pointer of ACPI is damaged";
    bool second = rsdp[RSDP_REVISION_AT] >= 2;
    uint32_t bytes = second ? RSDP_2_BYTES : RSDP_1_BYTES;
    if (sum(rsdp, bytes) != 0) return "the root pointer of ACPI is damaged";
    tag_begin(info, second ? TAG_RSDP_2 : TAG_RSDP_1, bytes);
    put(info, rsdp, bytes);
    return NULL;
}

const char *information_write(const struct told *told, struct information *out)
{
    out->bytes = 8;
    out->reserved = 0;
    const char *wrong = cmdline_put(out, told->cmdline);
    if (wrong == NULL) wrong = memory_put(out, &told->memory);
    if (wrong == NULL && told->rsdp != NULL) wrong = rsdp_put(out, told->rsdp);
    if (wrong != NULL) return wrong;
    image_put(out, &told->image);
    tag_begin(out, TAG_END, 0);
    return NULL;
}
