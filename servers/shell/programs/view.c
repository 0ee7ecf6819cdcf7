/*
 * view.c - the view of an application (libsys/app.h) in this terminal: shows its states, gives it
 * lines. `view [INPUT...]`: these, one after the other, or else what is typed until Ctrl-D.
 *
 * The application's end is seen by who started both, who ends this, too.
 */
#include "app.h"
#include "bytes.h"
#include "idl/app.h"
#include "idl/console.h"
#include "panic.h"
#include "service.h"
#include "startup.h"
#include "terminal.h"

static struct service service;
static char **inputs; /* NULL: they are typed */
static uint8_t message[APP_BYTES_MAX];

/* What comes next. */
static uint32_t input_next(void)
{
    if (inputs != NULL) {
        const char *next = *inputs;
        if (next == NULL) return app_write(APP_CLOSED, "", 0, message);
        inputs++;
        size_t len = strlen(next) < APP_TEXT_MAX ? strlen(next) : APP_TEXT_MAX;
        return app_write(APP_INPUT, next, len, message);
    }
    const struct session_read_in in = {.max = APP_TEXT_MAX};
    struct session_read_out out;
    int err = session_read(startup_cap("terminal"), &in, &out);
    uint32_t len = err == OK ? out.data.len : 0;
    if (len == 0) return app_write(APP_CLOSED, "", 0, message);
    if (out.data.at[len - 1] == '\n') len--;
    return app_write(APP_INPUT, (const char *)out.data.at, len, message);
}

static void show(const struct app_message *m)
{
    char text[APP_TEXT_MAX + 1];

    memcpy(text, m->text, m->len);
    text[m->len] = '\0';
    if (m->type == APP_STATE) terminal_print("%s\n", text);
    if (m->type == APP_ERROR) terminal_print("error: %s\n", text);
    if (m->type == APP_READY && inputs == NULL) terminal_print("%s; Ctrl-D ends it\n", text);
}

static int on_turn(struct request *rq, const struct view_turn_in *in, struct view_turn_out *out)
{
    struct app_message m;
    enum app_error wrong = app_read(in->message.at, in->message.len, &m);

    (void)rq;
    if (wrong != APP_OK) return VIEW_TOO_SHORT + (int)(wrong - APP_TOO_SHORT);
    if (!app_is_from_application(m.type)) return VIEW_NOT_YOURS;
    show(&m);
    out->message = data_from(message, input_next());
    return OK;
}

static int dispatch(struct service *svc, struct request *rq)
{
    static const struct view_ops ops = {.turn = on_turn};

    (void)svc;
    return view_dispatch(&ops, rq);
}

int main(int argc, char **argv)
{
    inputs = argc > 1 ? argv + 1 : NULL;
    service = (struct service){.endpoint = startup_cap("peer"), .dispatch = dispatch};
    if (service.endpoint == 0) return 2;
    if (service_init(&service) != OK) PANIC("no Reply");
    service_run(&service);
}
