/* waiting.c - calls that wait for the chunk store: each is answered once, when it can be. */
#include "waiting.h"

#include "bytes.h"
#include "heap.h"
#include "panic.h"

enum { WAITING = LOG_HELD_MAX, NAME_TRIES = 4096 };
enum waiting_kind {
    WAIT_NONE,
    WAIT_READ,
    WAIT_GET,
    WAIT_WRITE,
    WAIT_FLUSH,
    WAIT_CHECK,
    WAIT_NAME,
    WAIT_PUT
};

static struct waiting {
    enum waiting_kind kind;
    uint64_t token;
    uint32_t node, len;
    uint64_t inode, offset;
    uint64_t stamp; /* FLUSH */
    uint32_t tries; /* NAME */
    bool soft;      /* PUT */
    uint32_t at;    /* GET, PUT: in the area of the handle */
    uint32_t generation;
    uint16_t open;
    uint8_t *bytes; /* WRITE: VFS_WRITE_MAX; stays, for the next one */
} all[WAITING];
static struct waiting *placing; /* PUT: whose blocks are on their way */

static struct waiting *add(struct request *rq, enum waiting_kind kind)
{
    const struct server *s = server_of(rq);
    struct waiting *w = all;

    while (w->kind != WAIT_NONE) {
        w++;
        CHECK(w < all + WAITING); /* one for each Reply */
    }
    w->kind = kind;
    w->token = rq->token;
    w->node = s->who.base;
    w->inode = s->vfs.nodes[s->who.base].inode;
    return w;
}

int contents_read_later(struct request *rq, const struct file_read_in *in)
{
    if (!contents_may_come()) return FILE_AWAY;
    struct waiting *w = add(rq, WAIT_READ);
    w->offset = in->offset;
    w->len = in->count;
    contents_turn(request_service(rq));
    return REPLY_LATER;
}

int contents_get_later(struct request *rq, const struct file_get_in *in)
{
    uint32_t inside = VFS_BLOCK_BYTES - (uint32_t)(in->offset % VFS_BLOCK_BYTES);

    if (!contents_may_come()) return FILE_AWAY;
    struct waiting *w = add(rq, WAIT_GET);
    w->offset = in->offset;
    w->len = in->count < inside ? in->count : inside;
    w->at = in->at;
    w->open = server_of(rq)->open;
    w->generation = server_of(rq)->vfs.opens[w->open].generation;
    contents_turn(request_service(rq));
    return REPLY_LATER;
}

bool contents_write_waits(const struct server *s)
{
    if (!contents_may_come() || contents_fails()) return false;
    return s->vfs.room > VFS_DIRTY_MAX || contents_may_shrink(&s->vfs);
}

int contents_write_later(struct request *rq, uint64_t offset, const struct vfs_record *r)
{
    struct waiting *w = add(rq, WAIT_WRITE);

    if (w->bytes == NULL) w->bytes = heap_alloc(VFS_WRITE_MAX);
    if (w->bytes == NULL) {
        w->kind = WAIT_NONE;
        return FILE_NO_SPACE;
    }
    w->offset = offset;
    w->len = r->len;
    memcpy(w->bytes, r->bytes, r->len);
    contents_turn(request_service(rq));
    return REPLY_LATER;
}

int contents_flush_later(struct request *rq)
{
    if (!contents_may_come() || server_log.sealed) return DIRECTORY_AWAY; /* nothing is stored */
    if (server_of(rq)->vfs.dirty == 0) return OK; /* nothing would come that ends the wait */
    struct waiting *w = add(rq, WAIT_FLUSH);
    w->stamp = server_of(rq)->vfs.stamp;
    contents_turn(request_service(rq));
    return REPLY_LATER;
}

int contents_verify_later(struct request *rq, uint64_t from)
{
    if (!contents_may_come()) return FILE_AWAY;
    add(rq, WAIT_CHECK)->offset = from;
    contents_turn(request_service(rq));
    return REPLY_LATER;
}

int contents_identify_later(struct request *rq, uint32_t node)
{
    if (!contents_may_come() || server_log.sealed) return DIRECTORY_AWAY; /* nothing is stored */
    struct waiting *w = add(rq, WAIT_NAME);
    w->node = node;
    w->inode = server_of(rq)->vfs.nodes[node].inode;
    w->tries = 0;
    contents_turn(request_service(rq));
    return REPLY_LATER;
}

int contents_put_later(struct request *rq, const struct file_put_in *in)
{
    const struct server *s = server_of(rq);
    uint32_t blocks = in->count / VFS_BLOCK_BYTES;
    enum vfs_error err = vfs_check_place(&s->vfs, s->who.base, in->offset, blocks);

    if (err != VFS_OK) return server_error(err);
    struct waiting *w = add(rq, WAIT_PUT);
    w->offset = in->offset;
    w->len = blocks * VFS_BLOCK_BYTES;
    w->at = in->at;
    w->open = s->open;
    w->generation = s->vfs.opens[w->open].generation;
    const struct account a = vfs_account(&s->vfs, s->vfs.nodes[w->node].payer);
    w->soft = vfs_account_is_soft(&a);
    contents_turn(request_service(rq));
    return REPLY_LATER;
}

