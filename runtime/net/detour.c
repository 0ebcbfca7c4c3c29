#include "net/detour.h"

#include <stdio.h>
#include <string.h>

#define DETOUR_MAX 64

static char detour_to[DETOUR_MAX], detour_through[DETOUR_MAX];

int detour_set(const char *to, const char *through, struct err *e)
{
    if (detour_is_set())
        return err_set(e, ERR_USAGE, "requests of this process go to %s already", detour_to);
    if (strlen(to) >= sizeof detour_to || (through && strlen(through) >= sizeof detour_through))
        return err_set(e, ERR_USAGE, "a detour leads to a host and a port, not to %s", to);
    snprintf(detour_to, sizeof detour_to, "%s", to);
    snprintf(detour_through, sizeof detour_through, "%s", through ? through : "");
    return 0;
}

bool detour_is_set(void)
{
    return detour_to[0] != '\0';
}

const char *detour_of(const char *host_port)
{
    return !detour_is_set() || strcmp(host_port, detour_through) == 0 ? NULL : detour_to;
}
