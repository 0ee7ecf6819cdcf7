/* answers.c - questions to a log, as the shell's: log, show, caps, why, who. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "chain.h"
#include "names.h"
#include "provenance.h"
#include "wllog.h"

void commit_print(const struct query *q, const struct commit *c)
{
    char rights[4], dst[64] = "", src[64] = "";
    name_of_rights(c->rights, rights);
    if (c->dst != 0) slot_text(q, c->dst, c->seq, dst);
    if (c->src != 0) slot_text(q, c->src, c->seq, src);
    printf("%8" PRIu64 "  %-9s %-12s %-3s %016" PRIx64, c->seq, name_of_commit(c->op),
           name_of_type(c->type), rights, c->obj);
    if (c->dst != 0) printf("  %s", dst);
    if (c->src != 0) printf("  from %s", src);
    if (c->badge != 0) printf("  badge %" PRIx64, c->badge);
    printf("  by t%u\n", c->actor);
}

static int asked_wrongly(const char *usage)
{
    fprintf(stderr, "wl-log: usage: wl-log FILE %s\n", usage);
    return WRONG;
}

/* FROM and COUNT. Containers are named as they are at the end of what is asked about. */
int run_log(struct query *q)
{
    uint64_t from = 0, count = q->count;
    bool good = q->word_count <= 2;
    if (good && q->word_count > 0) good = number_parse(q->words[0], &from);
    if (good && q->word_count > 1) good = number_parse(q->words[1], &count);
    if (!good) return asked_wrongly("log [FROM [COUNT]]");
    if (from >= q->count) {
        fprintf(stderr, "wl-log: there are commits 0 to %" PRIu64 "\n", q->count - 1);
        return NOT_FOUND;
    }
    for (uint64_t i = from; i < q->count && i - from < count; i++) {
        commit_print(q, &q->boot->commits[i]);
    }
    return DONE;
}

static void hash_print(const struct boot *b, uint64_t seq)
{
    struct chain chain = {0};
    while (chain.count <= seq) {
        chain_append(&chain, &b->commits[chain.count]);
    }
    printf("hash   ");
    for (uint32_t i = 0; i < HASH_BYTES; i++) {
        printf("%02x", chain.head[i]);
    }
    printf("\n");
}

int run_show(struct query *q)
{
    uint64_t seq;
    if (q->word_count != 1 || !number_parse(q->words[0], &seq)) return asked_wrongly("show SEQ");
    if (seq >= q->count) {
        fprintf(stderr, "wl-log: there is no commit %" PRIu64 "\n", seq);
        return NOT_FOUND;
    }
    const struct commit *c = &q->boot->commits[seq];
    char rights[4];
    name_of_rights(c->rights, rights);
    commit_print(q, c);
    printf("time   %" PRIu64 "\ncause  event %" PRIu64 "\nactor  t%u on CPU %u\n", c->time,
           c->cause, c->actor, c->cpu);
    printf("dst    %" PRIx64 "\nsrc    %" PRIx64 "\nobj    %" PRIx64 "\nbadge  %" PRIx64 "\n",
           c->dst, c->src, c->obj, c->badge);
    printf("type   %s\nrights %s\nflags  %u\nbits   %u\ndepth  %u\narg0   %" PRIx64
           "\narg1   %" PRIx64 "\n",
           name_of_type(c->type), rights, c->flags, c->bits, c->depth, c->arg0, c->arg1);
    hash_print(q->boot, seq);
    return DONE;
}

static void cap_print(const struct query *q, const struct reduce_node *n, const char *at)
{
    char rights[4];
    struct walk_item item = reduce_item(&q->fold, n);
    name_of_rights(n->rights, rights);
    printf("%-24s %-12s %-3s %-5s %016" PRIx64 "  badge %" PRIx64 "  since %" PRIu64 "\n", at,
           name_of_type(n->type), rights, n->flags & CAP_FLAG_BOUND ? "bound" : "", n->obj,
           item.badge, n->made);
}

int run_caps(struct query *q)
{
    struct space space;
    char at[24];
    if (q->word_count != 1) return asked_wrongly("caps NAME");
    if (!space_find(q, q->words[0], &space)) return NOT_FOUND;
    for (uint64_t i = 1; i < space.slots; i++) {
        const struct reduce_node *n = reduce_find(&q->fold, space.cnode + (i << SLOT_BITS));
        if (n == NULL) continue;
        snprintf(at, sizeof(at), "%" PRIu64, i);
        cap_print(q, n, at);
    }
    return DONE;
}

int run_why(struct query *q)
{
    struct space space;
    uint64_t slot, seq, before;
    if (q->word_count != 2 || !number_parse(q->words[1], &slot))
        return asked_wrongly("why NAME SLOT");
    if (!space_find(q, q->words[0], &space)) return NOT_FOUND;
    const struct reduce_node *n =
        slot < space.slots ? reduce_find(&q->fold, space.cnode + (slot << SLOT_BITS)) : NULL;
    if (n == NULL) {
        fprintf(stderr, "wl-log: nothing is in slot %" PRIu64 " of %s\n", slot, q->words[0]);
        return NOT_FOUND;
    }
    before = n->made;
    do {
        seq = before;
        commit_print(q, &q->boot->commits[seq]);
        before = provenance_step(q->boot->commits, seq);
    } while (before != seq);
    return DONE;
}

int run_who(struct query *q)
{
    uint64_t object, found = 0;
    char at[64];
    if (q->word_count != 1 || !address_parse(q->words[0], &object))
        return asked_wrongly("who OBJECT");
    const struct reduce_node *n = NULL;
    while ((n = reduce_next(&q->fold, n)) != NULL) {
        if (n->obj != object) continue;
        slot_text(q, n->slot, q->count - 1, at);
        cap_print(q, n, at);
        found++;
    }
    if (found == 0) fprintf(stderr, "wl-log: nobody holds %" PRIx64 "\n", object);
    return found != 0 ? DONE : NOT_FOUND;
}

/* Each CNode once, and the thread that looks up its names there. */
int run_spaces(struct query *q)
{
    if (q->word_count != 0) return asked_wrongly("spaces");
    const struct reduce_node *n = NULL;
    while ((n = reduce_next(&q->fold, n)) != NULL) {
        uint32_t held = 0;
        if (n->type != CAP_CNODE || q->fold.nodes[n->parent].type == CAP_CNODE) continue;
        uint64_t slots = 1ull << (n->bits - SLOT_BITS);
        for (uint64_t i = 1; i < slots; i++) {
            held += reduce_find(&q->fold, n->obj + (i << SLOT_BITS)) != NULL;
        }
        uint32_t id = space_thread(q, n->obj);
        printf("%016" PRIx64 "  %6u of %6" PRIu64 " slots", n->obj, held, slots - 1);
        if (id != 0) printf("  t%u", id);
        printf("\n");
    }
    return DONE;
}
