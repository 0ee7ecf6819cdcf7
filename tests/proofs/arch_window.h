#pragma once
#include <stdint.h>
struct cpu;
struct thread;
#define DIRECT_MAP 0xffff800000000000ull
#define DEVICE_MEMORY 0xc0000000ull
#define DEVICE_END 0xfec00000ull
#define PTE_PRESENT 1ull
#define PTE_LARGE 0x80ull
#define PTE_ADDR_MASK 0x000ffffffffff000ull

/*@ axiomatic direct_map {
      logic char *mapped_at(integer phys);
      logic integer phys_of(void *at);
    } */
/*@ assigns \nothing;
    ensures \result == (void *)mapped_at(phys); */
void *phys_to_ptr(uint64_t phys);
/*@ assigns \nothing;
    ensures \result == phys_of((void *)at); */
uint64_t ptr_to_phys(const void *at);

struct arch_cpu {
    struct cpu *self;
    uint64_t stack_top, user_rbp;
    struct thread *loaded, *fpu_owner;
    uint64_t root, deadline, tss[14];
};
/*@ axiomatic this_cpu { logic struct cpu *this_cpu; } */
/*@ assigns \nothing;
    ensures \result == this_cpu; */
struct cpu *cpu(void);
#define my_cpu cpu()
