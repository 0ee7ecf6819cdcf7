/* states.c - folds a file of commits with libsys/reduce.c, and prints the state: after every
 * `every` records and after the last one. */
#include <stdio.h>
#include <stdlib.h>

#include "reduce.h"

enum { NODES = 1 << 16 };

static void show(const struct reduce *r)
{
    printf("at %lu: %u capabilities, %u marks\n", r->count, r->live, r->marked);
    for (struct reduce_node *n = reduce_next(r, NULL); n != NULL; n = reduce_next(r, n)) {
        struct walk_item i = reduce_item(r, n);
        printf("%lx %u %u %u %u %u %lx %lx %lx %lx %lx %lu\n", i.slot, i.type, i.rights, i.flags,
               i.bits, i.depth, i.obj, i.badge, i.extra, i.next, i.child, n->made);
    }
}

int main(int argc, char **argv)
{
    FILE *in = argc == 3 ? fopen(argv[1], "rb") : NULL;
    uint64_t every = argc == 3 ? strtoull(argv[2], NULL, 10) : 0;
    void *memory = malloc(reduce_bytes(NODES));
    if (in == NULL || every == 0 || memory == NULL) {
        fprintf(stderr, "usage: reducer_states COMMITS EVERY\n");
        return 2;
    }
    struct reduce r;
    struct commit c;
    reduce_init(&r, memory, NODES);
    while (fread(&c, sizeof(c), 1, in) == 1) {
        enum reduce_result result = reduce_apply(&r, &c);
        if (result != REDUCE_OK) {
            printf("refused %lu: %s\n", r.count, reduce_text(result));
            break;
        }
        if (r.count % every == 0) show(&r);
    }
    show(&r);
    fclose(in);
    free(memory);
    return 0;
}
