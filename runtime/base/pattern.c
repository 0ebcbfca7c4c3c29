#include "base/pattern.h"

#include <ctype.h>
#include <string.h>

#define DEPTH_MAX 200
#define UNCLOSED (-1)
#define ESCAPE '%'

static const char *run(struct pattern *m, const char *s, const char *p);

static const char *malformed(struct pattern *m, const char *what)
{
    m->error = what;
    return NULL;
}

/* False when the matching must end. */
static bool step(struct pattern *m)
{
    if (++m->steps % PATTERN_ASK == 0 && m->go_on && !m->go_on(m->arg))
        m->stopped = true;
    return !m->stopped;
}

static bool ended(const struct pattern *m)
{
    return m->stopped || m->error;
}

/* ---- single characters ---- */

/* The end of the character or class that begins at p, NULL when it is malformed. */
static const char *class_end(struct pattern *m, const char *p)
{
    if (*p++ == ESCAPE) {
        if (p == m->end)
            return malformed(m, "malformed pattern (ends with '%')");
        return p + 1;
    }
    if (p[-1] != '[')
        return p;
    if (p < m->end && *p == '^')
        p++;
    do { /* the first ] is one of the set */
        if (p == m->end)
            return malformed(m, "malformed pattern (missing ']')");
        if (*p++ == ESCAPE && p < m->end)
            p++;
    } while (p == m->end || *p != ']');
    return p + 1;
}

static bool in_class(int c, int class)
{
    bool in;

    switch (tolower(class)) {
    case 'a':
        in = isalpha(c);
        break;
    case 'c':
        in = iscntrl(c);
        break;
    case 'd':
        in = isdigit(c);
        break;
    case 'g':
        in = isgraph(c);
        break;
    case 'l':
        in = islower(c);
        break;
    case 'p':
        in = ispunct(c);
        break;
    case 's':
        in = isspace(c);
        break;
    case 'u':
        in = isupper(c);
        break;
    case 'w':
        in = isalnum(c);
        break;
    case 'x':
        in = isxdigit(c);
        break;
    case 'z':
        in = c == 0;
        break; /* of Lua 5.1, still known */
    default:
        return class == c;
    }
    return isupper(class) ? !in : in;
}

/* p is at the [, last at the ]. */
static bool in_set(int c, const char *p, const char *last)
{
    bool found = true;

    if (p[1] == '^') {
        found = false;
        p++;
    }
    while (++p < last) {
        if (*p == ESCAPE) {
            p++;
            if (in_class(c, (unsigned char)*p))
                return found;
        } else if (p[1] == '-' && p + 2 < last) {
            p += 2;
            if ((unsigned char)p[-2] <= c && c <= (unsigned char)*p)
                return found;
        } else if ((unsigned char)*p == c) {
            return found;
        }
    }
    return !found;
}

static bool single(const struct pattern *m, const char *s, const char *p, const char *ep)
{
    int c;

    if (s >= m->src_end)
        return false;
    c = (unsigned char)*s;
    switch (*p) {
    case '.':
        return true;
    case ESCAPE:
        return in_class(c, (unsigned char)p[1]);
    case '[':
        return in_set(c, p, ep - 1);
    default:
        return (unsigned char)*p == c;
    }
}

/* ---- repetitions ---- */

static const char *longest(struct pattern *m, const char *s, const char *p, const char *ep)
{
    ptrdiff_t n = 0;

    while (single(m, s + n, p, ep) && step(m))
        n++;
    for (; n >= 0 && !ended(m); n--) {
        const char *end = run(m, s + n, ep + 1);

        if (end)
            return end;
        if (!step(m))
            break;
    }
    return NULL;
}

static const char *shortest(struct pattern *m, const char *s, const char *p, const char *ep)
{
    for (;;) {
        const char *end = run(m, s, ep + 1);

        if (end)
            return end;
        if (ended(m) || !step(m) || !single(m, s, p, ep))
            return NULL;
        s++;
    }
}

/* ---- %b, %f and captures ---- */

static const char *balanced(struct pattern *m, const char *s, const char *p)
{
    int open = (unsigned char)p[0], close = (unsigned char)p[1], depth = 1;

    if (s >= m->src_end || (unsigned char)*s != open)
        return NULL;
    while (++s < m->src_end && step(m)) {
        int c = (unsigned char)*s;

        if (c == close) {
            if (--depth == 0)
                return s + 1;
        } else if (c == open) {
            depth++;
        }
    }
    return NULL;
}

static const char *start_capture(struct pattern *m, const char *s, const char *p, ptrdiff_t what)
{
    const char *end;

    if (m->captures >= PATTERN_CAPTURES)
        return malformed(m, "too many captures");
    m->capture[m->captures].start = s;
    m->capture[m->captures].len = what;
    m->captures++;
    end = run(m, s, p);
    if (!end)
        m->captures--;
    return end;
}

