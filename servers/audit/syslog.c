/* syslog.c - events of the kernel, and the requests to axiom between them. */
#include "answers.h"
#include "calls.h"

static void event_entry(uint64_t number, const struct event *e, struct audit_entry *out)
{
    uint32_t words = msg_words(e->info);
    *out = (struct audit_entry){
        .number = number,
        .time = e->time,
        .kind = e->kind,
        .op = e->op,
        .result = e->result,
        .slot = e->slot,
        .label = (uint16_t)msg_label(e->info),
        .words = (uint8_t)(words < 255 ? words : 255),
        .caps = (uint8_t)msg_caps(e->info),
        .thread = e->thread,
        .badge = e->kind == EVENT_FAULT ? e->arg : 0,
        .process = book_thread_name(&book.now, e->thread, book_commits_before(number + 1))};
    call_name(number, e, out);
}

static void request_entry(uint64_t number, const struct log_request *r, struct audit_entry *out)
{
    *out = (struct audit_entry){.number = number,
                                .time = r->time,
                                .kind = EVENT_REQUEST,
                                .result = (uint8_t)r->result,
                                .label = r->method,
                                .words = (uint8_t)(r->words < 255 ? r->words : 255),
                                .caps = (uint8_t)r->caps,
                                .badge = r->badge,
                                .interface = call_interface(book.log->axiom_endpoint, r->badge)};
    out->arguments.count = r->words < REQUEST_WORDS_MAX ? r->words : REQUEST_WORDS_MAX;
    out->arguments.at = r->args;
}

/* The first kept request that was handled after event `number`. */
static uint64_t request_after(uint64_t number)
{
    uint64_t high = book.log->request_head, slots = book.log->request_slots;
    uint64_t low = high > slots ? high - slots : 0;
    while (low < high) {
        uint64_t middle = low + (high - low) / 2;
        if (logmem_request(book.log, middle)->event <= number) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

uint32_t syslog_entries(uint64_t number, struct audit_entry *out, uint32_t max)
{
    uint32_t n = 0;
    uint64_t head = book.log->event_head;
    if (number >= head || head - number > book.log->event_slots) return 0;
    const struct event *e = logmem_event(book.log, number);
    if (e->kind != 0 && n < max) event_entry(number, e, &out[n++]);
    for (uint64_t i = request_after(number); i < book.log->request_head && n < max; i++) {
        const struct log_request *r = logmem_request(book.log, i);
        if (r->event != number + 1) break;
        request_entry(number, r, &out[n++]);
    }
    return n;
}

bool syslog_request(uint64_t seq, bool by_answer, struct audit_entry *out)
{
    uint64_t head = book.log->request_head, slots = book.log->request_slots;
    uint64_t low = head > slots ? head - slots : 0, oldest = low, high = head;
    while (low < high) { /* the first that was answered when the commit had been drained */
        uint64_t middle = low + (high - low) / 2;
        if (logmem_request(book.log, middle)->commits <= seq) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    if (by_answer) { /* what the answer itself did comes after its request's record */
        if (low == oldest) return false;
        low--;
    }
    if (low == head) return false;
    const struct log_request *r = logmem_request(book.log, low);
    request_entry(r->event > 0 ? r->event - 1 : 0, r, out);
    return true;
}
