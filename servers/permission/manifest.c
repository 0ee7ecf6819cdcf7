#include "manifest.h"

#include "bytes.h"

static bool class_read(const char *word, uint8_t *out_class)
{
    static const char *const classes[] = {"system", "service", "app"};

    for (uint8_t i = 0; i < 3; i++) {
        if (strcmp(word, classes[i]) == 0) *out_class = (uint8_t)(CLASS_SYSTEM + i);
    }
    return *out_class != 0;
}

static bool need_read(const struct line *line, struct manifest *m)
{
    struct need *n = &m->needs[m->count];
    uint32_t rights;

    if (line->count != 4 || m->count == NEEDS_MAX) return false;
    if (!name_is_plain(line->words[1]) || !rights_read(line->words[2], &rights)) return false;
    for (uint32_t i = 0; i < m->count; i++) {
        if (strcmp(m->needs[i].object, line->words[1]) == 0) return false;
    }
    n->required = strcmp(line->words[0], "needs") == 0;
    n->rights = (uint8_t)rights;
    memcpy(n->object, line->words[1], strlen(line->words[1]) + 1);
    memcpy(n->reason, line->words[3], strlen(line->words[3]) + 1);
    m->count++;
    return n->reason[0] != '\0';
}

/* What stands there once, and was not there before. */
static bool word_set(const struct line *line, char *out_word)
{
    if (line->count != 2 || out_word[0] != '\0' || !name_is_plain(line->words[1])) return false;
    memcpy(out_word, line->words[1], strlen(line->words[1]) + 1);
    return true;
}

static bool line_take(const struct line *line, struct manifest *m)
{
    const char *what = line->words[0];

    if (line->count == 0) return false;
    if (strcmp(what, "id") == 0) return word_set(line, m->id);
    if (strcmp(what, "name") == 0) return word_set(line, m->name);
    if (strcmp(what, "version") == 0) return word_set(line, m->version);
    if (strcmp(what, "class") == 0) {
        return line->count == 2 && m->class == 0 && class_read(line->words[1], &m->class);
    }
    if (strcmp(what, "needs") == 0 || strcmp(what, "wants") == 0) return need_read(line, m);
    return false;
}

uint32_t manifest_read(const char *text, uint32_t len, struct manifest *m)
{
    struct lines lines = lines_of(text, len);
    struct line line;

    memset(m, 0, sizeof(*m));
    while (lines_next(&lines, &line)) {
        if (!line_take(&line, m)) return line.number;
    }
    bool whole = m->id[0] != '\0' && m->name[0] != '\0' && m->version[0] != '\0' && m->class != 0;
    return whole ? 0 : lines.number + 1;
}

const struct need *manifest_need(const struct manifest *m, const char *object, uint32_t rights)
{
    for (uint32_t i = 0; i < m->count; i++) {
        const struct need *n = &m->needs[i];
        if (strcmp(n->object, object) == 0) return (rights & ~n->rights) == 0 ? n : NULL;
    }
    return NULL;
}