static const char *end_capture(struct pattern *m, const char *s, const char *p)
{
    int i = m->captures - 1;
    const char *end;

    while (i >= 0 && m->capture[i].len != UNCLOSED)
        i--;
    if (i < 0)
        return malformed(m, "invalid pattern capture");
    m->capture[i].len = s - m->capture[i].start;
    end = run(m, s, p);
    if (!end)
        m->capture[i].len = UNCLOSED;
    return end;
}

static const char *back_reference(struct pattern *m, const char *s, int digit)
{
    static const char *const invalid[] = {
        "invalid capture index %0", "invalid capture index %1", "invalid capture index %2",
        "invalid capture index %3", "invalid capture index %4", "invalid capture index %5",
        "invalid capture index %6", "invalid capture index %7", "invalid capture index %8",
        "invalid capture index %9",
    };
    int i = digit - '1';
    size_t len;

    if (i < 0 || i >= m->captures || m->capture[i].len == UNCLOSED)
        return malformed(m, invalid[digit - '0']);
    if (m->capture[i].len < 0)
        return NULL;
    len = (size_t)m->capture[i].len;
    if ((size_t)(m->src_end - s) < len || memcmp(m->capture[i].start, s, len) != 0)
        return NULL;
    return s + len;
}

/* What follows %f matches where the set begins to hold. */
static bool frontier(struct pattern *m, const char *s, const char *p, const char *ep)
{
    int before = s == m->src ? '\0' : (unsigned char)s[-1];
    int here = s == m->src_end ? '\0' : (unsigned char)*s;

    return !in_set(before, p, ep - 1) && in_set(here, p, ep - 1);
}

/* ---- the pattern, item by item ---- */

/* The item at p with what follows it: where *s and *p go on, or the result at once (returns true).
 */
static bool escaped(struct pattern *m, const char **s, const char **p, const char **result)
{
    const char *ep;

    switch ((*p)[1]) {
    case 'b':
        if (*p + 3 >= m->end) {
            *result = malformed(m, "malformed pattern (missing arguments to '%b')");
            return true;
        }
        *s = balanced(m, *s, *p + 2);
        *p += 4;
        break;
    case 'f':
        *p += 2;
        if (*p >= m->end || **p != '[') {
            *result = malformed(m, "missing '[' after '%f' in pattern");
            return true;
        }
        ep = class_end(m, *p);
        if (!ep || !frontier(m, *s, *p, ep)) {
            *result = NULL;
            return true;
        }
        *p = ep;
        return false;
    default:
        *s = back_reference(m, *s, (unsigned char)(*p)[1]);
        *p += 2;
        break;
    }
    *result = NULL;
    return *s == NULL;
}

static bool is_special_escape(const struct pattern *m, const char *p)
{
    return *p == ESCAPE && p + 1 < m->end &&
           (p[1] == 'b' || p[1] == 'f' || isdigit((unsigned char)p[1]));
}

/* A character or class and its suffix; as escaped(). */
static bool repeated(struct pattern *m, const char **s, const char **p, const char **result)
{
    const char *ep = class_end(m, *p);
    char suffix;

    *result = NULL;
    if (!ep)
        return true;
    suffix = ep < m->end ? *ep : '\0';
    if (suffix == '-') {
        *result = shortest(m, *s, *p, ep);
        return true;
    }
    if (suffix == '*' || suffix == '+') {
        if (suffix == '+' && !single(m, *s, *p, ep))
            return true;
        *result = longest(m, *s + (suffix == '+'), *p, ep);
        return true;
    }
    if (suffix == '?') {
        if (single(m, *s, *p, ep) && (*result = run(m, *s + 1, ep + 1)))
            return true;
        *p = ep + 1;
        return ended(m);
    }
    if (!single(m, *s, *p, ep))
        return true;
    ++*s;
    *p = ep;
    return false;
}

static const char *items(struct pattern *m, const char *s, const char *p)
{
    const char *result;

    while (p < m->end && step(m)) {
        if (*p == '(' && p + 1 < m->end && p[1] == ')')
            return start_capture(m, s, p + 2, PATTERN_POSITION);
        if (*p == '(')
            return start_capture(m, s, p + 1, UNCLOSED);
        if (*p == ')')
            return end_capture(m, s, p + 1);
        if (*p == '$' && p + 1 == m->end)
            return s == m->src_end ? s : NULL;
        if (is_special_escape(m, p) ? escaped(m, &s, &p, &result) : repeated(m, &s, &p, &result))
            return result;
    }
    return ended(m) ? NULL : s;
}

static const char *run(struct pattern *m, const char *s, const char *p)
{
    const char *end;

    if (m->depth == 0)
        return malformed(m, "pattern too complex");
    m->depth--;
    end = items(m, s, p);
    m->depth++;
    return end;
}

/* Forgets the captures, for the next try at another place. */
static void pattern_reset(struct pattern *m)
{
    m->captures = 0;
    m->depth = DEPTH_MAX;
}

const char *pattern_match(struct pattern *m, const char *s, const char *p)
{
    const char *end;

    pattern_reset(m);
    end = run(m, s, p);
    return ended(m) ? NULL : end;
}
