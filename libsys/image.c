#include "image.h"
#include "bytes.h"

static uint64_t page_up(uint64_t bytes)
{
    return (bytes + 4095) & ~4095ull;
}

bool image_open(const void *at, uint64_t size, struct image *out_image)
{
    const struct image_file *files = at;
    uint32_t count = 0;

    /* The table is padded with zeros; without padding a file's contents follow, which may be
     * anything: then the place of the first file says where the table ends. */
    while ((count + 1) * sizeof(*files) <= size && files[count].path[0] == '/') {
        count++;
    }
    if (count == 0) return false;
    uint64_t table_bytes = page_up(count * sizeof(*files));
    if (files[0].offset < table_bytes) return false;
    uint64_t table_offset = files[0].offset - table_bytes;
    for (uint32_t i = 0; i < count; i++) {
        const struct image_file *f = &files[i];
        if (strnlen(f->path, sizeof(f->path)) == sizeof(f->path)) return false;
        if (f->offset < files[0].offset || f->offset - table_offset > size) return false;
        if (f->size > size - (f->offset - table_offset)) return false;
    }
    *out_image = (struct image){.files = files, .count = count, .table_offset = table_offset};
    return true;
}

const uint8_t *image_data(const struct image *image, const struct image_file *file)
{
    return (const uint8_t *)image->files + (file->offset - image->table_offset);
}

const struct image_file *image_find(const struct image *image, const char *path)
{
    for (uint32_t i = 0; i < image->count; i++) {
        if (strcmp(image->files[i].path, path) == 0) return &image->files[i];
    }
    return NULL;
}
