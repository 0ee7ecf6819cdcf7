/* blockdev_test.c - the client of a Block, before a server of this program that keeps its sectors
 * in a Memory of the parent's, so that they outlive it as those of a disk do. */
#include "blockdev.h"

#include "area.h"
#include "bytes.h"
#include "heap.h"
#include "panic.h"
#include "service.h"
#include "slots.h"

enum { DISK_PAGES = 64, SECTOR = 512, SECTORS = DISK_PAGES * 8, SIGNAL_RING = 1, TURN = 32 };
enum { BADGE_BLOCK = 1, BADGE_BULK = 2, DATA_PAGES = 32, ROUNDS = 40, AT_ONCE = 24 };
#define DISK (PLACE + 0x1000000)

struct disk {
    struct service service;
    struct bulk_server rings;
    cap_t source;
    uint64_t bulk; /* badge of the one Bulk that is out */
    uint32_t left; /* requests until it ends by itself; 0: never */
};

static struct disk *disk;

/* The server. */

static int on_info(struct request *rq, struct block_info_out *out)
{
    (void)rq;
    out->info = (struct block_block_info){
        .sectors = SECTORS, .max_sectors = SECTORS, .depth = TURN, .serial = text_from("ram", 3)};
    return OK;
}

static int on_open(struct request *rq, const struct block_open_in *in, struct block_open_out *out)
{
    (void)rq;
    (void)in;
    if (!bulk_end(&disk->rings)) return BLOCK_NO_ROOM;
    disk->bulk++;
    out->bulk = (struct cap_arg){
        .slot = disk->service.endpoint, .rights = RIGHT_WRITE | RIGHT_GRANT, .badge = disk->bulk};
    return OK;
}

static int on_attach(struct request *rq, const struct bulk_attach_in *in,
                     struct bulk_attach_out *out)
{
    return bulk_serve_attach(rq, in, out, &disk->rings, disk->source);
}

static int dispatch(struct service *svc, struct request *rq)
{
    static const struct block_ops block = {.info = on_info, .open = on_open};
    static const struct bulk_ops bulk = {.attach = on_attach};

    (void)svc;
    if (rq->badge == BADGE_BLOCK) return block_dispatch(&block, rq);
    return rq->badge == disk->bulk ? bulk_dispatch(&bulk, rq) : ERR_PEER_DIED;
}

static uint32_t transfer(struct bulk_server *b, const struct ring_submission *s)
{
    uint64_t bytes = (uint64_t)s->count * SECTOR;
    void *data = ring_data(&b->ring, s->data, bytes);

    if (s->op == BLOCK_FLUSH) return OK;
    if (s->op != BLOCK_READ && s->op != BLOCK_WRITE) return BLOCK_BAD_REQUEST;
    if (data == NULL) return BLOCK_BAD_REQUEST;
    if (s->sector > SECTORS || s->count > SECTORS - s->sector) return BLOCK_BAD_RANGE;
    uint8_t *sectors = (uint8_t *)DISK + s->sector * SECTOR;
    if (s->op == BLOCK_READ) {
        memcpy(data, sectors, bytes);
    } else {
        memcpy(sectors, data, bytes);
    }
    return OK;
}

/* Ends in the middle: what it has done is not yet said, or said and not told. */
static void serve(struct bulk_server *b, const struct ring_submission *s)
{
    if (disk->left == 1) program_exit(0);
    if (disk->left != 0 && disk->left-- % 3 == 0) bulk_flush(b);
    bulk_complete(b, s->id, transfer(b, s), s->count);
}

static void on_signal(struct service *svc, uint64_t bits)
{
    (void)svc;
    (void)bits;
    while (bulk_serve(&disk->rings, TURN, serve)) {
    }
}

static int child_disk(void)
{
    disk = heap_alloc_zeroed(sizeof(*disk));
    if (disk == NULL) return 1;
    for (const char *at = test_word(); *at != '\0'; at++) {
        disk->left = disk->left * 10 + (uint32_t)(*at - '0');
    }
    const struct self_memory_attach_in in = {
        .memory = {.slot = startup_cap("sectors"), .rights = RIGHTS_ALL},
        .address = DISK,
        .write = true};
    struct self_memory_attach_out out;
    if (self_memory_attach(CAP_SLOT_SELF, &in, &out) != OK) return 2;
    disk->bulk = BADGE_BULK;
    disk->service = (struct service){.endpoint = startup_cap("service"),
                                     .receive_slots = 1,
                                     .dispatch = dispatch,
                                     .signal = on_signal};
    if (service_init(&disk->service) != OK) return 3;
    if (service_signal_source(&disk->service, SIGNAL_RING, &disk->source) != OK) return 4;
    service_run(&disk->service);
}

