/* provenance.c - see provenance.h. */
#include "provenance.h"

bool provenance_fills(uint8_t op)
{
    return op == COMMIT_GENESIS || op == COMMIT_RETYPE || op == COMMIT_COPY || op == COMMIT_MINT ||
           op == COMMIT_TRANSFER || op == COMMIT_MOVE;
}

uint64_t provenance_before(const struct commit *list, uint64_t slot, uint64_t seq)
{
    for (uint64_t i = seq; i-- > 0;) {
        if (list[i].dst == slot && provenance_fills(list[i].op)) return i;
    }
    return seq;
}

uint64_t provenance_step(const struct commit *list, uint64_t seq)
{
    return list[seq].src != 0 ? provenance_before(list, list[seq].src, seq) : seq;
}
