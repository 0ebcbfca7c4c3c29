/* pattern: matching of Lua's patterns (Lua 5.4 reference manual, 6.4.1) that can be stopped.
 *
 * A pattern can take longer than anybody waits: ("a-"):rep(9) on 500 characters tries as many ways
 * as there are. Lua's own matcher cannot be interrupted; this one counts its steps and asks now and
 * then whether to go on. It follows Lua's results and messages.
 */
#ifndef ALMANAC_PATTERN_H
#define ALMANAC_PATTERN_H

#include <stdbool.h>
#include <stddef.h>

#define PATTERN_CAPTURES 32
#define PATTERN_POSITION (-2) /* length of a capture that is a position */

struct pattern_capture {
    const char *start;
    ptrdiff_t len;
};

struct pattern {
    const char *src, *src_end; /* the text */
    const char *end;           /* of the pattern */
    /* Asked every PATTERN_ASK steps; false stops the matching. May be NULL. */
    bool (*go_on)(void *arg);
    void *arg;
    unsigned steps;
    int depth; /* of recursion */
    /* Results */
    int captures;
    struct pattern_capture capture[PATTERN_CAPTURES];
    bool stopped;      /* go_on said so */
    const char *error; /* a malformed pattern: what is wrong; stays NULL else */
};

#define PATTERN_ASK 65536u

/* The end of the match of the pattern p at s, or NULL: none, stopped, or an error. */
const char *pattern_match(struct pattern *m, const char *s, const char *p);

#endif
