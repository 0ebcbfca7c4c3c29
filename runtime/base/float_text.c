#include "base/float_text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void float_text(double value, char out[FLOAT_TEXT_SIZE])
{
    for (int digits = 15; digits <= 17; digits++) {
        snprintf(out, FLOAT_TEXT_SIZE, "%.*g", digits, value);
        if (strtod(out, NULL) == value)
            break;
    }
    if (!strpbrk(out, ".e"))
        memcpy(out + strlen(out), ".0", 3);
}
