#include "history.h"
#include "bytes.h"
#include "text.h"

const char *history_back(const struct history *h, uint32_t back)
{
    if (back == 0 || back > h->count || back > HISTORY_LINES) return NULL;
    return h->lines[(h->count - back) % HISTORY_LINES];
}

void history_add(struct history *h, const char *line)
{
    const char *last = history_back(h, 1);

    if (line[0] == '\0' || (last != NULL && strcmp(last, line) == 0)) return;
    (void)text_copy(h->lines[h->count % HISTORY_LINES], HISTORY_LINE_MAX, line, strlen(line));
    h->count++;
}
