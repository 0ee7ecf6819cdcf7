/* say.h - a line of text on the terminal, from a program that init started. */
#pragma once

__attribute__((format(printf, 1, 2))) void say(const char *format, ...);
