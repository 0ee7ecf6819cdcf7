/*
 * main.c - users and their sessions.
 *
 * The state is a fold of the stream. Secrets are in it sealed only; what a request opens is wiped
 * before its answer leaves. Challenges and wrong passwords in a row are in memory.
 */
#include <sodium.h>
#include <string.h>

#include "idl/random.h"
#include "idl/registry.h"
#include "idl/time.h"
#include "image.h"
#include "panic.h"
#include "registers.h"
#include "server.h"
#include "service_run.h"
#include "startup.h"

enum {
    REPLIES = 8,
    NOISE_MAX = 2048,
    STACK_GAP = 256,
    STACK_BYTES = 16384, /* of a turn, passwords' hashes included */
};

static struct server server;
static struct service service;
struct service_log server_log;
static bool noise_failed; /* since the request began */

int64_t server_unix(struct server *s)
{
    struct time_now_out out;

    return time_now(s->time, &out) == OK && out.known ? out.unix_seconds : 0;
}

void keys_noise(unsigned char *out_bytes, unsigned count)
{
    const struct random_bytes_in in = {.count = count};
    struct random_bytes_out out;
    uint32_t tries = 0;
    int err = OK;

    CHECK(count <= NOISE_MAX);
    do {
        err = random_bytes(server.random, &in, &out);
    } while (call_again(err, &tries));
    if (err == OK && out.bytes.len == count) {
        memcpy(out_bytes, out.bytes.at, count);
        return;
    }
    noise_failed = true;
    memset(out_bytes, 0, count);
}

bool keys_noise_failed(void)
{
    return noise_failed;
}

void server_commit(struct request *rq, const struct identity_record *r)
{
    request_commit(rq, r->type, r, record_bytes(r));
}

static void on_apply(void *state, const struct record *record)
{
    struct server *s = state;

    identity_apply(&s->state, (const struct identity_record *)record->payload);
}

static void on_booted(void *state)
{
    static const struct identity_record all = {.type = RECORD_SESSIONS_END};
    struct server *s = state;

    identity_apply(&s->state, &all);
}

static void on_reset(void *state)
{
    struct server *s = state;

    memset(&s->state, 0, sizeof(s->state));
}

static void on_snapshot(struct service *svc)
{
    const struct server *s = svc->state;
    static struct identity_record r;
    uint32_t at = 0;

    while (identity_snapshot(&s->state, &at, &r)) {
        service_commit(svc, r.type, &r, record_bytes(&r));
    }
}

/* Of a session that a former process began: there is no copy of it here. */
static void on_death(struct service *svc, uint64_t badge)
{
    struct server *s = svc->state;
    uint16_t session;

    session = session_of(&s->state, badge_index(badge), badge_generation(badge));
    if (session == NOBODY || s->anchors[session] != 0) return;
    const struct identity_record r = {.type = RECORD_SESSION_END, .index = session};
    service_commit(svc, r.type, &r, record_bytes(&r));
}

static int dispatch_session(struct server *s, struct request *rq)
{
    s->session = log_has_object(&server_log, rq->badge)
                     ? session_of(&s->state, badge_index(rq->badge), badge_generation(rq->badge))
                     : NOBODY;
    if (s->session == NOBODY) return request_refuse(rq, ERR_PEER_DIED);
    const struct session *e = &s->state.sessions[s->session];
    if (msg_label(rq->info) != MESSAGE_DESCRIBE && startup_uptime_ms() >= e->expires) {
        return request_refuse(rq, USER_SESSION_EXPIRED);
    }
    bool may = e->parent == NOBODY || msg_label(rq->info) == USER_SESSION_WHOAMI ||
               msg_label(rq->info) == USER_SESSION_LOGOUT ||
               msg_label(rq->info) == MESSAGE_DESCRIBE;
    if (!may) return request_refuse(rq, USER_SESSION_DENIED);
    return user_session_dispatch(&server_session_ops, rq);
}

/* Only what is durable: what a record names that is lost is needed again. */
static void sweep(struct service *svc, uint32_t label)
{
    struct server *s = svc->state;

    if (label == IDENTITY_LOGIN && s->sweep_later) s->sweep = true;
    if (!s->sweep || (svc->odd & SERVICE_UNSETTLED) != 0 || server_log.sealed) return;
    s->sweep = false;
    s->sweep_later = !vault_sweep(&s->state, &s->gone);
    if (!s->sweep_later) s->gone.count = 0;
}

void server_gone(struct server *s, const struct user *u)
{
    if (s->gone.count < GONE_MAX) memcpy(s->gone.ids[s->gone.count++], u->id, ID_BYTES);
    s->sweep = true;
}