static void put_answer(struct waiting *w, int err)
{
    const struct file_put_out out = {.count = err == OK ? w->len : 0, .soft = w->soft};

    w->kind = WAIT_NONE;
    if (w == placing) placing = NULL;
    (void)file_put_answer(w->token, err, &out);
}

static bool is_read(const struct waiting *w)
{
    return w->kind == WAIT_READ || w->kind == WAIT_GET;
}

static bool is_same_file(const struct vfs *v, const struct waiting *w)
{
    return v->nodes[w->node].state != NODE_FREE && v->nodes[w->node].inode == w->inode;
}

bool waiting_block(const struct vfs *v, uint32_t *out_node, uint64_t *out_index)
{
    for (uint32_t i = 0; i < WAITING; i++) {
        const struct waiting *w = &all[i];
        if (!is_read(w) || !is_same_file(v, w)) continue;
        *out_index = vfs_missing(v, w->node, w->offset, w->len);
        *out_node = w->node;
        if (*out_index != UINT64_MAX) return true;
    }
    return false;
}

static int error_of(enum chunks_result why)
{
    if (why == CHUNKS_MEMORY) return FILE_BUSY;
    return why == CHUNKS_DAMAGED || why == CHUNKS_MISSING ? FILE_DAMAGED : FILE_AWAY;
}

static void read_answer(struct waiting *w, int err, struct data data)
{
    const struct file_read_out out = {.data = data};
    const struct file_get_out got = {.count = data.len};

    /* Who asked may be gone. */
    if (w->kind == WAIT_READ) (void)file_read_answer(w->token, err, &out);
    if (w->kind == WAIT_GET) (void)file_get_answer(w->token, err, &got);
    w->kind = WAIT_NONE;
}

void waiting_fail(const struct vfs *v, uint32_t node, uint64_t index, enum chunks_result why)
{
    for (uint32_t i = 0; i < WAITING; i++) {
        struct waiting *w = &all[i];
        if (!is_read(w) || w->node != node || !is_same_file(v, w)) continue;
        if (vfs_missing(v, node, w->offset, w->len) != index) continue;
        read_answer(w, error_of(why), data_from(NULL, 0));
    }
}

uint64_t waiting_stamp(void)
{
    uint64_t stamp = 0;

    for (uint32_t i = 0; i < WAITING; i++) {
        const struct waiting *w = &all[i];
        if (w->kind == WAIT_FLUSH && w->stamp > stamp) stamp = w->stamp;
        if (w->kind == WAIT_WRITE || w->kind == WAIT_NAME) stamp = UINT64_MAX;
    }
    return stamp;
}

bool waiting_unsettled(const struct vfs *v, uint32_t *out_node)
{
    for (uint32_t i = 0; i < WAITING; i++) {
        if (all[i].kind != WAIT_NAME || !is_same_file(v, &all[i])) continue;
        *out_node = vfs_unsettled(v, all[i].node);
        if (*out_node != VFS_NONE && !vfs_has_dirty(v, *out_node)) return true;
    }
    return false;
}

/* Its area, as long as the Directory is there that has it. */
static uint8_t *area_of_handle(const struct vfs *v, const struct waiting *w, int *out_err)
{
    *out_err = ERR_PEER_DIED;
    if (vfs_opened(v, w->open, w->generation) == NULL || !is_same_file(v, w)) return NULL;
    return area_bytes(w->open, w->at, w->len, out_err);
}

bool waiting_place(const struct server *s, struct vfs_placed *out, uint8_t *to)
{
    for (uint32_t i = 0; i < WAITING; i++) {
        struct waiting *w = &all[i];
        int err;
        if (w->kind != WAIT_PUT) continue;
        const uint8_t *from = area_of_handle(&s->vfs, w, &err);
        if (from == NULL) {
            put_answer(w, err);
            continue;
        }
        memcpy(to, from, w->len); /* once: what its client writes from now on is not seen */
        *out = (struct vfs_placed){
            .node = w->node, .offset = w->offset, .blocks = w->len / VFS_BLOCK_BYTES};
        placing = w;
        return true;
    }
    return false;
}

void waiting_placed(int err)
{
    if (placing != NULL && err != FILE_CONFLICT) put_answer(placing, err);
    placing = NULL;
}

static struct waiting *first_check(void)
{
    for (uint32_t i = 0; i < WAITING; i++) {
        if (all[i].kind == WAIT_CHECK) return &all[i];
    }
    return NULL;
}

static void check_answer(struct waiting *w, int err, const struct file_verify_out *out)
{
    w->kind = WAIT_NONE;
    (void)file_verify_answer(w->token, err, out);
}

