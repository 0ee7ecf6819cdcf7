/* recording.c - see recording.h. */
#include "recording.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

struct recording recording;

static uint64_t *count_up(uint64_t count)
{
    uint64_t *list = calloc(count + 1, sizeof(*list));
    if (list == NULL) abort();
    return list;
}

static const char *index_events(struct recording *r)
{
    r->positions = count_up(r->record_count);
    uint64_t at = 0;
    for (; at < r->record_count && r->records[at].kind != EVENT_GAP; at++) {
        if (r->records[at].kind != EVENT_ARGS) r->positions[r->event_count++] = at;
    }
    r->positions[r->event_count] = at;
    if (at < r->record_count) r->dropped = r->records[at].arg;
    return r->event_count == 0 || r->records[0].kind != EVENT_BOOT ? "no BOOT event" : NULL;
}

static const char *index_commits(struct recording *r)
{
    r->first_commits = count_up(r->event_count);
    uint64_t at = 0;
    for (uint64_t number = 0; number < r->event_count; number++) {
        r->first_commits[number] = at;
        while (at < r->commit_count && r->commits[at].cause == number) {
            at++;
        }
    }
    r->first_commits[r->event_count] = at;
    return at == 0 ? "no commits of the boot" : NULL;
}

const char *recording_open(const char *path)
{
    struct recording *r = &recording;
    struct stat st;
    int fd = open(path, O_RDONLY);
    if (fd < 0 || fstat(fd, &st) != 0) return "cannot be opened";
    uint64_t size = (uint64_t)st.st_size;
    if (size < sizeof(struct recording_header)) return "too short";
    const uint8_t *data = mmap(NULL, size, PROT_READ, MAP_PRIVATE, fd, 0);
    if (data == MAP_FAILED) return "cannot be mapped";
    close(fd);
    const struct recording_header *h = (const void *)data;
    if (h->magic != RECORDING_MAGIC) return "not what tools/replay hands over";
    uint64_t left = size - sizeof(*h);
    if (h->image_bytes > left) return "truncated";
    left -= h->image_bytes;
    if (h->record_count > left / sizeof(struct event)) return "truncated";
    left -= h->record_count * sizeof(struct event);
    if (h->commit_count * sizeof(struct commit) != left) return "truncated";
    *r = (struct recording){.image = data + sizeof(*h),
                            .image_bytes = h->image_bytes,
                            .record_count = h->record_count,
                            .commit_count = h->commit_count};
    r->records = (const void *)(r->image + r->image_bytes);
    r->commits = (const void *)(r->records + r->record_count);
    const char *wrong = index_events(r);
    return wrong != NULL ? wrong : index_commits(r);
}

void recording_close(void)
{
    uint64_t size = sizeof(struct recording_header) + recording.image_bytes +
                    recording.record_count * sizeof(struct event) +
                    recording.commit_count * sizeof(struct commit);
    munmap((void *)(recording.image - sizeof(struct recording_header)), size);
    free(recording.positions);
    free(recording.first_commits);
    recording = (struct recording){0};
}

const struct event *recording_event(uint64_t number)
{
    return &recording.records[recording.positions[number]];
}

bool recording_args(uint64_t number, uint64_t out[RECORDING_ARGS])
{
    memset(out, 0, RECORDING_ARGS * sizeof(*out));
    for (uint64_t p = recording.positions[number] + 1; p < recording.positions[number + 1]; p++) {
        const uint64_t *w = (const uint64_t *)&recording.records[p];
        uint64_t first = (uint64_t)recording.records[p].op * ARGS_WORDS;
        if (first + ARGS_WORDS > RECORDING_ARGS) return false;
        out[first] = w[0];
        out[first + 1] = w[2];
        out[first + 2] = w[3];
    }
    return true;
}
