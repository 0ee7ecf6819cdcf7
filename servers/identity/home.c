/* home.c - files as the user of a session sees them: a root of the file server's for that user. */
#include <string.h>

#include "idl/axiom.h"
#include "idl/vfs.h"
#include "keep.h"
#include "server.h"
#include "slots.h"

enum { HOME_MODE = 0174 }; /* rwx to its owner, rw to the system, nothing to others */

static const char homes[] = "/home/";

/* The file server knows users by numbers; 0 is the system. */
static uint64_t number_of(const struct user *u)
{
    uint64_t number;

    memcpy(&number, u->id, sizeof(number));
    return number != 0 ? number : 1;
}

/* Also one that a former try left without its owner. Somebody else's is left alone. */
static int home_make(const struct server *s, const struct user *u)
{
    char path[sizeof(homes) + NAME_BYTES];
    struct directory_stat_out out;
    size_t len = strlen(u->name);

    memcpy(path, homes, sizeof(homes) - 1);
    memcpy(path + sizeof(homes) - 1, u->name, len);
    struct text at = text_from(path, (uint32_t)(sizeof(homes) - 1 + len));
    int err = directory_mkdir(s->files, &(struct directory_mkdir_in){.path = at});
    if (err != OK && err != DIRECTORY_EXISTS) return err;
    err = directory_stat(s->files, &(struct directory_stat_in){.path = at}, &out);
    if (err != OK || out.stat.owner != 0) return err;
    err = directory_chmod(s->files, &(struct directory_chmod_in){.path = at, .mode = HOME_MODE});
    if (err != OK) return err;
    return directory_chown(s->files,
                           &(struct directory_chown_in){.path = at, .user = number_of(u)});
}

int on_files(struct request *rq, struct user_session_files_out *out)
{
    struct server *s = server_of(rq);
    const struct user *u = &s->state.users[s->state.sessions[s->session].user];
    struct directory_root_in in = {.path = text_from("/", 1), .user = number_of(u), .write = true};
    struct directory_root_out root;

    if (s->files == 0) return USER_SESSION_NO_FILES;
    int err = home_make(s, u);
    files_drop(s, s->session); /* of a former question */
    root.directory = (struct cap_arg){.slot = slot_alloc()};
    if (err == OK && root.directory.slot == 0) err = ERR_NO_MEMORY;
    if (err == OK) err = directory_root(s->files, &in, &root);
    if (err != OK) {
        slot_release(root.directory.slot);
        return err < DIRECTORY_NOT_FOUND ? err : USER_SESSION_NO_FILES;
    }
    err = keep_put(KEEP_ROOT | session_key(s, s->session), root.directory.slot,
                   RIGHT_WRITE | RIGHT_GRANT, &s->roots[s->session]);
    slot_discard(root.directory.slot);
    out->root = (struct cap_arg){.slot = s->roots[s->session], .rights = RIGHT_WRITE | RIGHT_GRANT};
    return err == OK ? OK : USER_SESSION_NO_FILES;
}

void files_drop(struct server *s, uint32_t session)
{
    if (s->roots[session] == 0) return;
    keep_end(KEEP_ROOT | session_key(s, session));
    slot_discard(s->roots[session]);
    s->roots[session] = 0;
}
