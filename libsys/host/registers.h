/* registers.h - on the host: registers are the host's to forget. */
#pragma once

static inline void registers_forget(void)
{
}
