/* measure: the yardsticks of `make bench`.
 *
 *   measure start N PROGRAM-A [ARG…] -- PROGRAM-B [ARG…]
 *       the median time from spawn to exit of each, run in turns, in microseconds: "A B"
 *   measure append N FILE
 *       the time of one 512-byte append and fdatasync in microseconds, the mean of N: what a run's
 * time is divided by its steps is a mean, too, and the disk's slow moments count in both measure
 * run [-x STATUS] PROGRAM [ARG…] microseconds from spawn to exit, processor time of it and peak
 * memory: "US KIB CPU_US"; its output goes to stderr. The program must exit with STATUS, 0 unless
 * said otherwise
 */
#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

extern char **environ;

static void die(const char *what)
{
    fprintf(stderr, "measure: %s: %s\n", what, strerror(errno));
    exit(1);
}

static double now_us(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

static int by_size(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

static double median(double *values, size_t n)
{
    qsort(values, n, sizeof *values, by_size);
    return values[n / 2];
}

struct cost {
    double us, cpu_us; /* by the clock, and of the processor */
    long kib;          /* peak memory */
};

static double us_of(struct timeval t)
{
    return (double)t.tv_sec * 1e6 + (double)t.tv_usec;
}

/* Runs it with stdout to `out`; it must exit with `want`. */
static struct cost run_once(char **argv, int out, int want)
{
    posix_spawn_file_actions_t actions;
    struct rusage usage;
    double start;
    pid_t pid;
    int status, rc;

    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, out, STDOUT_FILENO);
    start = now_us();
    rc = posix_spawnp(&pid, argv[0], &actions, NULL, argv, environ);
    if (rc != 0) {
        errno = rc;
        die(argv[0]);
    }
    if (wait4(pid, &status, 0, &usage) < 0)
        die("wait4");
    start = now_us() - start;
    posix_spawn_file_actions_destroy(&actions);
    if (!WIFEXITED(status) || WEXITSTATUS(status) != want) {
        fprintf(stderr, "measure: %s: exit status %d\n", argv[0], WEXITSTATUS(status));
        exit(1);
    }
    return (struct cost){start, us_of(usage.ru_utime) + us_of(usage.ru_stime), usage.ru_maxrss};
}

static int measure_start(int n, char **a)
{
    double *first = calloc((size_t)n, sizeof *first), *second = calloc((size_t)n, sizeof *second);
    int out = open("/dev/null", O_WRONLY | O_CLOEXEC);
    char **b = a;

    while (*b && strcmp(*b, "--") != 0)
        b++;
    if (!*b || !first || !second || out < 0)
        die("start");
    *b++ = NULL;
    for (int i = 0; i < n; i++) {
        first[i] = run_once(a, out, 0).us;
        second[i] = run_once(b, out, 0).us;
    }
    printf("%.0f %.0f\n", median(first, (size_t)n), median(second, (size_t)n));
    free(first);
    free(second);
    return 0;
}

static int measure_append(int n, const char *path)
{
    char block[512];
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    double start;

    if (fd < 0)
        die(path);
    memset(block, 'a', sizeof block);
    start = now_us();
    for (int i = 0; i < n; i++) {
        if (write(fd, block, sizeof block) != (ssize_t)sizeof block || fdatasync(fd) < 0)
            die(path);
    }
    printf("%.1f\n", (now_us() - start) / n);
    close(fd);
    unlink(path);
    return 0;
}

int main(int argc, char **argv)
{
    if (argc >= 6 && strcmp(argv[1], "start") == 0)
        return measure_start(atoi(argv[2]), argv + 3);
    if (argc == 4 && strcmp(argv[1], "append") == 0)
        return measure_append(atoi(argv[2]), argv[3]);
    if (argc >= 3 && strcmp(argv[1], "run") == 0) {
        bool status = argc >= 5 && strcmp(argv[2], "-x") == 0;
        struct cost cost =
            run_once(argv + (status ? 4 : 2), STDERR_FILENO, status ? atoi(argv[3]) : 0);

        printf("%.0f %ld %.0f\n", cost.us, cost.kib, cost.cpu_us);
        return 0;
    }
    fprintf(stderr, "usage: measure start|append|run …\n");
    return 2;
}
