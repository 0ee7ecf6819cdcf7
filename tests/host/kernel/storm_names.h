/* storm_names.h - steps in words. */
#pragma once
#include "steps.h"

/* One line about what the step that was just carried out did. */
void storm_show(size_t index, const struct step *s);