/* The parent: the sectors, and who serves them. */

struct world {
    cap_t endpoint, sectors;
    struct test_child child;
    struct blockdev dev;
    uint8_t expected[SECTORS * SECTOR], buffer[AT_ONCE][4 * SECTOR];
};

static bool disk_start(struct world *w, const char *life)
{
    struct spawn_cap caps[] = {{.name = "service", .source = w->endpoint, .rights = RIGHTS_ALL},
                               {.name = "sectors", .source = w->sectors, .rights = RIGHTS_ALL}};
    struct test_child_args args = {.name = "blk_disk",
                                   .caps = caps,
                                   .cap_count = TEST_COUNT(caps),
                                   .word = life,
                                   .pages = 512};

    return test_child_start(&args, &w->child);
}

static struct world *world_new(const char *life)
{
    struct world *w = heap_alloc_zeroed(sizeof(*w));

    EXPECT(w != NULL);
    if (w == NULL) return NULL;
    w->endpoint = test_endpoint();
    w->sectors = test_slot();
    EXPECT_IS(area_create(DISK, DISK_PAGES, w->sectors), OK);
    const struct blockdev_args args = {
        .block = test_mint(w->endpoint, RIGHT_WRITE | RIGHT_GRANT, BADGE_BLOCK),
        .data_pages = DATA_PAGES};
    if (!disk_start(w, life)) return NULL;
    EXPECT_IS(blockdev_open(&w->dev, &args), OK);
    return w;
}

static void world_end(struct world *w)
{
    blockdev_close(&w->dev);
    EXPECT_IS(area_detach(DISK), OK);
    heap_free(w);
}

static void read_and_write(void)
{
    struct world *w = world_new("");
    uint8_t data[SECTOR * 2], back[SECTOR * 2];

    if (w == NULL) return;
    EXPECT_IS(w->dev.sectors, SECTORS);
    memset(data, 0x5a, sizeof(data));
    struct blockdev_io io = {.op = BLOCK_WRITE, .sector = 3, .count = 2, .data = data};
    EXPECT_IS(blockdev_do(&w->dev, &io), OK);
    EXPECT_IS(blockdev_do(&w->dev, &(struct blockdev_io){.op = BLOCK_FLUSH}), OK);
    io.op = BLOCK_READ;
    io.data = back;
    EXPECT_IS(blockdev_do(&w->dev, &io), OK);
    EXPECT(memcmp(data, back, sizeof(data)) == 0);
    io.sector = SECTORS - 1;
    memset(back, 1, sizeof(back));
    EXPECT_IS(blockdev_do(&w->dev, &io), BLOCK_BAD_RANGE);
    EXPECT(back[0] == 1); /* nothing is copied on an error */
    io.op = BLOCK_DISCARD;
    EXPECT_IS(blockdev_do(&w->dev, &io), BLOCK_BAD_REQUEST);
    world_end(w);
}

static void refusals(void)
{
    struct world *w = world_new("");
    struct blockdev_io io = {.op = BLOCK_READ};
    struct blockdev_done done;

    if (w == NULL) return;
    io.data = w->buffer[0];
    EXPECT_IS(blockdev_submit(&w->dev, &io), ERR_RANGE); /* nothing to read */
    io.count = w->dev.max_sectors + 1;
    EXPECT_IS(blockdev_submit(&w->dev, &io), ERR_RANGE);
    EXPECT_IS(blockdev_poll(&w->dev, &done), ERR_WOULD_BLOCK);
    io.count = 4;
    for (uint32_t i = 0; i < DATA_PAGES; i++) {
        io.cookie = i;
        EXPECT_IS(blockdev_submit(&w->dev, &io), OK);
    }
    EXPECT_IS(blockdev_submit(&w->dev, &io), ERR_BUSY); /* no page is left */
    io = (struct blockdev_io){.op = BLOCK_FLUSH, .cookie = 999};
    for (uint32_t i = DATA_PAGES; i < BLOCKDEV_FLIGHTS; i++) {
        EXPECT_IS(blockdev_submit(&w->dev, &io), OK);
    }
    EXPECT_IS(blockdev_submit(&w->dev, &io), ERR_BUSY);
    EXPECT_IS(blockdev_push(&w->dev), OK);
    for (uint32_t i = 0; i < BLOCKDEV_FLIGHTS; i++) {
        EXPECT_IS(blockdev_wait(&w->dev, &done), OK);
        EXPECT_IS(done.result, OK);
    }
    EXPECT_IS(blockdev_submit(&w->dev, &io), OK);
    EXPECT_IS(w->dev.in_flight, 1);
    const struct blockdev_args none = {.block = w->dev.block}, many = {.data_pages = 449};
    struct blockdev other;
    EXPECT_IS(blockdev_open(&other, &none), ERR_RANGE);
    EXPECT_IS(blockdev_open(&other, &many), ERR_RANGE);
    world_end(w);
}

