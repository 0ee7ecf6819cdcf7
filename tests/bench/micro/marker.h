/* marker.h - no-operations that the counting plugin knows: `nopl NUMBER(%rax)`. */
#pragma once

#define MARKER_ROW 0x574c5701    /* a row begins */
#define MARKER_SAMPLE 0x574c5702 /* the stretch between the last two time stamps is kept */
