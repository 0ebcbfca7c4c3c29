#include "base/fault.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define FAULT_MAX 16
#define FAULT_POINT_MAX 48

enum fault_action { FAULT_KILL, FAULT_FAIL, FAULT_ABORT };

struct fault {
    char point[FAULT_POINT_MAX];
    unsigned long nth;
    unsigned long passed;
    enum fault_action action;
};

static struct fault faults[FAULT_MAX];
static int fault_count = -1; /* -1: the environment was not looked at yet */

static _Noreturn void fault_bad(const char *spec)
{
    fprintf(stderr, "ALMANAC_FAULT: cannot read '%s': want point:N:kill|fail|abort[,…]\n", spec);
    exit(2);
}

static void fault_parse(struct fault *f, const char *text, size_t len, const char *spec)
{
    static const char *const names[] = {"kill", "fail", "abort"};
    char copy[FAULT_POINT_MAX + 32];
    char *nth, *action, *end;

    if (len >= sizeof copy)
        fault_bad(spec);
    memcpy(copy, text, len);
    copy[len] = '\0';
    nth = strchr(copy, ':');
    action = nth ? strchr(nth + 1, ':') : NULL;
    if (!action || nth == copy || (size_t)(nth - copy) >= FAULT_POINT_MAX)
        fault_bad(spec);
    *nth++ = '\0';
    *action++ = '\0';
    *f = (struct fault){.nth = strtoul(nth, &end, 10)};
    if (end == nth || *end || f->nth == 0)
        fault_bad(spec);
    memcpy(f->point, copy, strlen(copy) + 1);
    for (int i = 0; i < 3; i++) {
        if (strcmp(action, names[i]) == 0) {
            f->action = (enum fault_action)i;
            return;
        }
    }
    fault_bad(spec);
}

void fault_arm(const char *spec)
{
    const char *p = spec;

    fault_count = 0;
    while (p && *p) {
        size_t len = strcspn(p, ",");

        if (fault_count == FAULT_MAX)
            fault_bad(spec);
        fault_parse(&faults[fault_count++], p, len, spec);
        p += len + (p[len] == ',');
    }
}

bool fault_at(const char *point)
{
    bool failed = false;

    if (fault_count == 0)
        return false;
    if (fault_count < 0)
        fault_arm(getenv("ALMANAC_FAULT"));
    for (int i = 0; i < fault_count; i++) {
        struct fault *f = &faults[i];

        if (strcmp(f->point, point) != 0 || ++f->passed != f->nth)
            continue;
        if (f->action == FAULT_KILL)
            kill(getpid(), SIGKILL);
        else if (f->action == FAULT_ABORT)
            abort();
        else
            failed = true;
    }
    return failed;
}