/* One round: writes that do not overlap, all at once; each is answered once. */
static void round_of_writes(struct world *w, uint32_t round, uint32_t *drivers)
{
    struct blockdev_done done;
    bool seen[AT_ONCE] = {false};

    for (uint32_t i = 0; i < AT_ONCE; i++) {
        struct blockdev_io io = {.op = BLOCK_WRITE,
                                 .sector = (round * 7 + i * 4) % SECTORS / 4 * 4,
                                 .count = 4,
                                 .data = w->buffer[i],
                                 .cookie = i};
        memset(w->buffer[i], (int)(round * AT_ONCE + i), sizeof(w->buffer[i]));
        memcpy(w->expected + io.sector * SECTOR, w->buffer[i], sizeof(w->buffer[i]));
        EXPECT_IS(blockdev_submit(&w->dev, &io), OK);
    }
    (void)blockdev_push(&w->dev);
    for (uint32_t answered = 0; answered < AT_ONCE;) {
        int err = blockdev_wait(&w->dev, &done);
        if (err == ERR_PEER_DIED) {
            EXPECT_IS(test_child_wait(&w->child), 0);
            if (!disk_start(w, "17")) return;
            (*drivers)++;
            EXPECT_IS(blockdev_reopen(&w->dev), OK);
            continue;
        }
        EXPECT_IS(err, OK);
        if (err != OK) return;
        EXPECT(done.cookie < AT_ONCE && !seen[done.cookie] && done.result == OK);
        seen[done.cookie % AT_ONCE] = true;
        answered++;
    }
}

static void drivers_die(void)
{
    struct world *w = world_new("17");
    uint32_t drivers = 1;

    if (w == NULL) return;
    for (uint32_t round = 0; round < ROUNDS / 4; round++) {
        round_of_writes(w, round, &drivers);
        if (drivers > 9) break; /* each has an exit, an endpoint and a Reply, until the test ends */
    }
    EXPECT(drivers > 4);
    EXPECT(memcmp(w->expected, (void *)DISK, sizeof(w->expected)) == 0);
    world_end(w);
}

/* To the same sectors, so that the order shows in what stands there at the end. */
static void order_is_kept(void)
{
    struct world *w = world_new("1");
    struct blockdev_done done;

    if (w == NULL) return;
    for (uint32_t i = 0; i < AT_ONCE; i++) {
        const struct blockdev_io io = {
            .op = BLOCK_WRITE, .sector = 8, .count = 4, .data = w->buffer[i], .cookie = i};
        memset(w->buffer[i], (int)i + 1, sizeof(w->buffer[i]));
        EXPECT_IS(blockdev_submit(&w->dev, &io), OK);
    }
    EXPECT_IS(blockdev_push(&w->dev), OK);
    EXPECT_IS(blockdev_wait(&w->dev, &done), ERR_PEER_DIED);
    EXPECT_IS(test_child_wait(&w->child), 0);
    if (!disk_start(w, "")) return;
    EXPECT_IS(blockdev_reopen(&w->dev), OK);
    for (uint32_t i = 0; i < AT_ONCE; i++) {
        EXPECT_IS(blockdev_wait(&w->dev, &done), OK);
    }
    EXPECT_IS(*((uint8_t *)DISK + 8 * SECTOR), AT_ONCE);
    world_end(w);
}

static const struct test tests[] = {
    {"BLK0001", "what is written is read", read_and_write},
    {"BLK0002", "each refusal; as many at once as there is room for", refusals},
    {"BLK0003", "drivers die again and again: each request is answered once, and done",
     drivers_die},
    {"BLK0004", "the next driver gets what is unanswered in the order of submission",
     order_is_kept},
};
static const struct child children[] = {{"blk_disk", child_disk}};
const struct group blockdev_group = TEST_GROUP(tests, children);
