/* seeds.c - every message that encode.py made from README.md's layout is accepted, and by its own
 * handler: two writers of one layout agree. Cut or lengthened by a word it is refused, and so is
 * every message of it with one thing wrong. */
#include <dirent.h>
#include <string.h>

#include "fuzz.h"

static uint8_t *read_file(const char *folder, const char *name, size_t *out_size)
{
    char path[1024];
    snprintf(path, sizeof(path), "%s/%s", folder, name);
    FILE *file = fopen(path, "rb");
    REQUIRE(file != NULL);
    uint8_t *bytes = calloc(1, FUZZ_HEAD + (MSG_WORDS_MAX + 1) * 8ul);
    *out_size = fread(bytes, 1, FUZZ_HEAD + MSG_WORDS_MAX * 8ul, file);
    fclose(file);
    return bytes;
}

static void try_seed(const char *folder, const char *name, bool *reached)
{
    size_t size;
    uint8_t *bytes = read_file(folder, name, &size);
    uint32_t before = fuzz_handled;
    (void)fuzz_request(bytes, size);
    if (fuzz_handled != before + 1) fprintf(stderr, "%s: ", name);
    REQUIRE(fuzz_handled == before + 1);
    const struct fuzz_interface *interface = &fuzz_interfaces[bytes[0]];
    if (fuzz_last != interface->first_method + bytes[1]) fprintf(stderr, "%s: ", name);
    REQUIRE(fuzz_last == interface->first_method + bytes[1]);
    REQUIRE(strncmp(name, interface->name, strlen(interface->name)) == 0);
    reached[fuzz_last] = true;

    if (size > FUZZ_HEAD) REQUIRE(fuzz_request(bytes, size - 8) != OK);
    if (size < FUZZ_HEAD + MSG_WORDS_MAX * 8ul) REQUIRE(fuzz_request(bytes, size + 8) != OK);
    REQUIRE(fuzz_handled == before + 1);
    free(bytes);
}

static void try_wrong(const char *folder, const char *name, bool *reached)
{
    (void)reached;
    size_t size;
    uint8_t *bytes = read_file(folder, name, &size);
    uint32_t before = fuzz_handled;
    int result = fuzz_request(bytes, size);
    if (fuzz_handled != before) fprintf(stderr, "%s: ", name);
    REQUIRE(fuzz_handled == before);
    REQUIRE(result == ERR_MESSAGE || result == ERR_RANGE);
    free(bytes);
}

static uint32_t for_each(const char *folder, void (*visit)(const char *, const char *, bool *),
                         bool *reached)
{
    DIR *entries = opendir(folder);
    uint32_t count = 0;
    REQUIRE(entries != NULL);
    for (struct dirent *entry; (entry = readdir(entries)) != NULL;) {
        if (entry->d_name[0] == '.') continue;
        visit(folder, entry->d_name, reached);
        count++;
    }
    closedir(entries);
    return count;
}

int main(int argc, char **argv)
{
    REQUIRE(argc == 3);
    bool *reached = calloc(fuzz_method_count, sizeof(bool));
    uint32_t seeds = for_each(argv[1], try_seed, reached);
    uint32_t wrong = for_each(argv[2], try_wrong, reached);
    for (uint32_t i = 0; i < fuzz_method_count; i++) {
        REQUIRE(reached[i]);
    }
    free(reached);
    printf("%u messages to %u methods, %u refused\n", seeds, fuzz_method_count, wrong);
    return seeds == 0 || wrong == 0;
}
