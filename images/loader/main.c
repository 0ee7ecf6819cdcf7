/*
 * main.c - what QEMU starts: takes kernel and boot image out of the one module, puts the kernel
 * where it belongs, and enters it as GRUB would. Runs on QEMU alone, so the serial port needs no
 * set-up and the way out is isa-debug-exit.
 */
#include "container.h"
#include "information.h"
#include "kernel_file.h"

enum { COM1 = 0x3f8, EXIT_PORT = 0xf4, EXIT_REFUSED = 0x10 }; /* as the kernel's own refusal */
enum { START_MAGIC = 0x336ec578 };

struct start_info { /* xen/include/public/arch-x86/hvm/start_info.h */
    uint32_t magic, version, flags, module_count;
    uint64_t modules, cmdline, rsdp, memory;
    uint32_t memory_count, reserved;
};
struct start_module {
    uint64_t base, size, cmdline, reserved;
};

extern const uint8_t loader_start[], loader_end[]; /* loader.ld */

_Noreturn void loader_main(const struct start_info *start);
_Noreturn void kernel_enter(uint32_t entry, const struct information *info); /* entry.S */
void *memcpy(void *restrict to, const void *restrict from, size_t bytes);
void *memset(void *to, int byte, size_t bytes);

void *memcpy(void *restrict to, const void *restrict from, size_t bytes)
{
    void *out = to;
    __asm__ volatile("rep movsb" : "+c"(bytes), "+D"(out), "+S"(from) : : "memory");
    return to;
}

void *memset(void *to, int byte, size_t bytes)
{
    void *out = to;
    size_t words = bytes / 4, rest = bytes % 4;
    uint32_t pattern = (uint8_t)byte * 0x01010101u;
    __asm__ volatile("rep stosl\n\tmovl %3, %0\n\trep stosb"
                     : "+c"(words), "+D"(out)
                     : "a"(pattern), "r"(rest)
                     : "memory");
    return to;
}

static void port_out(uint16_t port, uint8_t value)
{
    __asm__ volatile("outb %b0, %1" ::"a"(value), "Nd"(port) : "memory");
}

static void print(const char *text)
{
    while (*text != '\0') {
        port_out(COM1, (uint8_t)*text++);
    }
}

static _Noreturn void refuse(const char *why)
{
    print("\r\nwaterlight: does not start: loader: ");
    print(why);
    print("\r\n");
    port_out(EXIT_PORT, EXIT_REFUSED);
    for (;;) {
        __asm__ volatile("cli; hlt");
    }
}

static void require(const char *wrong)
{
    if (wrong != NULL) refuse(wrong);
}

/* NULL for an address that is not there: 0, or one that we cannot reach. */
static const void *at(uint64_t address)
{
    return address >> 32 ? NULL : (const void *)(uintptr_t)address;
}

/* The first 4 GiB less a page are ours to read, so that no end overflows. */
static struct range module_find(const struct start_info *start)
{
    const struct start_module *module = at(start->modules);
    if (start->module_count != 1 || module == NULL)
        refuse("there is no module: give one by -initrd");
    if (module->base % CONTAINER_PAGE != 0) refuse("the module is not page-aligned");
    if (module->base >> 32 || module->size > 0xfffff000 - module->base)
        refuse("the module lies above 4 GiB");
    return (struct range){module->base, module->size};
}

/* The kernel's first step is into 64-bit mode. Intel SDM vol 2, CPUID 80000001H: EDX bit 29. */
static void cpu_check(void)
{
    uint32_t leaf = 0x80000000, features = 0;
    __asm__("cpuid" : "+a"(leaf) : : "ebx", "ecx", "edx");
    bool known = leaf > 0x80000000;
    leaf = 0x80000001;
    if (known) __asm__("cpuid" : "+a"(leaf), "=d"(features) : : "ebx", "ecx");
    if (!(features >> 29 & 1)) refuse("this CPU has no 64-bit mode");
}

static void start_check(const struct start_info *start)
{
    if (start->magic != START_MAGIC || start->version < 1 || at(start->memory) == NULL)
        refuse("no memory map from the firmware");
}

static void kernel_place(const struct plan *plan, const uint8_t *file)
{
    for (const struct segment *s = plan->segments; s < plan->segments + plan->count; s++) {
        uint8_t *to = (uint8_t *)(uintptr_t)s->to.base;
        memcpy(to, file + s->from, s->file_size);
        memset(to + s->file_size, 0, (size_t)s->to.size - s->file_size);
    }
}

/* From entry.S. All is checked, and what the firmware said is copied, before the kernel's memory is
 * written to: some of it may lie there. */
void loader_main(const struct start_info *start)
{
    static struct container container;
    static struct information info;
    static struct plan plan;
    cpu_check();
    start_check(start);
    struct range module = module_find(start);
    const uint8_t *bytes = at(module.base);
    require(container_read(bytes, (uint32_t)module.size, &container));
    require(kernel_plan(container.kernel, container.kernel_size, &plan));

    struct memory_map map = {at(start->memory), start->memory_count};
    const char *cmdline = at(start->cmdline);
    struct told told = {.cmdline = cmdline != NULL ? cmdline : "",
                        .rsdp = at(start->rsdp),
                        .image = {(uintptr_t)container.image, container.image_size},
                        .memory = map};
    require(information_write(&told, &info));
    uintptr_t own = (uintptr_t)loader_start;
    struct range taken[] = {module, {own, (uintptr_t)loader_end - own}};
    require(plan_fits(&plan, &map, taken, 2));
    kernel_place(&plan, container.kernel);
    kernel_enter(plan.entry, &info);
}
