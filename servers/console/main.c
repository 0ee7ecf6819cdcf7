/* main.c - the console: sessions as capabilities on top of one Serial. */
#include "badge.h"
#include "bytes.h"
#include "idl/console.h"
#include "idl/registry.h"
#include "idl/serial.h"
#include "panic.h"
#include "service_run.h"
#include "slots.h"
#include "terminal.h"

enum { KIND_SESSION = 1, SIGNAL_SERIAL = 1, REPLIES = 32, SERIAL_WRITE_MAX = 1024 };
#define SIGNAL_TOLD (1ull << 61) /* libsys/description.h: a service we use was started again */

struct console {
    struct terminal terminal;
    cap_t interrupts[TERMINAL_SESSIONS_MAX]; /* notification of each session, or 0 */
    cap_t serial, serial_signal;
    uint32_t incarnation;
};

static struct console console;
static struct service service;

/* To the driver. It calls nobody, so that waiting for it is safe. */

static void attach(struct console *c)
{
    struct serial_attach_in in = {
        .notification = {.slot = c->serial_signal, .rights = RIGHT_WRITE}};

    (void)serial_attach(c->serial, &in);
}

/* A new driver knows nobody: on its first refusal we attach again. */
static bool serial_failed(struct console *c, int err)
{
    if (err == OK) return false;
    if (err == SERIAL_TAKEN || err == ERR_PEER_DIED) attach(c);
    return true;
}

static void output_pump(struct console *c)
{
    const uint8_t *bytes;
    uint32_t len, tries = 0;

    while ((len = terminal_output(&c->terminal, &bytes)) > 0) {
        struct serial_write_in in = {
            .data = data_from(bytes, len < SERIAL_WRITE_MAX ? len : SERIAL_WRITE_MAX)};
        struct serial_write_out out;
        if (serial_failed(c, serial_write(c->serial, &in, &out))) {
            if (++tries > 3) return;
            continue;
        }
        if (out.taken == 0) return; /* the driver signals when there is room */
        terminal_output_taken(&c->terminal, out.taken);
    }
}

static void input_pump(struct console *c)
{
    struct serial_read_out out;
    uint8_t bytes[256];

    for (uint32_t tries = 0; tries < 64; tries++) {
        if (serial_failed(c, serial_read(c->serial, &out))) continue;
        if (out.lost > 0) terminal_input_lost(&c->terminal, out.lost);
        if (out.data.len == 0) return;
        uint32_t len = out.data.len;
        memcpy(bytes, out.data.at, len);                 /* the answer's page is used again below */
        bytes_wipe((void *)(uintptr_t)out.data.at, len); /* it may be of a passphrase */
        terminal_input(&c->terminal, bytes, len);
        bytes_wipe(bytes, len);
    }
}

/* From the terminal. */

static void read_done(void *state, uint64_t token, enum read_result result, const uint8_t *data,
                      uint32_t len)
{
    const struct console *c = state;
    struct session_read_out out = {.data = data_from(data, len), .lost = c->terminal.lost};
    int err = result == READ_INTERRUPTED ? SESSION_INTERRUPTED
              : result == READ_CLOSED    ? SESSION_CLOSED
                                         : OK;

    (void)session_read_answer(token, err, &out);
}

static void write_done(void *state, uint64_t token, bool closed)
{
    (void)state;
    (void)session_write_answer(token, closed ? SESSION_CLOSED : OK);
}

static void interrupt(void *state, uint32_t index)
{
    const struct console *c = state;

    if (c->interrupts[index] != 0) (void)sys_signal(c->interrupts[index]);
}

/* Requests. */

static int on_open(struct request *rq, struct console_open_out *out)
{
    struct console *c = request_service(rq)->state;
    int index = terminal_open(&c->terminal);

    if (index < 0) return CONSOLE_LIMIT;
    out->session = (struct cap_arg){
        .slot = request_service(rq)->endpoint,
        .rights = RIGHT_WRITE | RIGHT_GRANT,
        .badge = badge_make(KIND_SESSION, c->incarnation, c->terminal.sessions[index].generation,
                            (uint32_t)index),
    };
    return OK;
}

