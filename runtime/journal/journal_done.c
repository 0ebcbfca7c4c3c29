#include "journal/journal_done.h"

#include <stdlib.h>
#include <string.h>

#include "base/json_member.h"

#define BYTES_MAX ((size_t)2 << 30)
#define SLOTS_MIN 64u

void journal_done_init(struct journal_done *d)
{
    memset(d, 0, sizeof *d);
    d->pass = 1;
    buf_init(&d->bytes, BYTES_MAX);
}

void journal_done_release(struct journal_done *d)
{
    buf_release(&d->bytes);
    free(d->steps);
    free(d->slots);
    journal_done_init(d);
}

/* FNV-1a, 32 bits: http://www.isthe.com/chongo/tech/comp/fnv/ */
static uint32_t hash_of(const char *bytes, size_t len)
{
    uint32_t hash = 2166136261u;

    for (size_t i = 0; i < len; i++)
        hash = (hash ^ (unsigned char)bytes[i]) * 16777619u;
    return hash;
}

static bool is_at(const struct journal_done *d, const struct done_step *step, const char *path,
                  size_t path_len)
{
    return step->path_len == path_len && memcmp(d->bytes.data + step->path, path, path_len) == 0;
}

/* The slot that holds the path, or the free one where it belongs. */
static struct done_slot *slot_of(const struct journal_done *d, const char *path, size_t len,
                                 uint32_t hash)
{
    for (size_t at = hash & (d->slot_count - 1);; at = (at + 1) & (d->slot_count - 1)) {
        struct done_slot *slot = &d->slots[at];

        if (slot->step == 0 ||
            (slot->hash == hash && is_at(d, &d->steps[slot->step - 1], path, len)))
            return slot;
    }
}

static struct done_step *find(const struct journal_done *d, const char *path, size_t len)
{
    uint32_t step = d->slot_count ? slot_of(d, path, len, hash_of(path, len))->step : 0;

    return step ? &d->steps[step - 1] : NULL;
}

static int grow_slots(struct journal_done *d)
{
    size_t count = d->slot_count ? d->slot_count * 2 : SLOTS_MIN;
    struct done_slot *slots = calloc(count, sizeof *slots);

    if (!slots)
        return -1;
    for (size_t i = 0; i < d->slot_count; i++) {
        size_t at = d->slots[i].hash & (count - 1);

        if (d->slots[i].step == 0)
            continue;
        while (slots[at].step != 0)
            at = (at + 1) & (count - 1);
        slots[at] = d->slots[i];
    }
    free(d->slots);
    d->slots = slots;
    d->slot_count = count;
    return 0;
}

static int make_room(struct journal_done *d)
{
    size_t cap = d->cap ? d->cap * 2 : SLOTS_MIN / 2;
    struct done_step *steps;

    if (d->count < d->cap)
        return 0;
    steps = realloc(d->steps, cap * sizeof *steps);
    if (!steps)
        return -1;
    d->steps = steps;
    d->cap = cap;
    return grow_slots(d);
}

/* A step that is not there yet: its path is in bytes already. */
static struct done_step *add_step(struct journal_done *d, size_t path, size_t path_len)
{
    struct done_step *step = &d->steps[d->count++];
    const char *bytes = d->bytes.data + path;
    uint32_t hash = hash_of(bytes, path_len);

    *step = (struct done_step){.path = path, .path_len = path_len};
    *slot_of(d, bytes, path_len, hash) = (struct done_slot){hash, (uint32_t)d->count};
    return step;
}

static struct done_value value_of(const char *payload, const struct json_wanted *wanted)
{
    if (!wanted->value)
        return (struct done_value){0, 0};
    return (struct done_value){(uint32_t)(wanted->value - payload), (uint32_t)wanted->len};
}

static void read_values(struct done_step *step, const char *payload)
{
    struct json_wanted wanted[] = {{.name = "result"}, {.name = "digest"}};

    json_members(payload, step->payload_len, wanted, 2);
    step->result = value_of(payload, &wanted[0]);
    step->digest = value_of(payload, &wanted[1]);
}