/* Passwords came in the words, shards go in answers: none stays, but in answers that wait until
 * what they say is durable; what those were goes with the next request. */
static void forget(struct service *svc, const struct request *rq)
{
    struct server *s = svc->state;
    uint32_t kept = msg_words(rq->answer.info);

    sodium_memzero(svc->words, sizeof(svc->words));
    sodium_memzero(svc->scratch, sizeof(svc->scratch));
    sodium_memzero(&s->shown, sizeof(s->shown));
    for (uint32_t i = kept > MSG_REGISTERS ? kept : MSG_REGISTERS; i < MSG_WORDS_MAX; i++) {
        rq->buffer->words[i - MSG_REGISTERS] = 0;
    }
    for (uint32_t i = 0; i < LOG_HELD_MAX; i++) {
        if ((server_log.held_map & 1u << i) != 0) continue;
        sodium_memzero(&server_log.held[i], sizeof(server_log.held[i]));
    }
}

static int serve(struct service *svc, struct request *rq)
{
    static const struct identity_ops ops = {
        .create = on_create,
        .get = on_get,
        .list = on_list,
        .remove = on_remove,
        .lock = on_lock,
        .challenge = on_challenge,
        .login = on_login,
        .sign = on_sign,
        .recover = on_recover,
        .verify = on_verify,
        .node = on_node,
        .set_node = on_set_node,
        .sessions = on_sessions,
        .whose = on_whose,
        .machine = on_machine,
    };
    struct server *s = svc->state;

    noise_failed = false;
    sweep(svc, badge_is_object(rq->badge) ? UINT32_MAX : msg_label(rq->info));
    if (badge_is_object(rq->badge)) return dispatch_session(s, rq);
    uint32_t label = msg_label(rq->info);
    if (label == IDENTITY_LOGIN || label == IDENTITY_SESSIONS) sessions_reap(svc);
    return identity_dispatch(&ops, rq);
}

static int dispatch(struct service *svc, struct request *rq)
{
    int err = serve(svc, rq);

    forget(svc, rq);
    return err;
}

/* Not just below its caller: the first words there are not wiped by sodium_stackzero(), whose own
 * frame they are. */
__attribute__((noinline)) static bool turn(void)
{
    volatile uint8_t gap[STACK_GAP];

    gap[0] = 0;
    bool goes_on = service_turn_by(&service, dispatch);
    gap[0] = 1;
    return goes_on;
}

static uint64_t badge_of(void *state, uint32_t index)
{
    const struct server *s = state;
    const struct session *e = &s->state.sessions[index];

    return e->expires == 0 ? 0 : session_badge(e->generation, index);
}

/* explicit: an argument of the description; image: a file of the boot image; else for this boot. */
static void node_find(int argc, char **argv)
{
    const struct startup *page = startup_page();
    struct image image;
    uint8_t bytes[4];

    memcpy(server.ephemeral, "node-", 5);
    keys_noise(bytes, sizeof(bytes));
    (void)sodium_bin2hex(server.ephemeral + 5, 2 * sizeof(bytes) + 1, bytes, sizeof(bytes));
    if (argc == 2 && name_is_valid(argv[1], (uint32_t)strlen(argv[1]))) {
        memcpy(server.explicit_, argv[1], strlen(argv[1]));
    }
    if (!image_open((const void *)page->image_address, page->image_size, &image)) return;
    const struct image_file *file = image_find(&image, "/etc/node");
    if (file == NULL) return;
    const char *text = (const char *)image_data(&image, file);
    uint32_t len = (uint32_t)file->size;
    while (len > 0 && text[len - 1] == '\n') {
        len--;
    }
    if (name_is_valid(text, len)) memcpy(server.image, text, len);
}

int main(int argc, char **argv)
{
    server.random = startup_cap("random");
    server.files = startup_cap("files");
    server.time = startup_cap("time");
    shares_open(keys_noise);
    server_log = (struct service_log){.reset = on_reset,
                                      .booted = on_booted,
                                      .snapshot = on_snapshot,
                                      .objects = SESSIONS_MAX,
                                      .object = badge_of};
    service = (struct service){
        .state = &server,
        .reply_count = REPLIES,
        .receive_slots = 1,
        .dispatch = dispatch,
        .apply = on_apply,
        .death = on_death,
        .log = &server_log,
    };
    service_begin(&service);
    node_find(argc, argv);
    sessions_resume(&server);
    server.sweep = true; /* a former process may have had no time for it */
    service_objects_begin(&service);
    (void)registry_ready(CAP_SLOT_REGISTRY);
    service_first(&service);
    while (turn()) {
        sodium_stackzero(STACK_BYTES);
        registers_forget();
    }
    service_gone();
}
