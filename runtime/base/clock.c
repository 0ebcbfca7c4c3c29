#include "base/clock.h"

#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stddef.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#define CLOCK_SEATS 32 /* processes at once; the first is the owner's */
#define MS 1000000

enum seat_state { SEAT_FREE, SEAT_BUSY, SEAT_RESTS };

struct seat {
    _Atomic uint32_t state;
    _Atomic int32_t holds;     /* real things that are under way */
    _Atomic uint32_t turns;    /* of work */
    _Atomic uint64_t answered; /* the last question after which it found nothing to do */
    _Atomic int64_t due;
};

/* What all others say together. */
struct others {
    int64_t due; /* the earliest time that anybody waits for */
    uint32_t turns;
};

/* The time, in one word: what is in it, doubled, is how far it is ahead of the computer's clock,
 * which it goes by while something real is under way; or, with STANDS, what it is. */
#define STANDS 1

struct page {
    _Atomic int64_t time;
    int64_t start; /* when it was wall_ms */
    int64_t wall_ms;
    _Atomic uint64_t asked; /* by the owner: has anybody something to do? */
    _Atomic int32_t excused;
    struct seat seats[CLOCK_SEATS];
};

static struct page *page; /* NULL: the computer's clock */
static unsigned own_seat;
static int64_t seen_time;

/* The owner asks; when all have answered, he looks himself once more, for what they sent before;
 * and when nobody worked meanwhile, nothing is under way. */
static enum { OWNER_LOOKS, OWNER_ASKS, OWNER_MAKES_SURE } owner;
static uint32_t owner_saw_turns;

static int64_t time_of(clockid_t id)
{
    struct timespec now;

    clock_gettime(id, &now);
    return (int64_t)now.tv_sec * 1000 * MS + now.tv_nsec;
}

int64_t clock_real_ns(void)
{
    return time_of(CLOCK_MONOTONIC);
}

static int64_t time_in(int64_t word, int64_t real)
{
    return word / 2 + (word & STANDS ? 0 : real);
}

int64_t clock_ns(void)
{
    int64_t real = clock_real_ns();

    return page ? time_in(atomic_load(&page->time), real) : real;
}

int64_t clock_wall_ms(void)
{
    if (!page)
        return time_of(CLOCK_REALTIME) / MS;
    return page->wall_ms + (clock_ns() - page->start) / MS;
}

