/* filters.c - head, tail, wc, grep: lines of files, or of the input. */
#include "bytes.h"
#include "commands.h"
#include "finder.h"
#include "text.h"

enum { LINE_BYTES = 4096, LINES_USUAL = 10 };

static struct reader reader; /* one file at a time */
static char line[LINE_BYTES];

struct counts {
    uint64_t lines, words, bytes;
};

static void line_show(struct shell *sh, uint32_t len)
{
    shell_bytes(sh, line, len);
    shell_bytes(sh, "\n", 1);
}

/* -n COUNT before the files. False after a message. */
static bool count_take(struct shell *sh, int *argc, char **argv, uint64_t *out_count)
{
    *out_count = LINES_USUAL;
    if (*argc < 2 || strcmp(argv[1], "-n") != 0) return true;
    if (*argc < 3 || !shell_number(argv[2], out_count)) {
        (void)shell_wrong(sh, "-n wants a number");
        return false;
    }
    for (int i = 1; i + 2 <= *argc; i++) {
        argv[i] = argv[i + 2];
    }
    *argc -= 2;
    return true;
}

/* Lines from number `from` on, at most `count` of them. */
static int part_show(struct shell *sh, const char *path, uint64_t count, bool at_end)
{
    uint64_t from = 0, all = 0;
    uint32_t len;

    if (!reader_open(sh, &reader, path)) return STATUS_ERROR;
    while (at_end && !shell_stopped(sh) && reader_line(&reader, line, LINE_BYTES, &len)) {
        all++;
    }
    if (all > count) from = all - count;
    if (at_end) reader_rewind(&reader);
    for (uint64_t n = 0; n < from + count && !shell_stopped(sh); n++) {
        if (!reader_line(&reader, line, LINE_BYTES, &len)) break;
        if (n >= from) line_show(sh, len);
    }
    return reader_close(&reader);
}

static int parts_show(struct shell *sh, int argc, char **argv, bool at_end)
{
    uint64_t count;
    int status = STATUS_OK;

    if (!count_take(sh, &argc, argv, &count)) return STATUS_USAGE;
    if (argc == 1) return part_show(sh, NULL, count, at_end);
    for (int i = 1; i < argc; i++) {
        if (argc > 2) shell_print(sh, "==> %s <==\n", argv[i]);
        if (part_show(sh, argv[i], count, at_end) != STATUS_OK) status = STATUS_ERROR;
    }
    return status;
}

int run_head(struct shell *sh, int argc, char **argv)
{
    return parts_show(sh, argc, argv, false);
}

int run_tail(struct shell *sh, int argc, char **argv)
{
    return parts_show(sh, argc, argv, true);
}

static int count_one(struct shell *sh, const char *path, struct counts *out_counts)
{
    struct counts *c = out_counts;
    const char *bytes;
    bool in_word = false;
    uint32_t len;

    *c = (struct counts){0};
    if (!reader_open(sh, &reader, path)) return STATUS_ERROR;
    while (!shell_stopped(sh) && (len = reader_bytes(&reader, &bytes)) > 0) {
        for (uint32_t i = 0; i < len; i++) {
            bool space = bytes[i] == ' ' || bytes[i] == '\t' || bytes[i] == '\n';
            if (bytes[i] == '\n') c->lines++;
            if (!space && !in_word) c->words++;
            in_word = !space;
        }
        c->bytes += len;
    }
    return reader_close(&reader);
}

int run_wc(struct shell *sh, int argc, char **argv)
{
    struct counts c;
    int status = STATUS_OK;

    if (argc == 1) {
        status = count_one(sh, NULL, &c);
        if (status == STATUS_OK) shell_print(sh, "%lu %lu %lu\n", c.lines, c.words, c.bytes);
    }
    for (int i = 1; i < argc; i++) {
        if (count_one(sh, argv[i], &c) != STATUS_OK) {
            status = STATUS_ERROR;
        } else {
            shell_print(sh, "%lu %lu %lu %s\n", c.lines, c.words, c.bytes, argv[i]);
        }
    }
    return status;
}

/* grep */

enum { GREP_COUNT = 1, GREP_CASE = 2, GREP_NUMBER = 4, GREP_OTHERS = 8 };

struct grep {
    const char *text;
    uint32_t how;
    bool names; /* several files: each line with its file */
    uint64_t found;
};

static void grep_show(struct shell *sh, const struct grep *g, const char *path, uint64_t number)
{
    if (g->names) shell_print(sh, "%s:", path);
    if ((g->how & GREP_NUMBER) != 0) shell_print(sh, "%lu:", number);
}

static int grep_one(struct shell *sh, struct grep *g, const char *path)
{
    uint64_t number = 0, found = 0;
    uint32_t len;

    if (!reader_open(sh, &reader, path)) return STATUS_ERROR;
    while (!shell_stopped(sh) && reader_line(&reader, line, LINE_BYTES, &len)) {
        number++;
        bool has = text_contains(line, len, g->text, (g->how & GREP_CASE) != 0);
        if (has == ((g->how & GREP_OTHERS) != 0)) continue;
        found++;
        if ((g->how & GREP_COUNT) != 0) continue;
        grep_show(sh, g, path, number);
        line_show(sh, len);
    }
    g->found += found;
    if ((g->how & GREP_COUNT) != 0) {
        if (g->names) shell_print(sh, "%s:", path);
        shell_print(sh, "%lu\n", found);
    }
    return reader_close(&reader);
}

/* Status 1 also when nothing was found, so that && and || can tell. */
int run_grep(struct shell *sh, int argc, char **argv)
{
    struct grep g = {0};
    int status = STATUS_OK;

    if (!options_take(sh, &argc, argv, "cinv", &g.how)) return STATUS_USAGE;
    if (argc < 2) return shell_wrong(sh, "TEXT is missing");
    g.text = argv[1];
    g.names = argc > 3;
    if (argc == 2) status = grep_one(sh, &g, NULL);
    for (int i = 2; i < argc && !sh->interrupted; i++) {
        if (grep_one(sh, &g, argv[i]) != STATUS_OK) status = STATUS_ERROR;
    }
    return status == STATUS_OK && g.found == 0 ? STATUS_ERROR : status;
}
