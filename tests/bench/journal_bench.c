/* journal_bench: what the journal itself costs, without the engine.
 *
 *   journal_bench DIR N [TURNS]
 * prints, with durable appends of 300-byte payloads taken in turns with 512-byte appends and
 * fdatasync in the same directory: "append_us yardstick_us ratio" (means, so that checkpoints
 * count); then "verified_s read_s" for 100,000 events read with verification and without.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "journal/journal.h"

static struct err err;

static void die(const char *what)
{
    fprintf(stderr, "journal_bench: %s: %s\n", what,
            err.message[0] ? err.message : strerror(errno));
    exit(1);
}

static double now_us(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

static double sum(const double *values, size_t n)
{
    double total = 0;

    for (size_t i = 0; i < n; i++)
        total += values[i];
    return total;
}

static void append_one(struct journal *j, size_t i, bool durable)
{
    char path[64], payload[301];

    memset(payload, 'x', sizeof payload - 1);
    payload[sizeof payload - 1] = '\0';
    snprintf(path, sizeof path, "canary/upgrade the release %zu", i);
    if (journal_append(j, "r", "step.done", path, payload, strlen(payload), durable, NULL, NULL,
                       &err) < 0)
        die("append");
}

static int count_event(void *arg, const struct journal_event *ev)
{
    *(size_t *)arg += ev->payload_len != 0;
    return 0;
}

static void appends(struct journal *j, const char *dir, size_t n, size_t turns)
{
    double *ours = calloc(n * turns, sizeof *ours), *plain = calloc(n * turns, sizeof *plain);
    char path[4096], bytes[512] = {0};
    size_t at = 0;
    int fd;

    snprintf(path, sizeof path, "%s/plain", dir);
    fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_APPEND, 0600);
    if (!ours || !plain || fd < 0)
        die("start");
    for (size_t turn = 0; turn < turns; turn++) {
        for (size_t i = 0; i < n; i++, at++) {
            double start = now_us();

            append_one(j, at, true);
            ours[at] = now_us() - start;
            start = now_us();
            if (write(fd, bytes, sizeof bytes) != sizeof bytes || fdatasync(fd) < 0)
                die("write");
            plain[at] = now_us() - start;
        }
    }
    printf("%.0f %.0f %.2f\n", sum(ours, at) / (double)at, sum(plain, at) / (double)at,
           sum(ours, at) / sum(plain, at));
    close(fd);
    unlink(path);
    free(ours);
    free(plain);
}

static void reading(struct journal *j)
{
    double start = now_us(), verified, read;
    char why[JOURNAL_WHY_MAX];
    size_t seen = 0;
    uint64_t broken;

    if (journal_verify(j, "r", &broken, why, &err) < 0 || broken)
        die("verify");
    verified = now_us() - start;
    start = now_us();
    if (journal_events(j, "r", 0, count_event, &seen, &err) < 0)
        die("read");
    read = now_us() - start;
    if (seen < 100000)
        die("read");
    printf("%.3f %.3f\n", verified / 1e6, read / 1e6);
}

int main(int argc, char **argv)
{
    size_t n = argc > 2 ? strtoul(argv[2], NULL, 10) : 0;
    size_t turns = argc > 3 ? strtoul(argv[3], NULL, 10) : 1;
    struct journal *j = NULL;

    if (n == 0 || turns == 0) {
        fprintf(stderr, "usage: journal_bench DIR N [TURNS]\n");
        return 2;
    }
    if (journal_open(argv[1], JOURNAL_WRITE, &j, &err) < 0 ||
        journal_create_run(j, "r", "bench.lua", "{}", 2, &err) < 0)
        die("open");
    appends(j, argv[1], n, turns);
    for (size_t i = n * turns; i < 100000; i++)
        append_one(j, i, false);
    if (journal_flush(j, true, &err) < 0)
        die("flush");
    reading(j);
    if (journal_close(j, &err) < 0)
        die("close");
    return 0;
}
