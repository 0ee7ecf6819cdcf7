/* virtqueue.c - see virtqueue.h. */
#include "virtqueue.h"

enum { FLAG_NEXT = 1, FLAG_WRITE = 2, USED_NO_NOTIFY = 1, AVAILABLE_NO_INTERRUPT = 1 };

void vq_init(struct virtqueue *q, uint16_t size, void *descriptors, void *available, void *used)
{
    q->descriptors = descriptors;
    q->available = available;
    q->used = used;
    q->size = q->free_count = size;
    q->free = q->given = q->taken = 0;
    q->broken = false;
    for (uint16_t i = 0; i < size; i++) {
        q->chains[i] = (struct vq_chain){.next = (uint16_t)(i + 1)};
    }
}

static void describe(struct virtqueue *q, uint16_t at, const struct vq_piece *p, uint16_t flags)
{
    volatile struct vq_descriptor *d = &q->descriptors[at];
    d->address = p->address;
    d->bytes = p->bytes;
    d->flags = flags;
    d->next = flags & FLAG_NEXT ? q->chains[at].next : 0;
}

bool vq_add(struct virtqueue *q, const struct vq_request *r)
{
    uint32_t count = r->reads + r->writes;
    if (q->broken || count == 0 || count > q->free_count) return false;
    uint16_t first = q->free, at = first, last = first;
    struct vq_chain *c = &q->chains[first];
    c->room = 0;
    for (uint32_t i = 0; i < count; i++) {
        uint16_t flags = i < r->reads ? 0 : FLAG_WRITE;
        if (i + 1 < count) flags |= FLAG_NEXT;
        if (flags & FLAG_WRITE) c->room += r->pieces[i].bytes;
        describe(q, at, &r->pieces[i], flags);
        last = at;
        at = q->chains[at].next;
    }
    q->free = at;
    q->free_count = (uint16_t)(q->free_count - count);
    c->last = last;
    c->cookie = r->cookie;
    c->in_flight = true;
    q->available->ring[q->given++ % q->size] = first;
    return true;
}

/* The descriptors before the index; the index before we look whether the device sleeps. */
bool vq_publish(struct virtqueue *q)
{
    __atomic_thread_fence(__ATOMIC_RELEASE);
    q->available->index = q->given;
    __atomic_thread_fence(__ATOMIC_SEQ_CST);
    return !(q->used->flags & USED_NO_NOTIFY);
}

void vq_hush(struct virtqueue *q)
{
    q->available->flags = AVAILABLE_NO_INTERRUPT;
}

/* The flag before we look: what the device answers after that look it announces. Virtio 1.1,
 * 2.6.7. */
bool vq_listen(struct virtqueue *q)
{
    q->available->flags = 0;
    __atomic_thread_fence(__ATOMIC_SEQ_CST);
    return q->used->index == q->taken;
}

static void chain_free(struct virtqueue *q, uint16_t first)
{
    struct vq_chain *c = &q->chains[first];
    uint16_t count = 1, last = c->last;
    for (uint16_t at = first; at != last; at = q->chains[at].next) {
        count++;
    }
    c->in_flight = false;
    q->chains[last].next = q->free;
    q->free = first;
    q->free_count = (uint16_t)(q->free_count + count);
}

bool vq_take(struct virtqueue *q, uint64_t *out_cookie, uint32_t *out_written)
{
    uint16_t index = q->used->index, done = (uint16_t)(index - q->taken);
    if (q->broken || done == 0) return false;
    __atomic_thread_fence(__ATOMIC_ACQUIRE);
    const volatile struct vq_used_entry *e = &q->used->ring[q->taken % q->size];
    uint32_t id = e->id, written = e->written;
    bool known = done <= (uint16_t)(q->given - q->taken) && id < q->size && q->chains[id].in_flight;
    if (!known || written > q->chains[id].room) {
        q->broken = true;
        return false;
    }
    *out_cookie = q->chains[id].cookie;
    *out_written = written;
    q->taken++;
    chain_free(q, (uint16_t)id);
    return true;
}
