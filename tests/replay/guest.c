/* guest.c - see guest.h. */
#include "guest.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cap.h"

#define KERNEL_BASE 0xffffffff80000000ull
#define DIRECT_MAP 0xffff800000000000ull
enum { QUEUES = 1024 };

static const char *const names[SYM_COUNT] = {"cap_root", "cap_cursor",   "cpus",  "irq_lines",
                                             "lines",    "event_number", "rings", "cpu_last"};

static struct {
    const uint8_t *memory;
    uint64_t size;
    uint64_t symbols[SYM_COUNT];
    struct {
        const void *here;
        uint64_t there;
    } queues[QUEUES];
    uint32_t queue_count;
} guest;

static const char *symbol_add(char *word)
{
    char *equals = strchr(word, '=');
    if (equals == NULL) return "not NAME=ADDRESS";
    *equals = 0;
    for (uint32_t i = 0; i < SYM_COUNT; i++) {
        if (strcmp(names[i], word) == 0) guest.symbols[i] = strtoull(equals + 1, NULL, 0);
    }
    return NULL;
}

const char *guest_open(char *text)
{
    char *save = NULL, *path = strtok_r(text, " ", &save);
    struct stat st;
    memset(&guest, 0, sizeof(guest));
    int fd = path != NULL ? open(path, O_RDONLY) : -1;
    if (fd < 0 || fstat(fd, &st) != 0) return "the memory file cannot be opened";
    guest.size = (uint64_t)st.st_size;
    void *at = mmap(NULL, guest.size, PROT_READ, MAP_PRIVATE, fd, 0);
    close(fd);
    if (at == MAP_FAILED) return "the memory file cannot be mapped";
    guest.memory = at;
    for (char *w = strtok_r(NULL, " ", &save); w != NULL; w = strtok_r(NULL, " ", &save)) {
        const char *wrong = symbol_add(w);
        if (wrong != NULL) return wrong;
    }
    for (uint32_t i = 0; i < SYM_COUNT; i++) {
        if (guest.symbols[i] == 0) return names[i];
    }
    return NULL;
}

void guest_close(void)
{
    if (guest.memory != NULL) munmap((void *)guest.memory, guest.size);
    guest.memory = NULL;
}

uint64_t guest_symbol(enum guest_symbol s)
{
    return guest.symbols[s];
}

const void *guest_phys(uint64_t phys, uint64_t bytes)
{
    return phys <= guest.size && bytes <= guest.size - phys ? guest.memory + phys : NULL;
}

const void *guest_at(uint64_t address, uint64_t bytes)
{
    return guest_phys(address - (address >= KERNEL_BASE ? KERNEL_BASE : DIRECT_MAP), bytes);
}

uint64_t guest_address(const void *p)
{
    if (p == NULL) return 0;
    if (p == &cap_root) return guest.symbols[SYM_CAP_ROOT];
    return ptr_to_phys(p) + DIRECT_MAP;
}

bool guest_same_queue(const void *here, uint64_t there)
{
    if (here == NULL || there == 0) return here == NULL && there == 0;
    for (uint32_t i = 0; i < guest.queue_count; i++) {
        if (guest.queues[i].here == here || guest.queues[i].there == there)
            return guest.queues[i].here == here && guest.queues[i].there == there;
    }
    if (guest.queue_count == QUEUES) return false;
    guest.queues[guest.queue_count].here = here;
    guest.queues[guest.queue_count++].there = there;
    return true;
}
