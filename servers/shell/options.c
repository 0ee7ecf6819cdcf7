/* options.c - what the arguments of commands have in common: letters behind `-`, modes. */
#include "bytes.h"
#include "shell.h"

/* The letters of one word. False: one is not among them. */
static bool word_take(const char *word, const char *letters, uint32_t *out_set)
{
    for (; *word != '\0'; word++) {
        const char *place = strchr(letters, *word);
        if (place == NULL) return false;
        *out_set |= 1u << (place - letters);
    }
    return true;
}

bool options_take(struct shell *sh, int *argc, char **argv, const char *letters, uint32_t *out_set)
{
    int at = 1;

    *out_set = 0;
    while (at < *argc && argv[at][0] == '-' && argv[at][1] != '\0') {
        bool is_end = strcmp(argv[at], "--") == 0;
        if (!is_end && !word_take(argv[at] + 1, letters, out_set)) {
            (void)shell_wrong(sh, "no such option");
            return false;
        }
        at++;
        if (is_end) break;
    }
    for (int i = at; i <= *argc; i++) {
        argv[i - at + 1] = argv[i];
    }
    *argc -= at - 1;
    return true;
}

static const char mode_letters[] = "rwxrwrw";

void mode_text(uint8_t mode, char out_text[8])
{
    for (uint32_t i = 0; i < 7; i++) {
        out_text[i] = (mode >> (6 - i) & 1) != 0 ? mode_letters[i] : '-';
    }
    out_text[7] = '\0';
}

static bool whole_mode(const char *text, uint8_t *out_mode)
{
    uint8_t mode = 0;

    if (strlen(text) != 7) return false;
    for (uint32_t i = 0; i < 7; i++) {
        if (text[i] != mode_letters[i] && text[i] != '-') return false;
        mode = (uint8_t)(mode << 1 | (text[i] != '-'));
    }
    *out_mode = mode;
    return true;
}

bool mode_parse(const char *text, uint8_t before, uint8_t *out_mode)
{
    static const struct {
        char class, letter;
        uint8_t bit;
    } bits[] = {{'u', 'r', 64}, {'u', 'w', 32}, {'u', 'x', 16}, {'s', 'r', 8},
                {'s', 'w', 4},  {'w', 'r', 2},  {'w', 'w', 1}};
    uint8_t mode = 0;

    if (whole_mode(text, out_mode)) return true;
    if (text[0] == '\0' || (text[1] != '+' && text[1] != '-') || text[2] == '\0') return false;
    for (const char *c = text + 2; *c != '\0'; c++) {
        uint8_t bit = 0;
        for (size_t i = 0; i < sizeof(bits) / sizeof(bits[0]); i++) {
            if (bits[i].class == text[0] && bits[i].letter == *c) bit = bits[i].bit;
        }
        if (bit == 0) return false;
        mode |= bit;
    }
    *out_mode = (uint8_t)(text[1] == '+' ? before | mode : before & ~mode);
    return true;
}
