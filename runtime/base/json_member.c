#include "base/json_member.h"

#include <string.h>

static const char *skip_space(const char *p, const char *end)
{
    while (p < end && (*p == ' ' || *p == '\t' || *p == '\n' || *p == '\r'))
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
        if (*p == '"') {
            p = skip_string(p, end);
            continue;
        }
        if (*p == '{' || *p == '[')
            depth++;
        else if ((*p == '}' || *p == ']' || *p == ',') && depth == 0)
            return p;
        else if (*p == '}' || *p == ']')
            depth--;
        p++;
    }
    return end;
}

bool json_member(const char *text, size_t len, const char *name, const char **value,
                 size_t *value_len)
{
    const char *end = text + len, *p = skip_space(text, end);
    size_t name_len = strlen(name);

    if (p == end || *p != '{')
        return false;
    for (p = skip_space(p + 1, end); p < end && *p == '"'; p = skip_space(p + 1, end)) {
        const char *key = p + 1, *behind = skip_string(p, end);
        bool found = (size_t)(behind - key) == name_len + 1 && memcmp(key, name, name_len) == 0;

        p = skip_space(behind, end);
        if (p == end || *p != ':')
            return false;
        p = skip_space(p + 1, end);
        behind = skip_value(p, end);
        if (found) {
            while (behind > p && strchr(" \t\r\n", behind[-1]))
                behind--;
            *value = p;
            *value_len = (size_t)(behind - p);
            return true;
        }
        if (behind == end || *behind != ',')
            return false;
        p = behind;
    }
    return false;
}
