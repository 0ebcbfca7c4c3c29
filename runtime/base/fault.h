/* fault: named points in the program where a test can make it fail or die.
 *
 * ALMANAC_FAULT="point:N:action[,…]" in the environment arms them: the Nth time the point is
 * passed (from 1), `kill` sends SIGKILL to the process, `abort` aborts it, and `fail` makes
 * fault_at() return true once, which the caller turns into the failure it would report there.
 * A specification that cannot be read stops the program with a message, so that no test passes
 * because its fault was misspelt. Without the variable a point costs one comparison.
 *
 * Not for threads: points are passed on the main thread only.
 */
#ifndef ALMANAC_FAULT_H
#define ALMANAC_FAULT_H

#include <stdbool.h>

bool fault_at(const char *point);
/* Arms as the environment would and forgets what was armed and counted; NULL or "" disarms. */
void fault_arm(const char *spec);

#endif
