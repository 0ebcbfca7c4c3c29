/* json_member: finds members of a JSON object without parsing the rest into anything. */
#ifndef ALMANAC_JSON_MEMBER_H
#define ALMANAC_JSON_MEMBER_H

#include <stdbool.h>
#include <stddef.h>

/* Whether the object that text is has a member of that name (which holds nothing that JSON
 * escapes); *value is then its text, inside the given one, without the space around it. For text
 * that is no valid JSON the answer is unspecified, but never lies outside of it. */
bool json_member(const char *text, size_t len, const char *name, const char **value,
                 size_t *value_len);

/* A member that is looked for, with its text as above. */
struct json_wanted {
    const char *name;
    const char *value; /* NULL until it is found */
    size_t len;
};

/* Finds several members in one pass. */
void json_members(const char *text, size_t len, struct json_wanted *wanted, size_t count);

#endif