static int on_write(struct request *rq, const struct session_write_in *in)
{
    struct console *c = request_service(rq)->state;
    enum write_result result =
        terminal_write(&c->terminal, badge_index(rq->badge), rq->token, in->data.at, in->data.len);

    if (result == WRITE_REFUSED) return ERR_BUSY;
    output_pump(c);
    return result == WRITE_DONE ? OK : REPLY_LATER;
}

static int on_read(struct request *rq, const struct session_read_in *in,
                   struct session_read_out *out)
{
    struct console *c = request_service(rq)->state;

    (void)out;
    if (!terminal_read(&c->terminal, badge_index(rq->badge), rq->token, in->max)) return ERR_BUSY;
    return REPLY_LATER;
}

static int on_mode(struct request *rq, const struct session_mode_in *in)
{
    struct console *c = request_service(rq)->state;

    terminal_mode(&c->terminal, badge_index(rq->badge), in->raw, in->echo);
    return OK;
}

static int on_interrupt(struct request *rq, const struct session_on_interrupt_in *in)
{
    struct console *c = request_service(rq)->state;
    uint32_t index = badge_index(rq->badge);

    if (in->notification.type != CAP_NOTIFICATION) return ERR_CAP_TYPE;
    slot_discard(c->interrupts[index]);
    c->interrupts[index] = request_keep(rq, in->notification.slot);
    return OK;
}

static void session_end(struct console *c, uint32_t index)
{
    terminal_close(&c->terminal, index);
    slot_discard(c->interrupts[index]);
    c->interrupts[index] = 0;
}

static int on_close(struct request *rq)
{
    session_end(request_service(rq)->state, badge_index(rq->badge));
    return OK;
}

static bool badge_is_live(struct console *c, uint64_t badge)
{
    return badge_kind(badge) == KIND_SESSION && badge_is_from(badge, c->incarnation) &&
           terminal_session(&c->terminal, badge_index(badge), badge_generation(badge)) != NULL;
}

static int dispatch(struct service *svc, struct request *rq)
{
    static const struct console_ops console_ops = {.open = on_open};
    static const struct session_ops session_ops = {.write = on_write,
                                                   .read = on_read,
                                                   .mode = on_mode,
                                                   .on_interrupt = on_interrupt,
                                                   .close = on_close};

    if (badge_kind(rq->badge) == 0) return console_dispatch(&console_ops, rq);
    if (badge_is_live(svc->state, rq->badge)) return session_dispatch(&session_ops, rq);
    return request_refuse(rq, SESSION_CLOSED);
}

static void on_signal(struct service *svc, uint64_t bits)
{
    /* A driver that was started again does not know us yet. */
    if ((bits & SIGNAL_TOLD) != 0) attach(svc->state);
    if ((bits & (SIGNAL_SERIAL | SIGNAL_TOLD)) == 0) return;
    input_pump(svc->state);
    output_pump(svc->state); /* echo, and what waited for room */
}

static void on_death(struct service *svc, uint64_t badge)
{
    if (badge_is_live(svc->state, badge)) session_end(svc->state, badge_index(badge));
}

int main(int argc, char **argv)
{
    static const struct terminal_events events = {read_done, write_done, interrupt};

    (void)argc;
    (void)argv;
    console.terminal.events = &events;
    console.terminal.state = &console;
    console.serial = startup_cap("serial");
    console.incarnation = startup_page()->pid;
    service = (struct service){
        .state = &console,
        .endpoint = startup_cap("service"),
        .notification = startup_cap("wake"),
        .reply_count = REPLIES,
        .receive_slots = 1,
        .signal = on_signal,
        .death = on_death,
    };
    if (service_init(&service) != OK) PANIC("no Reply");
    if (service_bind_notification(&service) != OK) PANIC("no notification");
    if (service_signal_source(&service, SIGNAL_SERIAL, &console.serial_signal) != OK) {
        PANIC("no notification for the driver");
    }
    if (service_watch_deaths(&service) != OK) PANIC("deaths are not told");
    attach(&console);
    (void)registry_ready(CAP_SLOT_REGISTRY);
    service_serve(&service, dispatch);
}
