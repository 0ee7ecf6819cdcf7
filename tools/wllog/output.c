/* output.c - see output.h. */
#include "output.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "image.h"

#define SUFFIX ".unfinished"

static bool say(const char *path, const char *what)
{
    fprintf(stderr, "wl-log: %s: %s\n", path, what);
    return false;
}

static void forget(struct output *o)
{
    if (o->file != NULL) (void)fclose(o->file);
    free(o->unfinished);
    *o = (struct output){0};
}

void output_drop(struct output *o)
{
    (void)unlink(o->unfinished);
    forget(o);
}

bool output_open(struct output *o, const char *path, uint64_t blocks)
{
    *o = (struct output){.path = path, .blocks = blocks};
    if (access(path, F_OK) == 0) return say(path, strerror(EEXIST));
    size_t length = strlen(path);
    o->unfinished = must(malloc(length + sizeof(SUFFIX)));
    memcpy(o->unfinished, path, length);
    memcpy(o->unfinished + length, SUFFIX, sizeof(SUFFIX));
    o->file = fopen(o->unfinished, "w+bx");
    if (o->file == NULL) {
        bool there = errno == EEXIST;
        (void)say(o->unfinished,
                  there ? "a run was cut off, or goes on: remove it" : strerror(errno));
        forget(o);
        return false;
    }
    (void)setvbuf(o->file, NULL, _IONBF, 0); /* a write that fails is told at once */
    return true;
}

enum store_io_result output_do(struct output *o, const struct store_io *io)
{
    size_t done = io->blocks;
    if (io->op == STORE_FLUSH) return STORE_IO_OK;
    errno = 0;
    if (fseeko(o->file, (off_t)(io->block * STORE_BLOCK), SEEK_SET) != 0) done = 0;
    if (done > 0 && io->op == STORE_READ) done = fread(io->data, STORE_BLOCK, done, o->file);
    if (done > 0 && io->op == STORE_WRITE) done = fwrite(io->data, STORE_BLOCK, done, o->file);
    if (done == io->blocks) return STORE_IO_OK;
    if (o->error == 0) o->error = errno;
    return STORE_IO_FAILED;
}

bool output_finish(struct output *o)
{
    bool durable = fflush(o->file) == 0 && fsync(fileno(o->file)) == 0;
    if (durable && renameat2(AT_FDCWD, o->unfinished, AT_FDCWD, o->path, RENAME_NOREPLACE) == 0) {
        forget(o);
        return true;
    }
    (void)say(o->path, strerror(errno));
    output_drop(o);
    return false;
}
