#include "complete.h"
#include "bytes.h"
#include "text.h"

static bool ends_word(char c)
{
    return c == ' ' || c == '\t' || c == ';' || c == '>' || c == '<' || c == '|' || c == '&';
}

/* The first word of the command that the cursor is in, unless it is the one under the cursor. */
static void command_find(struct completion *c, const char *line, uint32_t word_start)
{
    uint32_t start = word_start, len = 0;

    while (start > 0 && line[start - 1] != ';' && line[start - 1] != '|' &&
           line[start - 1] != '&') {
        start--;
    }
    while (start < word_start && line[start] == ' ') {
        start++;
    }
    while (start + len < word_start && !ends_word(line[start + len])) {
        len++;
    }
    (void)text_copy(c->command, sizeof(c->command), line + start, len);
}

bool complete_start(struct completion *c, const char *line, uint32_t cursor)
{
    uint32_t start = cursor;

    while (start > 0 && !ends_word(line[start - 1])) {
        start--;
        if (line[start] == '\'' || line[start] == '"' || line[start] == '\\') return false;
    }
    if (cursor - start >= COMPLETE_WORD_MAX) return false;
    memcpy(c->word, line + start, cursor - start);
    c->word_len = cursor - start;
    c->word[c->word_len] = '\0';
    c->common_len = c->count = c->list_len = 0;
    c->list[0] = '\0';
    command_find(c, line, start);
    return true;
}

static void list_add(struct completion *c, const char *candidate, uint32_t len)
{
    /* Of a path only the last name is shown. */
    for (uint32_t i = 0; i + 1 < len; i++) {
        if (candidate[i] != '/') continue;
        candidate += i + 1;
        len -= i + 1;
        i = UINT32_MAX;
    }
    if (len + 2 >= COMPLETE_LIST_MAX - c->list_len) return;
    memcpy(c->list + c->list_len, candidate, len);
    memcpy(c->list + c->list_len + len, "  ", 3);
    c->list_len += len + 2;
}

void complete_offer(struct completion *c, const char *candidate, uint32_t len)
{
    if (len < c->word_len || len >= COMPLETE_WORD_MAX) return;
    if (memcmp(candidate, c->word, c->word_len) != 0) return;
    if (c->count++ == 0) {
        memcpy(c->common, candidate, len);
        c->common_len = len;
    }
    uint32_t same = 0;
    while (same < len && same < c->common_len && candidate[same] == c->common[same]) {
        same++;
    }
    c->common_len = same;
    list_add(c, candidate, len);
}

uint32_t complete_text(const struct completion *c, char out_text[COMPLETE_WORD_MAX])
{
    if (c->count == 0) return 0;
    uint32_t len = c->common_len - c->word_len;
    memcpy(out_text, c->common + c->word_len, len);
    bool whole = c->count == 1 && c->common[c->common_len - 1] != '/';
    if (whole && len + 1 < COMPLETE_WORD_MAX) out_text[len++] = ' ';
    return len;
}