static int page_map(const char *path, int flags, struct err *e)
{
    int fd = open(path, O_RDWR | O_CLOEXEC | O_NOFOLLOW | flags, 0600);
    void *memory = MAP_FAILED;

    if (fd >= 0 && (!flags || ftruncate(fd, sizeof *page) == 0))
        memory = mmap(NULL, sizeof *page, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (memory == MAP_FAILED)
        err_set_errno(e, ERR_IO, errno, "cannot share a clock in %s", path);
    if (fd >= 0)
        close(fd);
    if (memory == MAP_FAILED)
        return -1;
    page = memory;
    return 0;
}

int clock_simulate(const char *path, int64_t wall_ms, struct err *e)
{
    if (page)
        return err_set(e, ERR_USAGE, "this process has a simulated clock");
    if (page_map(path, O_CREAT | O_EXCL, e) < 0)
        return -1;
    page->start = clock_real_ns();
    page->wall_ms = wall_ms;
    atomic_store(&page->time, page->start * 2 | STANDS);
    atomic_store(&page->seats[0].state, SEAT_BUSY);
    return 0;
}

int clock_join(const char *path, unsigned seat, struct err *e)
{
    if (page)
        return err_set(e, ERR_USAGE, "this process has a simulated clock");
    if (seat == 0 || seat >= CLOCK_SEATS)
        return err_set(e, ERR_USAGE, "a simulated clock has no seat %u", seat);
    if (page_map(path, 0, e) < 0)
        return -1;
    own_seat = seat;
    return 0;
}

bool clock_is_simulated(void)
{
    return page != NULL;
}

/* What is under way that is real, and does not wait for a simulated time. */
static bool something_is_real(void)
{
    int32_t holds = 0;

    for (unsigned i = 0; i < CLOCK_SEATS; i++)
        if (i == 0 || atomic_load(&page->seats[i].state) != SEAT_FREE)
            holds += atomic_load(&page->seats[i].holds);
    return holds > atomic_load(&page->excused);
}

/* Goes on with the computer's clock while something real is under way, and stands still otherwise:
 * how long a process takes to compute, on a machine that has other work, is nothing to a test. */
static void set_going(void)
{
    int64_t word = atomic_load(&page->time), now, next;

    do {
        int64_t real = clock_real_ns();

        now = time_in(word, real);
        next = something_is_real() ? (now - real) * 2 : now * 2 | STANDS;
        if ((next & STANDS) == (word & STANDS))
            return;
    } while (!atomic_compare_exchange_weak(&page->time, &word, next));
}

int clock_seat(void)
{
    for (unsigned i = 1; page && i < CLOCK_SEATS; i++) {
        struct seat *seat = &page->seats[i];

        if (atomic_load(&seat->state) != SEAT_FREE)
            continue;
        atomic_store(&seat->holds, 0);
        atomic_store(&seat->state, SEAT_BUSY);
        return (int)i;
    }
    return -1;
}

void clock_leave(unsigned seat)
{
    if (!page || seat == 0 || seat >= CLOCK_SEATS)
        return;
    atomic_store(&page->seats[seat].holds, 0);
    atomic_store(&page->seats[seat].state, SEAT_FREE);
    set_going();
}

void clock_hold(void)
{
    if (!page)
        return;
    atomic_fetch_add(&page->seats[own_seat].holds, 1);
    set_going();
}

void clock_let_go(void)
{
    if (!page)
        return;
    atomic_fetch_sub(&page->seats[own_seat].holds, 1);
    set_going();
}

void clock_excuse(int more)
{
    if (!page)
        return;
    atomic_fetch_add(&page->excused, more);
    set_going();
}

void clock_work(void)
{
    if (!page)
        return;
    atomic_fetch_add(&page->seats[own_seat].turns, 1);
    atomic_store(&page->seats[own_seat].state, SEAT_BUSY);
}

void clock_rest(void)
{
    if (!page)
        return;
    owner = OWNER_LOOKS;
    seen_time = atomic_load(&page->time);
    atomic_store(&page->seats[own_seat].state, SEAT_RESTS);
}

uint64_t clock_question(void)
{
    return atomic_load(&page->asked);
}

/* Whether all others rest, and have answered the question. */
static bool others_rest(uint64_t question, struct others *others)
{
    int32_t holds = atomic_load(&page->seats[0].holds);

    for (unsigned i = 1; i < CLOCK_SEATS; i++) {
        struct seat *seat = &page->seats[i];
        int64_t due = atomic_load(&seat->due);

        others->turns += atomic_load(&seat->turns);
        if (atomic_load(&seat->state) == SEAT_FREE)
            continue;
        if (atomic_load(&seat->state) == SEAT_BUSY || atomic_load(&seat->answered) != question)
            return false;
        holds += atomic_load(&seat->holds);
        if (due < others->due)
            others->due = due;
    }
    return holds <= atomic_load(&page->excused);
}

static bool owner_jumps(int64_t due)
{
    int64_t now = clock_ns();

    if (due == CLOCK_NEVER || due <= now)
        return false;
    atomic_fetch_add(&page->time, (due - now) * 2);
    return true;
}

static bool owner_found_nothing(int64_t due)
{
    struct others others = {.due = due};

    set_going(); /* two that say so at once may have left it as it was */
    if (owner == OWNER_LOOKS) {
        atomic_fetch_add(&page->asked, 1);
        owner = OWNER_ASKS;
        return false;
    }
    if (!others_rest(atomic_load(&page->asked), &others)) {
        owner = OWNER_ASKS;
        return false;
    }
    if (owner == OWNER_ASKS || others.turns != owner_saw_turns) {
        owner = OWNER_MAKES_SURE;
        owner_saw_turns = others.turns;
        return false;
    }
    owner = OWNER_LOOKS;
    return owner_jumps(others.due);
}

bool clock_found_nothing(uint64_t question, int64_t due)
{
    struct seat *seat = &page->seats[own_seat];

    if (own_seat == 0)
        return owner_found_nothing(due);
    atomic_store(&seat->due, due);
    atomic_store(&seat->answered, question);
    return atomic_load(&page->time) != seen_time;
}
