/* drive.c - the disk's part of the loop: requests to the device, answers, signals. */
#include "bytes.h"
#include "ledger.h"
#include "slots.h"

enum { ERRORS_MAX = 3, ROUNDS = 64 };

static struct watch *watch_of(uint32_t stream)
{
    struct watch *free = NULL;
    for (uint32_t i = 0; i < DISK_STREAMS; i++) {
        if (ledger.watches[i].stream == stream) return &ledger.watches[i];
        if (ledger.watches[i].stream == 0 && free == NULL) free = &ledger.watches[i];
    }
    if (free != NULL) free->stream = stream;
    return free;
}

void drive_watch(uint32_t stream, cap_t signal)
{
    struct watch *w = watch_of(stream);
    if (w == NULL) {
        slot_discard(signal);
        return;
    }
    slot_discard(w->signal);
    w->signal = signal;
}

void drive_busy(uint32_t stream)
{
    struct watch *w = watch_of(stream);
    if (w != NULL) w->busy = true;
}

/* NULL: more streams are watched than there is room for, and this one is not. */
static void signal_to(struct watch *w)
{
    if (w == NULL) return;
    w->busy = false;
    if (w->signal != 0) (void)sys_signal(w->signal);
}

/* True: something was done. */
static bool completions(void)
{
    enum store_io_result result;
    bool some = false;
    uint32_t id;
    while (device_done(&ledger.device, &id, &result)) {
        if (id == DISK_READER && result == STORE_IO_OK) ledger.read_errors = 0;
        disk_done(&ledger.disk, id, result);
        some = true;
    }
    uint64_t durable = ledger.disk.open ? store_durable(&ledger.disk.store) : 0;
    /* That something is durable shows that it works. A request that is done does not: where all
     * flushes fail, writes are. */
    if (durable != ledger.durable) ledger.errors = 0;
    ledger.durable = durable;
    struct log_ledger *page = logmem_ledger(ledger.log);
    uint64_t commits = disk_durable_commits(&ledger.disk);
    if (commits > page->durable) page->durable = commits;
    return some;
}

static void submissions(void)
{
    struct store_io io;
    while (!ledger.asked && disk_next(&ledger.disk, &io)) {
        ledger.asked = !device_take(&ledger.device, &io);
        ledger.io = io;
    }
    if (ledger.asked) ledger.asked = !device_take(&ledger.device, &ledger.io);
    device_push(&ledger.device);
}

/* With a driver, a few times; without, when there is one again. */
static void errors(void)
{
    if (ledger.reopen && device_is_idle(&ledger.device) && !ledger.asked) {
        ledger.reopen = device_open(&ledger.device, &ledger.caps) != OK;
    }
    bool reader = ledger.disk.failed;
    if (!disk_failed(&ledger.disk) || (ledger.disk.given_up && !reader)) return;
    if (!ledger.device.open || ledger.asked || !device_is_idle(&ledger.device)) return;
    if (ledger.device
            .died) { /* the driver, not the disk: it does not count, however often it does */
        ledger.device.died = false;
        disk_retry(&ledger.disk);
    } else if (++*(reader ? &ledger.read_errors : &ledger.errors) <= ERRORS_MAX) {
        disk_retry(&ledger.disk);
    } else if (reader) { /* a bad place: the log goes on */
        ledger.read_errors = 0;
        disk_read_fails(&ledger.disk);
    } else {
        ledger.reason = KEEP_FAILS;
        disk_give_up(&ledger.disk);
    }
}

static void tell(void)
{
    for (uint32_t stream; (stream = disk_moved(&ledger.disk)) != 0;) {
        signal_to(watch_of(stream));
    }
    for (uint32_t i = 0; i < DISK_STREAMS; i++) {
        if (ledger.watches[i].busy) signal_to(&ledger.watches[i]);
    }
}

void drive(void)
{
    bool some = true, news = false, told = false;
    for (uint32_t i = 0; some && i < ROUNDS; i++) {
        some = completions();
        errors();
        uint64_t fed = store_commits(&ledger.disk.store);
        bool more = disk_feed(&ledger.disk);
        told = told || fed != store_commits(&ledger.disk.store);
        while (disk_step(&ledger.disk)) {
            streams_answer(&ledger.disk.answer);
            some = true;
        }
        submissions();
        news = news || some;
        some = some || more;
    }
    if (ledger.disk.full && ledger.reason == KEEP_OK) ledger.reason = KEEP_STORE + STORE_FULL;
    if (ledger.disk.given_up && ledger.reason == KEEP_OK) ledger.reason = KEEP_FAILS;
    if (news) tell();
    if (told && ledger.history_watch != 0) (void)sys_signal(ledger.history_watch);
    if (some || !device_may_sleep(&ledger.device)) (void)sys_signal(ledger.more);
}
