/* What an unquoted scalar means. */
#include "base/yaml_scalar.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Longer texts are strings. */
#define NUMBER_MAX 400

/* A number as it is written, before it is decided what it is kept as. */
enum number { NO_NUMBER, SIGNED, UNSIGNED, FLOATING };

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

/* The base that a prefix names, and where the digits begin. */
static int base_of(const char **p, enum yaml_dialect dialect)
{
    const char *text = *p;
    char letter = text[0] == '0' ? text[1] : '\0';

    if (dialect == YAML_KUBERNETES && letter >= 'A' && letter <= 'Z')
        letter = (char)(letter - 'A' + 'a');
    if (letter == 'x' || letter == 'o' || (letter == 'b' && dialect == YAML_KUBERNETES)) {
        *p += 2;
        return letter == 'x' ? 16 : letter == 'o' ? 8 : 2;
    }
    if (text[0] == '0' && text[1]) {
        *p += 1;
        return 8;
    }
    return 10;
}

static enum number read_integer(const char *text, enum yaml_dialect dialect, int64_t *value,
                                double *real)
{
    static const char *const digits[] = {
        [2] = "01", [8] = "01234567", [10] = "0123456789", [16] = "0123456789abcdefABCDEF"};
    bool negative = *text == '-', has_sign = negative || *text == '+';
    const char *p = text + has_sign;
    int base = base_of(&p, dialect);
    uintmax_t n;

    if (!all_digits(p, digits[base]))
        return NO_NUMBER;
    errno = 0;
    n = strtoumax(p, NULL, base);
    if (errno == ERANGE)
        return NO_NUMBER;
    if (n <= (uintmax_t)INT64_MAX + negative) {
        *value = negative ? (int64_t)(0 - n) : (int64_t)n;
        return SIGNED;
    }
    *real = (double)n;
    return has_sign || dialect == YAML_CORE ? NO_NUMBER : UNSIGNED;
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

static bool read_float(const char *text, enum yaml_dialect dialect, double *value)
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

/* go-yaml 2 reads 1_000 as a thousand. */
static void drop_underscores(char *text)
{
    char *to = text;

    if (!*text || !strchr("0123456789+-", *text))
        return;
    for (const char *p = text; *p; p++)
        if (*p != '_')
            *to++ = *p;
    *to = '\0';
}

static enum number read_number(char *text, enum yaml_dialect dialect, int64_t *integer,
                               double *real)
{
    enum number kind;

    if (dialect == YAML_KUBERNETES)
        drop_underscores(text);
    kind = read_integer(text, dialect, integer, real);
    if (kind == NO_NUMBER && read_float(text, dialect, real))
        kind = FLOATING;
    return kind;
}

/* true, false and null, with the booleans of YAML 1.1, which go-yaml 2 takes in these spellings. */
static enum yaml_scalar read_word(const char *text, enum yaml_dialect dialect, bool *value)
{
    static const char *const nulls[] = {"", "~", "null", "Null", "NULL", NULL};
    static const char *const trues[] = {"true", "True", "TRUE", NULL};
    static const char *const falses[] = {"false", "False", "FALSE", NULL};
    static const char *const old_trues[] = {"y", "Y", "yes", "Yes", "YES", "on", "On", "ON", NULL};
    static const char *const old_falses[] = {"n", "N", "no", "No", "NO", "off", "Off", "OFF", NULL};
    bool old = dialect == YAML_KUBERNETES;

    if (one_of(text, nulls))
        return YAML_SCALAR_NULL;
    *value = one_of(text, trues) || (old && one_of(text, old_trues));
    if (*value || one_of(text, falses) || (old && one_of(text, old_falses)))
        return YAML_SCALAR_BOOLEAN;
    return YAML_SCALAR_STRING;
}

/* A copy that ends with a zero; false for what is too long, or holds one, and so is a string. */
static bool copy_text(const char *text, size_t len, char copy[NUMBER_MAX + 1])
{
    if (len > NUMBER_MAX || memchr(text, '\0', len))
        return false;
    memcpy(copy, text, len);
    copy[len] = '\0';
    return true;
}

static bool is_whole(double value, int64_t *integer)
{
    if (!(value > -0x1p63 && value < 0x1p63) || value != floor(value))
        return false;
    *integer = (int64_t)value;
    return true;
}

struct yaml_value yaml_resolve(const char *text, size_t len, enum yaml_dialect dialect)
{
    struct yaml_value v = {.type = YAML_SCALAR_STRING};
    char copy[NUMBER_MAX + 1];

    if (!copy_text(text, len, copy))
        return v;
    v.type = read_word(copy, dialect, &v.boolean);
    if (v.type != YAML_SCALAR_STRING)
        return v;
    switch (read_number(copy, dialect, &v.integer, &v.real)) {
    case NO_NUMBER:
        break;
    case SIGNED:
        v.type = YAML_SCALAR_INTEGER;
        break;
    case UNSIGNED:
        v.type = YAML_SCALAR_FLOAT;
        break;
    case FLOATING:
        v.type = YAML_SCALAR_FLOAT;
        if (dialect == YAML_KUBERNETES && is_whole(v.real, &v.integer))
            v.type = YAML_SCALAR_INTEGER;
        break;
    }
    return v;
}

/* As Go's strconv.FormatFloat(value, 'g', -1, 32): the fewest digits that give the same float. */
static void format_key(double value, char out[YAML_KEY_MAX])
{
    float narrow = (float)value;
    char digits[YAML_KEY_MAX];
    int precision = 0, exponent;

    if (isnan(narrow) || isinf(narrow)) {
        snprintf(out, YAML_KEY_MAX, "%s", isnan(narrow) ? ".nan" : narrow < 0 ? "-.inf" : ".inf");
        return;
    }
    do
        snprintf(digits, sizeof digits, "%.*e", precision, (double)narrow);
    while (strtof(digits, NULL) != narrow && ++precision < 9);
    exponent = atoi(strchr(digits, 'e') + 1);
    if (exponent < -4 || exponent >= 6)
        snprintf(out, YAML_KEY_MAX, "%s", digits);
    else
        snprintf(out, YAML_KEY_MAX, "%.*f", precision > exponent ? precision - exponent : 0,
                 (double)narrow);
}

int yaml_key(const char *text, size_t len, char out[YAML_KEY_MAX])
{
    char copy[NUMBER_MAX + 1];
    bool boolean;
    int64_t integer;
    double real;

    if (!copy_text(text, len, copy))
        return 1;
    switch (read_word(copy, YAML_KUBERNETES, &boolean)) {
    case YAML_SCALAR_NULL:
        return -1;
    case YAML_SCALAR_BOOLEAN:
        snprintf(out, YAML_KEY_MAX, "%s", boolean ? "true" : "false");
        return 0;
    default:
        break;
    }
    switch (read_number(copy, YAML_KUBERNETES, &integer, &real)) {
    case NO_NUMBER:
        return 1;
    case UNSIGNED:
        return -1;
    case SIGNED:
        snprintf(out, YAML_KEY_MAX, "%" PRId64, integer);
        return 0;
    case FLOATING:
        format_key(real, out);
        return 0;
    }
    return 1;
}
