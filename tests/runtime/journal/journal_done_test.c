/* The done steps of a run, and json_member, which reads their payloads. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "check.h"
#include "journal/journal_done.h"
#include "base/json_member.h"

static void set(struct journal_done *d, const char *path, const char *payload)
{
    CHECK(journal_done_set(d, 1, path, strlen(path), payload, strlen(payload)) == 0);
}

static int holds(struct journal_done *d, const char *path, const char *want)
{
    const struct done_step *step = journal_done_find(d, path, strlen(path));

    return want ? step && step->payload_len == strlen(want) &&
                      memcmp(d->bytes.data + step->payload, want, step->payload_len) == 0
                : !step;
}

static void test_steps(void)
{
    struct journal_done d;
    char path[32], payload[32];
    const char *path19;
    size_t len;

    journal_done_init(&d);
    CHECK(holds(&d, "a", NULL));
    journal_done_forget(&d, "a", 1);
    for (int i = 0; i < 10000; i++) {
        snprintf(path, sizeof path, "step %d", i);
        snprintf(payload, sizeof payload, "{%d}", i);
        set(&d, path, payload);
    }
    set(&d, "step 17", "again");
    journal_done_forget(&d, "step 18", 7);
    journal_done_forget(&d, "step 18", 7);
    CHECK(d.count == 10000 && d.forgotten == 1);
    for (int i = 0; i < 10000; i++) {
        snprintf(path, sizeof path, "step %d", i);
        snprintf(payload, sizeof payload, "{%d}", i);
        CHECK(holds(&d, path, i == 17 ? "again" : i == 18 ? NULL : payload));
    }
    CHECK(!journal_done_path(&d, 18, &len));
    path19 = journal_done_path(&d, 19, &len); /* sets len: not in one call with a reader of it */
    CHECK(len == 7 && memcmp(path19, "step 19", len) == 0);
    set(&d, "step 18", "back");
    CHECK(holds(&d, "step 18", "back") && d.forgotten == 0);
    CHECK(holds(&d, "step", NULL) && holds(&d, "", NULL));
    journal_done_release(&d);
    CHECK(holds(&d, "step 1", NULL));
    journal_done_release(&d);
}

static void test_rename(void)
{
    struct journal_done d;

    journal_done_init(&d);
    set(&d, "a", "{1}");
    set(&d, "a/b", "{2}");
    set(&d, "ab", "{3}");
    journal_done_find(&d, "a", 1)->met = d.pass;
    CHECK(journal_done_rename(&d, "a", 1, "a/new", 5) == 0);
    CHECK(holds(&d, "a", NULL) && holds(&d, "a/b", NULL) && holds(&d, "ab", "{3}"));
    CHECK(holds(&d, "a/new", "{1}") && holds(&d, "a/new/b", "{2}"));
    CHECK(journal_done_find(&d, "a/new", 5)->met != d.pass);
    CHECK(d.count - d.forgotten == 3);
    CHECK(journal_done_rename(&d, "nothing", 7, "a", 1) == 0 && holds(&d, "a", NULL));
    set(&d, "a", "{4}"); /* the old name can be used again, and given to what is there */
    CHECK(journal_done_rename(&d, "a", 1, "ab", 2) == 0);
    CHECK(holds(&d, "ab", "{4}") && d.count - d.forgotten == 3);
    journal_done_release(&d);
}

static int member(const char *text, const char *name, const char *want)
{
    size_t len, size = strlen(text);
    char *copy = malloc(size ? size : 1); /* exactly as long, so that a read past it is seen */
    const char *value;
    int ok;

    memcpy(copy, text, size);
    ok = json_member(copy, size, name, &value, &len);
    ok = want ? ok && len == strlen(want) && memcmp(value, want, len) == 0 : !ok;
    free(copy);
    return ok;
}

static void test_member(void)
{
    const char *text =
        "{ \"a\" : [1,{\"b\":2}] , \"b\":\"x\\\"}\", \"digest\": -1.5e3 ,\"n\":null}";

    CHECK(member(text, "a", "[1,{\"b\":2}]"));
    CHECK(member(text, "b", "\"x\\\"}\""));
    CHECK(member(text, "digest", "-1.5e3"));
    CHECK(member(text, "n", "null"));
    CHECK(member(text, "c", NULL));
    CHECK(member("{}", "a", NULL) && member("", "a", NULL) && member("[1]", "a", NULL));
    /* Cut anywhere, it answers something and stays inside. */
    for (size_t cut = 0; cut < strlen(text); cut++) {
        char part[100];

        snprintf(part, sizeof part, "%.*s", (int)cut, text);
        CHECK(member(part, "nothing", NULL));
    }
    CHECK(member("{\"a\\", "b", NULL) && member("{\"a\"", "a", NULL) && member("{]", "a", NULL));
}

static void test_members(void)
{
    struct json_wanted wanted[] = {{.name = "c"}, {.name = "none"}, {.name = "a"}};

    json_members("{\"a\":1,\"b\":{\"c\":2},\"c\": [3] ,\"a\":4}", 37, wanted, 3);
    CHECK(wanted[0].len == 3 && memcmp(wanted[0].value, "[3]", 3) == 0);
    CHECK(!wanted[1].value);
    CHECK(wanted[2].len == 1 && *wanted[2].value == '1'); /* the first of a name */
}

int main(void)
{
    test_steps();
    test_rename();
    test_member();
    test_members();
    return 0;
}
