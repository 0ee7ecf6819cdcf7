/* programs.c - who takes part: the symbols that CMakeLists.txt leaves of each program, and what
 * each is given. */
#include "sim.h"

#define DECLARE(name)                                                                              \
    int name##_entry(const struct startup *startup);                                               \
    extern char __start_##name##_data[], __stop_##name##_data[];                                   \
    extern char __start_##name##_bss[], __stop_##name##_bss[];
#define DECLARE_SERVICE(name)                                                                      \
    extern struct service name##_service;                                                          \
    void name##_once_apply(struct service *svc);                                                   \
    void name##_once_snapshot(struct service *svc);                                                \
    void name##_service_fold(struct service *svc);                                                 \
    DECLARE(name)
#define PROGRAM(title)                                                                             \
    .name = #title, .entry = title##_entry, .data = __start_##title##_data,                        \
    .data_end = __stop_##title##_data, .bss = __start_##title##_bss,                               \
    .bss_end = __stop_##title##_bss
#define SERVICE(title)                                                                             \
    PROGRAM(title), .service = &title##_service, .once_apply = title##_once_apply,                 \
                    .once_snapshot = title##_once_snapshot, .fold = title##_service_fold

DECLARE(ledger)
DECLARE(random)
DECLARE(keystore)
DECLARE_SERVICE(vfs)
DECLARE_SERVICE(time)
DECLARE_SERVICE(identity)
DECLARE_SERVICE(permission)
DECLARE_SERVICE(vfs_shadow)
DECLARE_SERVICE(time_shadow)
DECLARE_SERVICE(identity_shadow)
DECLARE_SERVICE(permission_shadow)
DECLARE(disk)
DECLARE(disk_files)
DECLARE(disk_keys)
DECLARE(anna)
DECLARE(bert)
DECLARE(clock)
DECLARE(keys)
DECLARE(people)
DECLARE(policy)

const struct program programs[PROGRAMS] = {
    [PROGRAM_LEDGER] = {PROGRAM(ledger)},
    [PROGRAM_RANDOM] = {PROGRAM(random)},
    [PROGRAM_KEYSTORE] = {PROGRAM(keystore)},
    [PROGRAM_VFS] = {SERVICE(vfs)},
    [PROGRAM_TIME] = {SERVICE(time)},
    [PROGRAM_IDENTITY] = {SERVICE(identity)},
    [PROGRAM_PERMISSION] = {SERVICE(permission)},
    [PROGRAM_VFS_SHADOW] = {SERVICE(vfs_shadow)},
    [PROGRAM_TIME_SHADOW] = {SERVICE(time_shadow)},
    [PROGRAM_IDENTITY_SHADOW] = {SERVICE(identity_shadow)},
    [PROGRAM_PERMISSION_SHADOW] = {SERVICE(permission_shadow)},
    [PROGRAM_DISK] = {PROGRAM(disk)},
    [PROGRAM_DISK_FILES] = {PROGRAM(disk_files)},
    [PROGRAM_DISK_KEYS] = {PROGRAM(disk_keys)},
    [PROGRAM_ANNA] = {PROGRAM(anna)},
    [PROGRAM_BERT] = {PROGRAM(bert)},
    [PROGRAM_CLOCK] = {PROGRAM(clock)},
    [PROGRAM_KEYS] = {PROGRAM(keys)},
    [PROGRAM_PEOPLE] = {PROGRAM(people)},
    [PROGRAM_POLICY] = {PROGRAM(policy)},
};

const struct role roles[PROGRAMS] = {
    [PROGRAM_LEDGER] = {.told = true,
                        .grants = {{"commits", GIVEN_SIGNAL, 0},
                                   {"disk", GIVEN_USE, PROGRAM_DISK}}},
    [PROGRAM_KEYSTORE] = {.grants = {{"disk", GIVEN_USE, PROGRAM_DISK_KEYS},
                                     {"random", GIVEN_USE, PROGRAM_RANDOM}}},
    [PROGRAM_VFS] = {.told = true,
                     .grants = {{"disk", GIVEN_USE, PROGRAM_DISK_FILES},
                                {"random", GIVEN_USE, PROGRAM_RANDOM}}},
    [PROGRAM_TIME] = {.told = true,
                      .grants = {{"irq_wake", GIVEN_SIGNAL, 0},
                                 {"irq", GIVEN_DEVICE, 0},
                                 {"ports", GIVEN_DEVICE, 0}}},
    [PROGRAM_IDENTITY] = {.told = true,
                          .grants = {{"random", GIVEN_USE, PROGRAM_RANDOM},
                                     {"time", GIVEN_USE, PROGRAM_TIME},
                                     {"keys", GIVEN_SPACE, PROGRAM_KEYSTORE},
                                     {"files", GIVEN_USE, PROGRAM_VFS}}},
    [PROGRAM_PERMISSION] = {.told = true,
                            .grants = {{"files", GIVEN_USE, PROGRAM_VFS},
                                       {"random", GIVEN_USE, PROGRAM_RANDOM},
                                       {"clock", GIVEN_USE, PROGRAM_TIME},
                                       {"people", GIVEN_USE, PROGRAM_IDENTITY}}},
    [PROGRAM_ANNA] = {.grants = {{"files", GIVEN_USE, PROGRAM_VFS}}},
    [PROGRAM_BERT] = {.grants = {{"files", GIVEN_USE, PROGRAM_VFS}}},
    [PROGRAM_CLOCK] = {.grants = {{"time", GIVEN_CONTROL, PROGRAM_TIME}}},
    [PROGRAM_KEYS] = {.grants = {{"vault", GIVEN_CONTROL, PROGRAM_KEYSTORE},
                                 {"keys", GIVEN_SPACE, PROGRAM_KEYSTORE}}},
    [PROGRAM_PEOPLE] = {.grants = {{"identity", GIVEN_CONTROL, PROGRAM_IDENTITY}}},
    [PROGRAM_POLICY] = {.grants = {{"permission", GIVEN_CONTROL, PROGRAM_PERMISSION}}},
};