/* One that is not there any more has nothing that is bad. */
bool waiting_check(const struct vfs *v, uint32_t *out_node, uint64_t *out_from)
{
    struct waiting *w;

    while ((w = first_check()) != NULL) {
        const struct node *n = &v->nodes[w->node];
        *out_node = w->node;
        *out_from = w->offset;
        if (is_same_file(v, w) && w->offset < n->stored) return true;
        const struct file_verify_out out = {.next = is_same_file(v, w) ? n->size : UINT64_MAX};
        check_answer(w, OK, &out);
    }
    return false;
}

void waiting_checked(uint64_t next, uint64_t checked, enum chunks_result why)
{
    struct waiting *w = first_check();
    const struct file_verify_out out = {
        .next = next, .bad = why != CHUNKS_OK, .at = next, .checked = checked};

    if (w != NULL) check_answer(w, why == CHUNKS_DEVICE ? FILE_AWAY : OK, &out);
}

static void read_turn(struct server *s, struct waiting *w)
{
    static uint8_t page[VFS_WRITE_MAX];
    int err = ERR_PEER_DIED;
    uint8_t *bytes = w->kind == WAIT_GET ? NULL : page;

    if (w->kind == WAIT_GET) bytes = area_of_handle(&s->vfs, w, &err);
    if (bytes == NULL) {
        read_answer(w, err, data_from(NULL, 0)); /* its Directory is gone */
    } else if (!is_same_file(&s->vfs, w)) {
        read_answer(w, ERR_PEER_DIED, data_from(NULL, 0));
    } else if (vfs_missing(&s->vfs, w->node, w->offset, w->len) == UINT64_MAX) {
        uint32_t len = vfs_read(&s->vfs, w->node, w->offset, w->len, bytes);
        read_answer(w, OK, data_from(bytes, len));
    } else if (!contents_may_come()) {
        read_answer(w, FILE_AWAY, data_from(NULL, 0));
    }
}

static void write_turn(struct service *svc, struct waiting *w)
{
    struct server *s = svc->state;
    struct vfs_record *r = &s->record;
    struct file_write_out out = {.soft = false};
    enum vfs_error err = VFS_GONE;

    r->len = w->len;
    memcpy(r->bytes, w->bytes, w->len);
    if (is_same_file(&s->vfs, w)) err = vfs_decide_write(&s->vfs, w->node, w->offset, r);
    if (err == VFS_NO_SPACE && contents_write_waits(s)) return;
    int result = server_error(err);
    if (err == VFS_OK && server_log.sealed) result = ERR_LOG_FULL;
    if (result == OK) result = server_commit_now(svc, r);
    w->kind = WAIT_NONE;
    (void)file_write_answer(w->token, result, &out);
    service_apply(svc);
}

static void flush_turn(const struct vfs *v, struct waiting *w)
{
    uint32_t oldest = v->dirty_list.oldest;
    bool done = oldest == VFS_NO_BLOCK || v->blocks[oldest].stamp > w->stamp;

    if (!done && contents_may_come() && !contents_fails()) return;
    w->kind = WAIT_NONE;
    (void)directory_flush_answer(w->token, done ? OK : DIRECTORY_AWAY);
}

static void name_turn(const struct vfs *v, struct waiting *w)
{
    uint8_t hash[VFS_HASH_BYTES];
    struct directory_identify_out out = {0};
    int err = OK;

    if (!is_same_file(v, w)) {
        err = DIRECTORY_NOT_FOUND;
    } else if (vfs_check_named(v, w->node) != VFS_OK) {
        err = DIRECTORY_READ_ONLY;
    } else if (vfs_unsettled(v, w->node) != VFS_NONE) {
        if (contents_may_come() && !contents_fails() && w->tries++ < NAME_TRIES) return;
        err = w->tries < NAME_TRIES ? DIRECTORY_AWAY : DIRECTORY_BUSY;
    }
    if (err == OK) id_fill(v, w->node, hash, &out);
    w->kind = WAIT_NONE;
    (void)directory_identify_answer(w->token, err, &out);
}

void waiting_turn(struct service *svc)
{
    struct server *s = svc->state;

    for (uint32_t i = 0; i < WAITING; i++) {
        struct waiting *w = &all[i];
        if (is_read(w)) read_turn(s, w);
        if (w->kind == WAIT_WRITE) write_turn(svc, w);
        if (w->kind == WAIT_FLUSH) flush_turn(&s->vfs, w);
        bool stops = contents_fails() || !contents_may_come() || server_log.sealed;
        if (w->kind == WAIT_PUT && w != placing && stops) put_answer(w, FILE_BUSY);
        if (w->kind == WAIT_NAME) name_turn(&s->vfs, w);
        if (w->kind == WAIT_CHECK && !contents_may_come()) {
            check_answer(w, FILE_AWAY, &(struct file_verify_out){.next = 0});
        }
    }
}
