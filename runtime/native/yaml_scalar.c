/* What an unquoted scalar means. */
#include "native/yaml.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define NUMBER_MAX 64

static bool one_of(const char *text, const char *const *words)
{
    for (; *words; words++) {
        if (strcmp(text, *words) == 0)
            return true;
    }
    return false;
}

/* Digits of the base from p to the end of the text; at least one. */
static bool all_digits(const char *p, const char *digits)
{
    return *p && p[strspn(p, digits)] == '\0';
}

static bool resolve_integer(const char *text, enum yaml_dialect dialect, lua_Integer *value)
{
    const char *p = text + (*text == '-' || *text == '+');
    const char *digits = "0123456789";
    char rest[NUMBER_MAX + 2];
    int base = 10;
    intmax_t n;

    if (p[0] == '0' && p[1] == 'x') {
        base = 16, p += 2, digits = "0123456789abcdefABCDEF";
    } else if (dialect == YAML_KUBERNETES && p[0] == '0' && p[1] == 'b') {
        base = 2, p += 2, digits = "01";
    } else if (p[0] == '0' && p[1] == 'o') {
        base = 8, p += 2, digits = "01234567";
    } else if (p[0] == '0' && p[1] != '\0') {
        base = 8, p += 1, digits = "01234567";
    }
    if (!all_digits(p, digits))
        return false;
    rest[0] = *text == '-' ? '-' : '+';
    memcpy(rest + 1, p, strlen(p) + 1);
    errno = 0;
    n = strtoimax(rest, NULL, base);
    if (errno == ERANGE)
        return false; /* its text is kept */
    *value = n;
    return true;
}

/* [-+]? ( \. [0-9]+ | [0-9]+ ( \. [0-9]* )? ) ( [eE] [-+]? [0-9]+ )?  (YAML 1.2.2, 10.3.2) */
static bool is_float(const char *text, enum yaml_dialect dialect)
{
    const char *p = text + (*text == '-' || *text == '+');
    size_t whole = strspn(p, "0123456789"), fraction = 0;

    if (dialect == YAML_CORE && whole > 1 && p[0] == '0')
        return false; /* 0899, 007.5: nobody reads them alike */
    p += whole;
    if (*p == '.') {
        p++;
        fraction = strspn(p, "0123456789");
        p += fraction;
    }
    if (whole == 0 && fraction == 0)
        return false;
    if (*p == 'e' || *p == 'E') {
        p++;
        p += *p == '-' || *p == '+';
        return all_digits(p, "0123456789");
    }
    if (dialect == YAML_KUBERNETES)
        return *p == '\0'; /* also digits that are no integer: 0899 */
    return *p == '\0' && p != text + whole + (*text == '-' || *text == '+');
}

static bool resolve_float(const char *text, enum yaml_dialect dialect, lua_Number *value)
{
    static const char *const infinities[] = {".inf", ".Inf", ".INF", NULL};
    static const char *const nans[] = {".nan", ".NaN", ".NAN", NULL};
    const char *unsigned_text = text + (*text == '-' || *text == '+');

    if (one_of(text, nans)) {
        *value = NAN;
        return true;
    }
    if (one_of(unsigned_text, infinities)) {
        *value = *text == '-' ? -INFINITY : INFINITY;
        return true;
    }
    if (!is_float(text, dialect))
        return false;
    *value = strtod(text, NULL);
    return isfinite(*value); /* 1234e5678 is more likely a commit than a number */
}

/* The booleans of YAML 1.1, which go-yaml 2 takes in these spellings. */
static bool resolve_old_boolean(const char *text, bool *value)
{
    static const char *const trues[] = {"y", "Y", "yes", "Yes", "YES", "on", "On", "ON", NULL};
    static const char *const falses[] = {"n", "N", "no", "No", "NO", "off", "Off", "OFF", NULL};

    *value = one_of(text, trues);
    return *value || one_of(text, falses);
}

/* go-yaml 2 reads 1_000 as a thousand. */
static void drop_underscores(char *text)
{
    char *to = text;

    if (!strchr("0123456789+-.", *text))
        return;
    for (const char *p = text; *p; p++)
        if (*p != '_')
            *to++ = *p;
    *to = '\0';
}

struct yaml_value yaml_resolve(const char *text, size_t len, enum yaml_dialect dialect)
{
    static const char *const nulls[] = {"", "~", "null", "Null", "NULL", NULL};
    static const char *const trues[] = {"true", "True", "TRUE", NULL};
    static const char *const falses[] = {"false", "False", "FALSE", NULL};
    struct yaml_value v = {.type = YAML_SCALAR_STRING};
    char copy[NUMBER_MAX + 1];

    if (len > NUMBER_MAX || memchr(text, '\0', len))
        return v;
    memcpy(copy, text, len);
    copy[len] = '\0';
    if (dialect == YAML_KUBERNETES && resolve_old_boolean(copy, &v.boolean)) {
        v.type = YAML_SCALAR_BOOLEAN;
        return v;
    }
    if (dialect == YAML_KUBERNETES && len > 0)
        drop_underscores(copy);
    if (one_of(copy, nulls)) {
        v.type = YAML_SCALAR_NULL;
    } else if (one_of(copy, trues) || one_of(copy, falses)) {
        v.type = YAML_SCALAR_BOOLEAN;
        v.boolean = one_of(copy, trues);
    } else if (resolve_integer(copy, dialect, &v.integer)) {
        v.type = YAML_SCALAR_INTEGER;
    } else if (resolve_float(copy, dialect, &v.real)) {
        v.type = YAML_SCALAR_FLOAT;
        if (dialect == YAML_KUBERNETES && lua_numbertointeger(v.real, &v.integer) &&
            (lua_Number)v.integer == v.real)
            v.type = YAML_SCALAR_INTEGER;
    }
    return v;
}
