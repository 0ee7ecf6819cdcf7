/* faults.c - a thread of a service faulted: report it, end the process, start it again. */
#include "badge.h"
#include "bytes.h"
#include "init.h"
#include "report.h"

void news_add(struct init *in, const char *text)
{
    size_t len = strlen(text);

    /* Nobody fetched the old ones: the newest matter most, and a lost one is said to be lost. */
    if (len + in->news_out.len + 32 > sizeof(in->news)) {
        in->news_out = out_to(in->news, sizeof(in->news));
        out_print(&in->news_out, "init: older reports dropped\n");
    }
    out_print(&in->news_out, "%s", text);
}

static bool peek(void *state, uint64_t address, uint64_t out_words[2])
{
    const struct running *r = state;
    struct process_peek_in in = {.address = address};
    struct process_peek_out out;

    if (process_peek(r->process, &in, &out) != OK || out.words.count < 2) return false;
    out_words[0] = out.words.at[0];
    out_words[1] = out.words.at[1];
    return true;
}

static void report(struct init *in, uint32_t number, const struct request *rq)
{
    const struct description_service *s = &in->description.services[number];
    const struct image_file *file = image_find(&in->image, s->program);
    struct process_thread_read_in read_in = {.thread = (uint32_t)rq->words[7]};
    struct process_thread_read_out read_out;
    static char text[REPORT_BYTES]; /* one fault at a time */
    uint64_t words[8], regs[THREAD_REGS];
    struct out o = out_to(text, sizeof(text));
    struct report r = {
        .name = s->name,
        .pid = in->running[number].pid,
        .kind = msg_label(rq->info),
        .fault = words,
        .elf = file == NULL ? NULL : image_data(&in->image, file),
        .elf_size = file == NULL ? 0 : file->size,
        .state = &in->running[number],
        .peek = peek,
    };

    memcpy(words, rq->words, sizeof(words));
    if (process_thread_read(in->running[number].process, &read_in, &read_out) == OK &&
        read_out.registers.count == THREAD_REGS) {
        memcpy(regs, read_out.registers.at, sizeof(regs));
        r.regs = regs;
    }
    report_print(&r, &o);
    news_add(in, text);
}

int faults_handle(struct init *in, struct request *rq)
{
    uint32_t number = badge_index(rq->badge);

    if (badge_kind(rq->badge) != BADGE_FAULT || number >= in->description.service_count) {
        return REPLY_LATER;
    }
    if (in->running[number].process == 0) return REPLY_LATER;
    report(in, number, rq);
    /* With the process its call goes, too: the Reply is free again without an answer. */
    start_stop(in, number, -1);
    start_ended(in, number, "faulted");
    start_ready(in);
    return OK;
}
