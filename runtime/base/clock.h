/* clock: the time that the loop goes by, and everything that is told by it.
 *
 * It is the computer's, unless this process simulates one: then it stands still, and jumps to the
 * next timer whenever nothing is left to do until that is due; while something real is under way,
 * such as a child process, it goes on with the computer's. A simulated clock is a page of a
 * file, and several processes go by it: its owner, who alone makes it jump, and those that took a
 * seat. It jumps when all of them rest: each has looked for something to do after the owner had
 * done his last thing, and found nothing. What is sent over loopback is there when send() returns,
 * so whoever looks later sees it.
 *
 * Times are nanoseconds of the monotonic clock; the zero is arbitrary, and the same for all.
 */
#ifndef ALMANAC_CLOCK_H
#define ALMANAC_CLOCK_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"

#define CLOCK_NEVER INT64_MAX

int64_t clock_ns(void);
/* By the computer's clock, whatever is simulated. */
int64_t clock_real_ns(void);
/* Milliseconds since 1970-01-01T00:00:00Z. */
int64_t clock_wall_ms(void);

/* Makes the page, and this process its owner; from now on it is wall_ms. Once in a process. */
int clock_simulate(const char *path, int64_t wall_ms, struct err *e);
/* Sits down in a seat that the owner reserved. */
int clock_join(const char *path, unsigned seat, struct err *e);
bool clock_is_simulated(void);

/* The owner: reserves a seat, whose process counts as busy from now on; -1 when all are taken. */
int clock_seat(void);
/* The owner: its process is gone. */
void clock_leave(unsigned seat);

/* Something of the real world is under way, such as a child process: the clock does not jump. */
void clock_hold(void);
void clock_let_go(void);
/* The owner: so many of what is under way wait for a simulated time themselves. */
void clock_excuse(int more);

/* This process has nothing to do, and begins to rest. Then it takes the question that stands, looks
 * for something to do, and says with the question that there was nothing before `due`; again and
 * again. True: the clock has jumped, and timers have to be set anew. */
void clock_rest(void);
uint64_t clock_question(void);
bool clock_found_nothing(uint64_t question, int64_t due);
/* It has something to do again. */
void clock_work(void);

#endif
