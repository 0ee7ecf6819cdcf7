/* verify.c - chain and fold of every boot, beside what the store says of the image. */
#include <inttypes.h>
#include <string.h>

#include "chain.h"
#include "wllog.h"

/* The first commit whose kept tag is not that of the chain; count if all are right. */
static uint64_t chain_of(const struct boot *b, struct chain *out)
{
    *out = (struct chain){0};
    while (out->count < b->count) {
        if (b->commits[out->count].seq != out->count) break;
        chain_append(out, &b->commits[out->count]);
        bool same = b->tags == NULL || memcmp(b->tags[out->count - 1], out->head, TAG_BYTES) == 0;
        if (!same) return out->count - 1;
    }
    return out->count;
}

static int boot_verify(const struct boot *b, uint32_t number)
{
    struct chain chain;
    struct reduce fold;
    const char *why;
    int status = DONE;
    uint64_t sound = chain_of(b, &chain);
    printf("boot %u: %" PRIu64 " commits, head ", number, b->count);
    for (uint32_t i = 0; i < HASH_BYTES; i++) {
        printf("%02x", chain.head[i]);
    }
    printf("\n");
    if (sound != b->count) {
        printf("boot %u: commit %" PRIu64 ": the chain breaks here\n", number, sound);
        status = NOT_FOUND;
    }
    if (!log_fold(b, b->count, &fold, &why)) {
        printf("boot %u: commit %" PRIu64 ": %s\n", number, fold.count, why);
        status = NOT_FOUND;
    } else {
        printf("boot %u: the fold is sound: %u capabilities\n", number, fold.live);
    }
    fold_free(&fold);
    return status;
}

int run_verify(const struct log *l)
{
    int status = DONE;
    if (l->is_image) {
        printf("%s: %" PRIu64 " groups, %" PRIu64 " records, %u boots\n", l->path, l->groups,
               l->records, l->boot_count);
    }
    if (l->is_damaged) {
        printf("%s: damaged: %s", l->path, l->damage);
        if (l->is_image)
            printf(": group %" PRIu64 ", block %" PRIu64, l->where.group, l->where.block);
        printf("\n");
        status = NOT_FOUND;
    }
    for (uint32_t i = 0; i < l->boot_count; i++) {
        const struct boot *b = &l->boots[i];
        if (boot_verify(b, b->note.boot != 0 ? b->note.boot : i + 1) != DONE) status = NOT_FOUND;
    }
    printf(status == DONE ? "verify: ok\n" : "verify: NOT SOUND\n");
    return status;
}
