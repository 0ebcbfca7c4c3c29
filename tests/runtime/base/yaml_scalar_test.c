/* What an unquoted scalar means, and what an unquoted key becomes. */
#include <math.h>
#include <string.h>

#include "base/yaml_scalar.h"
#include "check.h"

static struct yaml_value core(const char *text)
{
    return yaml_resolve(text, strlen(text), YAML_CORE);
}

static struct yaml_value kube(const char *text)
{
    return yaml_resolve(text, strlen(text), YAML_KUBERNETES);
}

static void check_integers(void)
{
    static const struct {
        const char *text;
        int64_t value;
    } both[] = {{"0", 0},
                {"-0", 0},
                {"+12", 12},
                {"0644", 420},
                {"0o17", 15},
                {"0x1F", 31},
                {"-0x10", -16},
                {"9223372036854775807", INT64_MAX},
                {"-9223372036854775808", INT64_MIN}},
      only[] = {{"0X1F", 31},    {"0B101", 5}, {"0b11", 3},   {"0O17", 15},  {"1_000", 1000},
                {"-1_0", -10},   {"0x_f", 15}, {"0899", 899}, {"1e3", 1000}, {"1.0", 1},
                {"1_0.0_0", 10}, {"00", 0},    {".5e1", 5},   {"5.", 5}};

    for (size_t i = 0; i < sizeof both / sizeof *both; i++) {
        CHECK(core(both[i].text).type == YAML_SCALAR_INTEGER);
        CHECK(core(both[i].text).integer == both[i].value);
        CHECK(kube(both[i].text).type == YAML_SCALAR_INTEGER);
        CHECK(kube(both[i].text).integer == both[i].value);
    }
    for (size_t i = 0; i < sizeof only / sizeof *only; i++) {
        CHECK(kube(only[i].text).type == YAML_SCALAR_INTEGER);
        CHECK(kube(only[i].text).integer == only[i].value);
    }
    /* Past 63 bits: a float for Kubernetes, its text for us. */
    CHECK(kube("18446744073709551615").type == YAML_SCALAR_FLOAT);
    CHECK(kube("18446744073709551615").real == 18446744073709551615.0);
    CHECK(kube("0xFFFFFFFFFFFFFFFF").real == 18446744073709551615.0);
    CHECK(kube("99999999999999999999").real == 1e20);
    CHECK(core("18446744073709551615").type == YAML_SCALAR_STRING);
    CHECK(kube("0x1FFFFFFFFFFFFFFFF").type == YAML_SCALAR_STRING);
}

static void check_others(void)
{
    static const char *const strings[] = {"0x",  "0b2",  "0o8", "1e",         ".",
                                          "-",   "_1",   "1-2", "2001-01-01", "1:30",
                                          "yES", "nULL", "0xg", "1e999",      "+"};

    for (size_t i = 0; i < sizeof strings / sizeof *strings; i++) {
        CHECK(kube(strings[i]).type == YAML_SCALAR_STRING);
        CHECK(core(strings[i]).type == YAML_SCALAR_STRING);
    }
    CHECK(kube("y").type == YAML_SCALAR_BOOLEAN && kube("y").boolean);
    CHECK(kube("Off").type == YAML_SCALAR_BOOLEAN && !kube("Off").boolean);
    CHECK(core("y").type == YAML_SCALAR_STRING);
    CHECK(core("1_000").type == YAML_SCALAR_STRING);
    CHECK(core("1e999").type == YAML_SCALAR_STRING);
    CHECK(kube("").type == YAML_SCALAR_NULL && core("~").type == YAML_SCALAR_NULL);
    CHECK(kube("-.INF").type == YAML_SCALAR_FLOAT && isinf(kube("-.INF").real));
    CHECK(kube("1.5").real == 1.5 && core("1.0").type == YAML_SCALAR_FLOAT);
    CHECK(yaml_resolve("1\0002", 3, YAML_CORE).type == YAML_SCALAR_STRING);
}

static void check_keys(void)
{
    static const struct {
        const char *text, *key; /* NULL: none can be it */
    } keys[] = {{"on", "true"},
                {"n", "false"},
                {"0x10", "16"},
                {"010", "8"},
                {"1e3", "1000"},
                {"1_000", "1000"},
                {"1e6", "1e+06"},
                {"1000000", "1000000"},
                {"0.1", "0.1"},
                {"1.50", "1.5"},
                {"123456.7", "123456.7"},
                {"1e-5", "1e-05"},
                {"1e-4", "0.0001"},
                {"16777217.0", "1.6777216e+07"},
                {"1e300", ".inf"},
                {".nan", ".nan"},
                {"-.inf", "-.inf"},
                {"~", NULL},
                {"", NULL},
                {"18446744073709551615", NULL}};
    char out[YAML_KEY_MAX];

    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
        int rc = yaml_key(keys[i].text, strlen(keys[i].text), out);

        CHECK(rc == (keys[i].key ? 0 : -1));
        CHECK(rc < 0 || strcmp(out, keys[i].key) == 0);
    }
    CHECK(yaml_key("app", 3, out) == 1);
    CHECK(yaml_key("2001-01-01", 10, out) == 1);
}

int main(void)
{
    check_integers();
    check_others();
    check_keys();
    return 0;
}
