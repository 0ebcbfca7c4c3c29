#include "base/json_member.h"

#include <string.h>

static bool is_space(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static const char *skip_space(const char *p, const char *end)
{
    while (p < end && is_space(*p))
        p++;
    return p;
}

/* Behind the string whose opening quote is at p. A quote behind an odd number of backslashes is a
 * part of it. */
static const char *skip_string(const char *p, const char *end)
{
    const char *begin = p + 1, *quote = begin;

    while (quote < end && (quote = memchr(quote, '"', (size_t)(end - quote)))) {
        const char *slash = quote;

        while (slash > begin && slash[-1] == '\\')
            slash--;
        quote++;
        if ((quote - slash) % 2 == 1)
            return quote;
    }
    return end;
}

/* Behind the value at p: to the comma or bracket that ends it. */
static const char *skip_value(const char *p, const char *end)
{
    size_t depth = 0;

    while (p < end) {
        switch (*p) {
        case '"':
            p = skip_string(p, end);
            continue;
        case '{':
        case '[':
            depth++;
            break;
        case '}':
        case ']':
            if (depth-- == 0)
                return p;
            break;
        case ',':
            if (depth == 0)
                return p;
            break;
        }
        p++;
    }
    return end;
}

/* The one of that name which is not found yet. */
static struct json_wanted *wanted_of(const char *name, size_t len, struct json_wanted *wanted,
                                     size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (!wanted[i].value && strlen(wanted[i].name) == len &&
            memcmp(wanted[i].name, name, len) == 0)
            return &wanted[i];
    }
    return NULL;
}

static void take_value(struct json_wanted *one, const char *value, const char *behind)
{
    while (behind > value && is_space(behind[-1]))
        behind--;
    one->value = value;
    one->len = (size_t)(behind - value);
}

void json_members(const char *text, size_t len, struct json_wanted *wanted, size_t count)
{
    const char *end = text + len, *p = skip_space(text, end);
    size_t missing = count;

    if (p == end || *p != '{')
        return;
    for (p = skip_space(p + 1, end); p < end && *p == '"'; p = skip_space(p + 1, end)) {
        const char *key = p + 1, *behind = skip_string(p, end);
        struct json_wanted *one = wanted_of(key, (size_t)(behind - key) - 1, wanted, count);

        p = skip_space(behind, end);
        if (p == end || *p != ':')
            return;
        p = skip_space(p + 1, end);
        behind = skip_value(p, end);
        if (one) {
            take_value(one, p, behind);
            missing--;
        }
        if (missing == 0 || behind == end || *behind != ',')
            return;
        p = behind;
    }
}

bool json_member(const char *text, size_t len, const char *name, const char **value,
                 size_t *value_len)
{
    struct json_wanted wanted = {.name = name};

    json_members(text, len, &wanted, 1);
    if (!wanted.value)
        return false;
    *value = wanted.value;
    *value_len = wanted.len;
    return true;
}
