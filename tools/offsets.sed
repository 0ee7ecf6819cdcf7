# Turns the compiler's assembly of offsets.c into offsets.h: a name, then on the next line its value.
/\.asci/ {
    N
    s/[^"]*"\([A-Za-z0-9_]*\)[^\n]*\n[^0-9]*\([0-9]*\).*/.set \1, \2/p
}
