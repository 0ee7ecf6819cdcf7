/*
 * description.h - the system description as the image tool writes it: /system/description.bin.
 *
 * Who runs, with which capabilities, priority, quota and restart policy. The tool compiles
 * images/system.toml into this layout; init checks every number again before it believes it, and
 * audit learns from it who speaks which interface.
 * A header, then the services, then the grants; little-endian, no padding between the arrays.
 * Strings are NUL-terminated and padded with zeros.
 */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define DESCRIPTION_MAGIC 0x3163736544574c21ull /* "!LWDesc1" */
enum {
    DESCRIPTION_VERSION = 4,
    DESCRIPTION_SERVICES_MAX = 64,
    DESCRIPTION_GRANTS_MAX = 24, /* of one service: slots DESCRIPTION_FIRST_SLOT and up, in order */
    DESCRIPTION_FIRST_SLOT = 3,  /* after Self (1) and Registry (2) */
    DESCRIPTION_NAME_MAX = 24,
    DESCRIPTION_KINDS_MAX = 8, /* of badges: objects that a service serves */
    DESCRIPTION_STREAM_MAX = 0x7ffffffe,
};

struct description_header {
    uint64_t magic;
    uint32_t version;
    uint32_t service_count;
    uint32_t grant_count;
    uint32_t zero;
};
_Static_assert(sizeof(struct description_header) == 24, "layout of the image tool");

enum description_flag {
    SERVICE_PROVIDES =
        1, /* init makes an endpoint that outlives the process, granted as "service" */
    SERVICE_STORAGE = 2,     /* gets objects even when the log is nearly full */
    SERVICE_MANAGES = 4,     /* may ask the registry for process objects and restarts */
    SERVICE_REGISTERS = 8,   /* may register names of its own */
    SERVICE_LOOKS_UP = 16,   /* may look up services beyond its grants */
    SERVICE_ONCE = 32,       /* not started again when it ends */
    SERVICE_FPU = 64,        /* its first thread owns the FPU and SSE registers */
    SERVICE_IMAGE = 128,     /* the boot image is mapped read-only into it */
    SERVICE_LOG_READ = 256,  /* the log memory is mapped read-only into it */
    SERVICE_LOG_WRITE = 512, /* the ledger: the hashes writable, signalled when records come */
    SERVICE_MANUAL = 1024,   /* started by `restart NAME` only */
    SERVICE_TOLD = 2048, /* gets a notification "wake": init sets SERVICE_SIGNAL_TOLD in it when one
                            of the services it uses was started again */
    SERVICE_TIMER = 4096,    /* init's clock: "arm" to wait on, "tick" to signal */
    SERVICE_WATCHES = 8192,  /* asks the services that it is granted whether they live */
    SERVICE_DMA = 16384,     /* a driver whose device masters the bus: it is trusted as that is */
    SERVICE_FOLLOWS = 32768, /* started again, too, when one of the services it uses was */
    SERVICE_KEEPS = 65536,   /* init keeps capabilities for it, over its ends */
};
enum { SERVICE_FLAGS_ALL = 131071 };
#define SERVICE_SIGNAL_TOLD (1ull << 61)

struct description_service {
    char name[32];
    char program[64];   /* path of its ELF file in the boot image */
    char arguments[96]; /* argv[1] and up, separated by one space */
    uint32_t flags;     /* enum description_flag */
    uint32_t first_grant, grant_count;
    uint32_t pages, slots, threads, commits; /* quota */
    uint32_t priority;
    uint32_t budget_us, period_us; /* budget 0: round robin without a limit */
    uint32_t restart_limit;        /* restarts within a minute after which it is disabled */
    uint32_t backoff_ms;           /* before the first restart; doubles with each further one */
    /* Interface ids by the kind of a badge (badge.h): first of the endpoint itself; 0: none. */
    uint64_t serves[DESCRIPTION_KINDS_MAX];
    uint32_t misses; /* periods of the watcher without an answer until it is restarted; 0: never */
    uint32_t zero;
};
_Static_assert(sizeof(struct description_service) == 312, "layout of the image tool");

/* In `b` of a grant: the rest is the number of a space, whoever has it and in whatever boot. */
#define DESCRIPTION_SPACE 0x80000000u

enum grant_kind {
    GRANT_SERVICE = 1,      /* a: service index; its endpoint, badged for the holder; b: 1 with
                               control of it; DESCRIPTION_SPACE and a number: for that space */
    GRANT_IRQ = 2,          /* a: line; needs a GRANT_NOTIFICATION directly before it */
    GRANT_PORTS = 3,        /* a: first port, b: last port */
    GRANT_NOTIFICATION = 4, /* a new one, unbadged; a: bits that the interrupt or the log after it
                               sets in it */
    GRANT_OBSERVE = 5,      /* axiom's Observe */
    GRANT_CURSOR = 6,       /* the log's read-only cursor */
    GRANT_PROCESS = 7,      /* a: service index; the process object of a running service */
    GRANT_STREAM = 8,       /* a: index of the ledger; b: number of the holder's stream */
    GRANT_DEVICES = 9,      /* axiom's Devices, for the bus server */
    GRANT_HISTORY = 10,     /* a: index of the ledger; the kernel's commits of all boots, to read */
};
enum { GRANT_KIND_COUNT = 11 };

struct description_grant {
    char name[24];   /* as the startup page lists it */
    uint32_t kind;   /* enum grant_kind */
    uint32_t rights; /* RIGHT_*; narrowed to what the kind can carry */
    uint32_t a, b;
};
_Static_assert(sizeof(struct description_grant) == 40, "layout of the image tool");

/* A checked description: pointers into the image, which never changes. */
struct description {
    const struct description_service *services;
    const struct description_grant *grants;
    uint32_t service_count, grant_count;
};

/* NULL if all is well, else what is wrong, for the boot console. */
const char *description_open(const void *bytes, size_t size, struct description *out_description);

/* Index of a service, or -1. `name` is not NUL-terminated. */
int description_find(const struct description *d, const char *name, size_t len);

/* Whether the service needs `other` to be ready before it starts: it is granted its endpoint. */
bool description_needs(const struct description *d, uint32_t service, uint32_t other);

/* Grant of `service` by which it reaches `other`, or NULL. */
const struct description_grant *description_link(const struct description *d, uint32_t service,
                                                 uint32_t other);
