/* services.c - init's registry and the file server, asked by a service like any other. */
#include "bytes.h"
#include "idl/console.h"
#include "idl/registry.h"
#include "idl/vfs.h"
#include "slots.h"
#include "test.h"

static struct text text_of(const char *text)
{
    return text_from(text, strlen(text));
}

static int lookup(const char *name, cap_t slot)
{
    struct registry_lookup_in in = {.name = text_of(name)};
    struct registry_lookup_out out = {.service = {.slot = slot}};

    return registry_lookup(CAP_SLOT_REGISTRY, &in, &out);
}

static int registers(const char *name, cap_t service)
{
    struct registry_register_in in = {.name = text_of(name),
                                      .service = {.slot = service, .rights = RIGHT_WRITE}};

    return registry_register(CAP_SLOT_REGISTRY, &in);
}

static void registry_looks_up(void)
{
    cap_t slot = test_slot();

    EXPECT_IS(lookup("vfs", slot), OK);
    EXPECT_IS(directory_connect(slot), OK);
    EXPECT_IS(console_connect(slot), ERR_CAP_TYPE);
    EXPECT_IS(lookup("vfs", slot), ERR_SLOT_USED);
}

static void registry_refuses(void)
{
    cap_t slot = test_slot();

    EXPECT_IS(lookup("nobody", slot), REGISTRY_NO_SERVICE);
    EXPECT_IS(lookup("shell", slot), REGISTRY_NO_SERVICE);
    EXPECT_IS(lookup("power", slot), REGISTRY_DENIED);
    EXPECT_IS(lookup("", slot), REGISTRY_NO_SERVICE);
}

/* A name of the description belongs to it, whether its service runs or not. */
static void registry_names_are_safe(void)
{
    cap_t endpoint = test_endpoint();

    EXPECT_IS(registers("vfs", endpoint), REGISTRY_TAKEN);
    EXPECT_IS(registers("noauth", endpoint), REGISTRY_TAKEN);
    EXPECT_IS(registers("tests.name", endpoint), OK);
    EXPECT_IS(registers("tests.name", endpoint), REGISTRY_TAKEN);
    EXPECT_IS(registers("", endpoint), REGISTRY_BAD_NAME);
    EXPECT_IS(registers("Upper", endpoint), REGISTRY_BAD_NAME);
    EXPECT_IS(registers("a/b", endpoint), REGISTRY_BAD_NAME);
    EXPECT_IS(registers("0123456789012345678901234567890.", endpoint), REGISTRY_BAD_NAME);
}

static void registry_managers_only(void)
{
    struct registry_process_in in = {.name = text_of("vfs")};
    struct registry_process_out out = {.process = {.slot = test_slot()}};
    struct registry_restart_in restart = {.name = text_of("vfs")};
    struct registry_news_out news;

    EXPECT_IS(registry_process(CAP_SLOT_REGISTRY, &in, &out), REGISTRY_DENIED);
    EXPECT_IS(registry_restart(CAP_SLOT_REGISTRY, &restart), REGISTRY_DENIED);
    EXPECT_IS(registry_news(CAP_SLOT_REGISTRY, &news), OK);
    EXPECT_IS(news.text.len, 0);
}

/* Files. Each test makes what it needs in a directory of its own and removes it. */

static cap_t files;

static int make_directory(const char *path)
{
    return directory_mkdir(files, &(struct directory_mkdir_in){.path = text_of(path)});
}

static int delete_path(const char *path)
{
    return directory_remove(files, &(struct directory_remove_in){.path = text_of(path)});
}

static int open_path(cap_t directory, const char *path, struct directory_open_in how, cap_t slot)
{
    struct directory_open_out out = {.file = {.slot = slot}};

    how.path = text_of(path);
    return directory_open(directory, &how, &out);
}

static const struct directory_open_in to_read,
    to_make = {.create = true, .write = true},
    to_make_new = {.create = true, .exclusive = true, .write = true};

static int write_text(cap_t file, uint64_t offset, const char *text)
{
    struct file_write_in in = {.offset = offset, .data = data_from(text, strlen(text))};

    struct file_write_out out;
    return file_write(file, &in, &out);
}

static bool reads(cap_t file, uint64_t offset, const char *text)
{
    struct file_read_in in = {.offset = offset, .count = 3072};
    struct file_read_out out;

    return file_read(file, &in, &out) == OK && out.data.len == strlen(text) &&
           memcmp(out.data.at, text, out.data.len) == 0;
}

static bool files_open(void)
{
    files = startup_cap("files");
    EXPECT(files != 0);
    return files != 0;
}

