/*
 * keep.c - where the streams are: on the disk if there is a log, or room for one, else in memory.
 * Decided once a boot, and the same for a ledger that is started again.
 */
#include "bytes.h"
#include "chain.h"
#include "description.h"
#include "idl/block.h"
#include "ledger.h"
#include "panic.h"
#include "startup.h"

enum { OPEN_TRIES = 8 };

static uint64_t disk_buffers[(544 + DISK_READ_BLOCKS * 4) * 1024 / 8];

const char *keep_text(uint32_t reason)
{
    static const char *const texts[] = {[KEEP_OK] = "",
                                        [KEEP_NO_DISK] = "no disk",
                                        [KEEP_READ_ONLY] = "the disk is read-only",
                                        [KEEP_FAILS] = "the disk fails"};
    if (reason < KEEP_STORE) return texts[reason];
    return store_text((enum store_result)(reason - KEEP_STORE));
}

static bool random_word(uint64_t *out)
{
    uint8_t good;
    __asm__ volatile("rdrand %0; setc %1" : "=r"(*out), "=qm"(good));
    return good != 0;
}

static bool has_random(void)
{
    uint32_t a = 1, b, c = 0, d;
    __asm__ volatile("cpuid" : "+a"(a), "=b"(b), "+c"(c), "=d"(d));
    return (c >> 30 & 1) != 0;
}

/* Never the same for two boots, or two ledgers: a random number where the processor has them, and
 * the time since it started. */
static uint64_t never_twice(void)
{
    uint64_t word = 0;
    if (has_random()) (void)random_word(&word);
    return word ^ ticks_now();
}

static void boot_name(struct log_ledger *page)
{
    uint64_t id[2] = {never_twice(), never_twice()};
    memcpy(page->boot_id, id, sizeof(page->boot_id));
}

/* While nobody is served yet: what is signalled is seen here. */
static void wait(void)
{
    uint64_t bits = 0;
    CHECK(sys_wait(ledger.service.notification, &bits) == OK);
    if ((bits & (SIGNAL_GONE | SERVICE_SIGNAL_TOLD)) != 0) ledger.device.bulk.gone = true;
    if ((bits & SERVICE_SIGNAL_TOLD) != 0) ledger.reopen = true;
}

/* The boot's number is on the disk before anybody hears of it: no two that were seen are the
 * same. From then on a ledger that begins knows by the number that the boot is not a new one. */
static uint32_t number_keep(struct log_ledger *page)
{
    struct store_figures f;
    store_figures(&ledger.disk.store, &f);
    store_sync(&ledger.disk.store);
    for (;;) {
        drive();
        if (ledger.disk.given_up) return KEEP_FAILS;
        if (store_durable(&ledger.disk.store) >= f.records) break;
        wait();
    }
    page->boot = (uint32_t)f.boot;
    return KEEP_OK;
}

/* What is on it: enum keep_reason. */
static uint32_t disk_look(struct log_ledger *page)
{
    struct disk_config config = {.memory = disk_buffers,
                                 .blocks = ledger.device.blocks,
                                 .log = ledger.log,
                                 .opening = never_twice()};
    CHECK(disk_memory() <= sizeof(disk_buffers));
    memcpy(config.boot.id, page->boot_id, sizeof(config.boot.id));
    config.boot.goes_on = page->boot;
    config.boot.time = ticks_now();
    disk_open(&ledger.disk, &config);
    for (;;) {
        drive();
        if (ledger.disk.given_up) return KEEP_FAILS;
        enum store_result now = disk_status(&ledger.disk);
        if (ledger.disk.open) return now == STORE_OK ? number_keep(page) : KEEP_STORE + now;
        if (now != STORE_WAIT && now != STORE_EMPTY && !disk_failed(&ledger.disk)) {
            return KEEP_STORE + now;
        }
        wait();
    }
}

static bool driver_died(int err)
{
    return err == ERR_PEER_DIED || err == ERR_CANCELLED || err == ERR_CAP_LOST;
}

static uint32_t disk_try(struct log_ledger *page)
{
    if (ledger.caps.driver == 0) return KEEP_NO_DISK;
    int err = device_open(&ledger.device, &ledger.caps);
    for (uint32_t i = 0; i < OPEN_TRIES && driver_died(err); i++) { /* its successor answers */
        err = device_open(&ledger.device, &ledger.caps);
    }
    if (err != OK) return err == BLOCK_NO_DEVICE ? KEEP_NO_DISK : KEEP_FAILS;
    return ledger.device.read_only ? KEEP_READ_ONLY : disk_look(page);
}

void keep_open(void)
{
    struct log_ledger *page = logmem_ledger(ledger.log);
    if (page->keeps == LOG_KEEPS_UNDECIDED) {
        if (page->boot == 0) boot_name(page);
        ledger.reason = disk_try(page);
        page->reason = ledger.reason;
        page->keeps = ledger.disk.open ? LOG_KEEPS_ON_DISK : LOG_KEEPS_IN_MEMORY;
    } else if (page->keeps == LOG_KEEPS_ON_DISK) {
        while ((ledger.reason = disk_try(page)) != KEEP_OK && !ledger.disk.open) {
            wait(); /* the driver is away; nothing else can be right */
        }
        page->reason = ledger.reason;
    }
    ledger.on_disk = page->keeps == LOG_KEEPS_ON_DISK;
    if (ledger.on_disk) return;
    device_close(&ledger.device);
    ledger.reason = page->reason;
    uint64_t bytes = ledger.log->ledger_at - ledger.log->streams_at;
    if (!memory_open(&ledger.memory, logmem_streams(ledger.log), bytes)) {
        PANIC("the memory of the streams is damaged");
    }
}
