/* http_exchange: one HTTP request as native modules make it: a userdata that waits for the whole
 * answer, or a stream whose lines are read one by one, and which holds the server back while they
 * are not read. */
#ifndef ALMANAC_NATIVE_HTTP_EXCHANGE_H
#define ALMANAC_NATIVE_HTTP_EXCHANGE_H

#include <stdbool.h>
#include <stddef.h>
#include <lua.h>

#include "net/transfer.h"

struct exchange;

struct exchange_limits {
    size_t max_body;       /* bytes of a whole answer */
    size_t max_line;       /* bytes of one line of a stream */
    double answer_timeout; /* seconds until the headers of a stream must be there; 0: none */
};

#define EXCHANGE_BODY_MAX ((size_t)16 << 20)
#define EXCHANGE_LINE_MAX ((size_t)1 << 20)

/* Makes the stream's metatable; once for each state, more often does no harm. */
void exchange_setup(lua_State *L);

/* Starts the request and waits for the whole answer: { status, headers, body, elapsed }. Must be
 * the last statement: `return exchange_request(…)`. Its errors have `in_doubt`: whether the server
 * may have got the request, and acted. */
int exchange_request(lua_State *L, const struct transfer_spec *spec,
                     const struct exchange_limits *limits);
/* Starts it and waits for the headers: a stream. Must be the last statement. */
int exchange_stream(lua_State *L, const struct transfer_spec *spec,
                    const struct exchange_limits *limits);

/* The "Name: value" lines of the table `headers` in the table at index t, for spec->headers; leaves
 * what keeps them alive on the stack, also when there are none. `more` (may be NULL, ends with
 * NULL) come first. */
void exchange_headers(lua_State *L, int t, const char *who, const char *const *more,
                      struct transfer_spec *spec);

#endif