static void files_write_and_read(void)
{
    cap_t file = test_slot(), again = test_slot();

    if (!files_open()) return;
    EXPECT_IS(open_path(files, "/tests.a", to_make, file), OK);
    EXPECT_IS(file_connect(file), OK);
    EXPECT_IS(directory_connect(file), ERR_CAP_TYPE);
    EXPECT_IS(write_text(file, 2, "hello"), OK);
    EXPECT_IS(open_path(files, "/tests.a", to_read, again), OK);
    EXPECT(reads(again, 2, "hello"));
    EXPECT(reads(again, 7, ""));
    EXPECT_IS(write_text(again, 0, "x"), FILE_READ_ONLY);
    EXPECT_IS(delete_path("/tests.a"), OK);
    /* Removed, but open. */
    EXPECT(reads(again, 5, "lo"));
    EXPECT_IS(write_text(file, 7, "!"), OK);
    EXPECT(reads(again, 5, "lo!"));
}

static void files_refuse(void)
{
    cap_t file = test_slot();

    if (!files_open()) return;
    EXPECT_IS(open_path(files, "/tests.no", to_read, file), DIRECTORY_NOT_FOUND);
    EXPECT_IS(open_path(files, "/bin", to_read, file), DIRECTORY_IS_DIRECTORY);
    EXPECT_IS(open_path(files, "/bin/init/x", to_read, file), DIRECTORY_NOT_DIRECTORY);
    EXPECT_IS(open_path(files, "/bin/init", to_make_new, file), DIRECTORY_EXISTS);
    EXPECT_IS(open_path(files, "/bin/init", to_make, file), DIRECTORY_READ_ONLY);
    EXPECT_IS(open_path(files, "/bin/new", to_make, file), DIRECTORY_READ_ONLY);
    EXPECT_IS(delete_path("/bin/init"), DIRECTORY_READ_ONLY);
    EXPECT_IS(delete_path("/bin"), DIRECTORY_READ_ONLY);
    static const char *const bad[] = {"", "bin", "/bin/", "//bin", "/./bin", "/bin/../bin", "/.."};
    for (uint32_t i = 0; i < TEST_COUNT(bad); i++) {
        EXPECT_IS(open_path(files, bad[i], to_make, file), DIRECTORY_BAD_PATH);
        EXPECT_IS(make_directory(bad[i]), DIRECTORY_BAD_PATH);
    }
}

/* What is below a subdirectory's capability can be reached through it, and nothing else. */
static void files_subdirectory(void)
{
    cap_t file = test_slot();
    struct directory_subdirectory_in in = {.path = text_of("/tests.d")};
    struct directory_subdirectory_out out = {.directory = {.slot = test_slot()}};

    if (!files_open()) return;
    EXPECT_IS(make_directory("/tests.d"), OK);
    EXPECT_IS(directory_subdirectory(files, &in, &out), OK);
    EXPECT_IS(open_path(out.directory.slot, "/f", to_make_new, file), OK);
    EXPECT_IS(open_path(out.directory.slot, "/bin/init", to_read, test_slot()),
              DIRECTORY_NOT_FOUND);
    EXPECT_IS(open_path(out.directory.slot, "/../bin/init", to_read, test_slot()),
              DIRECTORY_BAD_PATH);
    EXPECT_IS(delete_path("/tests.d"), DIRECTORY_NOT_EMPTY);
    EXPECT_IS(delete_path("/tests.d/f"), OK);
    EXPECT_IS(delete_path("/tests.d"), OK);
}

/* A handle narrowed to no right at all, and a message that is not the interface's. */
static void files_messages(void)
{
    cap_t file = test_slot();
    struct message m = {0};

    if (!files_open()) return;
    EXPECT_IS(open_path(files, "/bin/init", to_read, file), OK);
    cap_t useless = test_mint(file, 0, 0);
    EXPECT_IS(reads(useless, 0, ""), false);
    EXPECT_IS(test_call(file, 999, 0, &m), OK);
    EXPECT_IS(msg_label(m.info), ERR_SYSCALL);
    m = (struct message){0};
    EXPECT_IS(test_call(file, FILE_READ, 1, &m), OK);
    EXPECT_IS(msg_label(m.info), ERR_MESSAGE);
}

static const struct test tests[] = {
    {"REG0001", "a lookup gives the service's endpoint, of its interface", registry_looks_up},
    {"REG0002", "unknown names and services beyond the description are refused", registry_refuses},
    {"REG0003", "a name is registered once, and never one of the description",
     registry_names_are_safe},
    {"REG0004", "process objects and restarts are for managers", registry_managers_only},
    {"VFS0001", "a file is written, read, and lives while it is open", files_write_and_read},
    {"VFS0002", "each refusal has its error", files_refuse},
    {"VFS0003", "nothing above a subdirectory is reached through it", files_subdirectory},
    {"VFS0004", "a handle without rights, and malformed messages", files_messages},
};

const struct group services_group = {tests, TEST_COUNT(tests), NULL, 0};
