/* export.c - commits as JSON lines and as a timeline; who holds what as a graph. */
#include <inttypes.h>
#include <string.h>

#include "names.h"
#include "wllog.h"

static void json_commit(const struct commit *c)
{
    char rights[4];
    name_of_rights(c->rights, rights);
    printf("{\"seq\":%" PRIu64 ",\"time\":%" PRIu64 ",\"cause\":%" PRIu64 ",\"op\":\"%s\"", c->seq,
           c->time, c->cause, name_of_commit(c->op));
    printf(",\"type\":\"%s\",\"rights\":\"%s\",\"flags\":%u,\"bits\":%u,\"depth\":%u,\"cpu\":%u",
           name_of_type(c->type), rights, c->flags, c->bits, c->depth, c->cpu);
    printf(",\"actor\":%u,\"dst\":\"%" PRIx64 "\",\"src\":\"%" PRIx64 "\",\"obj\":\"%" PRIx64 "\"",
           c->actor, c->dst, c->src, c->obj);
    printf(",\"badge\":\"%" PRIx64 "\",\"arg0\":\"%" PRIx64 "\",\"arg1\":\"%" PRIx64 "\"}",
           c->badge, c->arg0, c->arg1);
}

static int export_jsonl(struct query *q)
{
    for (uint64_t i = 0; i < q->count; i++) {
        json_commit(&q->boot->commits[i]);
        printf("\n");
    }
    return DONE;
}

/* Chrome's trace events, which Perfetto reads: an instant a commit, on the track of its thread, and
 * how many capabilities there are. Its microseconds are thousands of ticks. */
static int export_perfetto(struct query *q)
{
    uint64_t start = q->boot->commits[0].time, live = 0;
    printf("{\"displayTimeUnit\":\"ms\",\"traceEvents\":[\n");
    printf("{\"name\":\"process_name\",\"ph\":\"M\",\"pid\":1,\"args\":{\"name\":\"commits\"}}");
    for (uint64_t i = 0; i < q->count; i++) {
        const struct commit *c = &q->boot->commits[i];
        uint64_t ticks = c->time - start;
        bool adds = c->op >= COMMIT_GENESIS && c->op <= COMMIT_TRANSFER;
        bool removes = c->op == COMMIT_DELETE || (c->op == COMMIT_DROP && c->type != CAP_REVOKED);
        live = live + adds - removes;
        printf(
            ",\n{\"name\":\"%s %s\",\"ph\":\"i\",\"s\":\"t\",\"pid\":1,\"tid\":%u,\"ts\":%" PRIu64
            ".%03" PRIu64 ",\"args\":",
            name_of_commit(c->op), name_of_type(c->type), c->actor, ticks / 1000, ticks % 1000);
        json_commit(c);
        printf("}");
        if (!adds && !removes) continue;
        printf(",\n{\"name\":\"capabilities\",\"ph\":\"C\",\"pid\":1,\"ts\":%" PRIu64 ".%03" PRIu64
               ",\"args\":{\"live\":%" PRIu64 "}}",
               ticks / 1000, ticks % 1000, live);
    }
    printf("\n]}\n");
    return DONE;
}

/* Memory is left out: what may be done with others is what the graph is for. */
static bool is_drawn(const struct reduce_node *n)
{
    return n->type != CAP_UNTYPED && n->type != CAP_FRAME && n->type != CAP_PTABLE;
}

static int export_dot(struct query *q)
{
    char at[64], rights[4];
    const struct reduce_node *n = NULL;
    printf("digraph capabilities {\n    rankdir=LR;\n    node [fontname=\"monospace\"];\n");
    while ((n = reduce_next(&q->fold, n)) != NULL) {
        if (!is_drawn(n)) continue;
        name_of_rights(n->rights, rights);
        slot_text(q, n->slot, q->count - 1, at);
        char *slot = strrchr(at, ' ');
        if (slot != NULL) *slot++ = '\0';
        printf("    \"%s\" [shape=box];\n    \"%s %" PRIx64 "\";\n", at, name_of_type(n->type),
               n->obj);
        printf("    \"%s\" -> \"%s %" PRIx64 "\" [label=\"%s %s\"];\n", at, name_of_type(n->type),
               n->obj, slot != NULL ? slot : "", rights);
    }
    printf("}\n");
    return DONE;
}

int run_export(struct query *q)
{
    static const struct {
        const char *option;
        int (*run)(struct query *q);
    } formats[] = {{"--jsonl", export_jsonl},
                   {"--dot", export_dot},
                   {"--html", export_html},
                   {"--perfetto", export_perfetto}};
    for (size_t i = 0; q->word_count == 1 && i < sizeof(formats) / sizeof(formats[0]); i++) {
        if (strcmp(q->words[0], formats[i].option) == 0) return formats[i].run(q);
    }
    fprintf(stderr, "wl-log: usage: wl-log FILE export --jsonl | --dot | --html | --perfetto\n");
    return WRONG;
}