int journal_done_set(struct journal_done *d, uint64_t seq, const char *path, size_t path_len,
                     const char *payload, size_t payload_len)
{
    struct done_step *step = find(d, path, path_len);
    size_t at = d->bytes.len;

    if (!step && make_room(d) < 0)
        return -1;
    if ((!step && buf_add(&d->bytes, path, path_len) < 0) ||
        buf_add(&d->bytes, payload, payload_len) < 0) {
        d->bytes.len = at;
        return -1;
    }
    if (!step)
        step = add_step(d, at, path_len);
    step->seq = seq;
    step->payload = d->bytes.len - payload_len;
    step->payload_len = payload_len;
    read_values(step, payload);
    d->forgotten -= step->forgotten;
    step->forgotten = false;
    return 0;
}

void journal_done_forget(struct journal_done *d, const char *path, size_t path_len)
{
    struct done_step *step = find(d, path, path_len);

    if (step && !step->forgotten) {
        step->forgotten = true;
        d->forgotten++;
    }
}

/* The same outcome under another path. */
static int move_step(struct journal_done *d, size_t index, const char *path, size_t path_len)
{
    struct done_step *to = find(d, path, path_len), *from;
    size_t at = d->bytes.len;

    if (!to && (make_room(d) < 0 || buf_add(&d->bytes, path, path_len) < 0))
        return -1;
    if (!to)
        to = add_step(d, at, path_len);
    from = &d->steps[index];
    to->seq = from->seq;
    to->payload = from->payload;
    to->payload_len = from->payload_len;
    to->result = from->result;
    to->digest = from->digest;
    d->forgotten -= to->forgotten;
    to->forgotten = false;
    from->forgotten = true;
    d->forgotten++;
    return 0;
}

int journal_done_rename(struct journal_done *d, const char *from, size_t from_len, const char *to,
                        size_t to_len)
{
    struct buf path = BUF_INIT(BYTES_MAX);
    size_t count = d->count; /* those that are added below it have their path already */
    int failed = 0;

    for (size_t i = 0; i < count && !failed; i++) {
        size_t len;
        const char *old = journal_done_path(d, i, &len);

        if (!old || len < from_len || memcmp(old, from, from_len) != 0 ||
            (len > from_len && old[from_len] != '/'))
            continue;
        buf_reset(&path);
        if (buf_add(&path, to, to_len) < 0 || buf_add(&path, old + from_len, len - from_len) < 0 ||
            move_step(d, i, path.data, path.len) < 0)
            failed = -1;
    }
    buf_release(&path);
    return failed;
}

struct done_step *journal_done_find(struct journal_done *d, const char *path, size_t path_len)
{
    struct done_step *step = d->next < d->count ? &d->steps[d->next] : NULL;

    if (!step || !is_at(d, step, path, path_len))
        step = find(d, path, path_len);
    if (!step)
        return NULL;
    d->next = (size_t)(step - d->steps) + 1;
    return step->forgotten ? NULL : step;
}

bool journal_done_meet(struct journal_done *d, struct done_step *step)
{
    if (step->met == d->pass)
        return false;
    step->met = d->pass;
    step->met_as = ++d->met_count;
    return true;
}

void journal_done_begin_pass(struct journal_done *d)
{
    d->pass++;
    d->next = 0;
    d->met_count = 0;
}

void journal_done_unmeet_below(struct journal_done *d, const char *path, size_t path_len)
{
    for (size_t i = 0; i < d->count; i++) {
        struct done_step *step = &d->steps[i];
        const char *bytes = d->bytes.data + step->path;

        if (step->path_len > path_len && bytes[path_len] == '/' &&
            memcmp(bytes, path, path_len) == 0)
            step->met = 0;
    }
}

const char *journal_done_path(const struct journal_done *d, size_t i, size_t *path_len)
{
    const struct done_step *step = &d->steps[i];

    if (step->forgotten)
        return NULL;
    *path_len = step->path_len;
    return d->bytes.data + step->path;
}
