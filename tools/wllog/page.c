/* page.c - the capability graph over time as one page: page.html with the commits in it. */
#include <inttypes.h>
#include <string.h>

#include "names.h"
#include "wllog.h"

extern const char page[], page_end[]; /* page.S */
static const char mark[] = "/*COMMITS*/";

/* What changes the graph, as short as can be: the page folds it. Memory is not drawn, but whoever
 * holds a container of others is. */
static void commits_print(const struct query *q)
{
    bool first = true;
    for (uint64_t i = 0; i < q->count; i++) {
        const struct commit *c = &q->boot->commits[i];
        bool adds = c->op >= COMMIT_GENESIS && c->op <= COMMIT_TRANSFER;
        bool changes = adds || c->op == COMMIT_MOVE || c->op == COMMIT_DELETE ||
                       (c->op == COMMIT_DROP && c->type != CAP_REVOKED);
        if (!changes) continue;
        printf("%s[%" PRIu64 ",\"%s\",\"%s\",%u,\"%" PRIx64 "\",\"%" PRIx64 "\",\"%" PRIx64
               "\",%u,%u,%" PRIu64 "]",
               first ? "" : ",\n", c->seq, adds ? "add" : name_of_commit(c->op),
               name_of_type(c->type), c->rights, c->dst, c->src, c->obj, c->bits, c->actor,
               c->type == CAP_THREAD && c->op == COMMIT_RETYPE ? c->arg1 : 1);
        first = false;
    }
}

int export_html(struct query *q)
{
    size_t length = (size_t)(page_end - page);
    const char *place = memmem(page, length, mark, sizeof(mark) - 1);
    if (place == NULL) return WRONG;
    fwrite(page, 1, (size_t)(place - page), stdout);
    commits_print(q);
    place += sizeof(mark) - 1;
    fwrite(place, 1, (size_t)(page_end - place), stdout);
    return DONE;
}
