/* terminal.h - what the small programs print with. */
#pragma once

/* To the session that the shell gave; nothing happens without one. */
__attribute__((format(printf, 1, 2))) void terminal_print(const char *format, ...);
