/* samples.c - what was measured, and the lines in which it is told. */
#include "micro.h"
#include "output.h"

uint32_t samples[SAMPLES_MAX], sample_count;

static void sort(uint32_t *values, uint32_t count)
{
    for (uint32_t i = 1; i < count; i++) {
        uint32_t value = values[i], at = i;
        for (; at > 0 && values[at - 1] > value; at--) {
            values[at] = values[at - 1];
        }
        values[at] = value;
    }
}

void row_print(const char *name, uint32_t each)
{
    uint32_t count = sample_count < SAMPLES_MAX ? sample_count : SAMPLES_MAX;
    NEED(count > 0);
    sort(samples, count);
    say("row ");
    say(name);
    say_number(samples[0]);
    say_number(samples[count / 2]);
    say_number(samples[count - 1]);
    say_number(count);
    say_number(each);
    say("\n");
    sample_count = 0;
}

/* What a measurement costs in which nothing is done. */
static void run_empty(const struct row *row)
{
    (void)row;
    for (uint32_t i = 0; i < ROUNDS; i++) {
        uint32_t start = stamp();
        uint32_t end = stamp();
        sample(end - start);
    }
}

const struct row rows_empty[] = {{"empty", run_empty, 0, 0, 0}, {0}};
