/* stand_in: in a test no program runs but one that stands in for it: it is handed what it should
 * have been called with, and asks the test what to print. */
#ifndef ALMANAC_STAND_IN_H
#define ALMANAC_STAND_IN_H

#include <stdbool.h>

#include "base/err.h"

/* From now on `words` (ends with NULL) are started in the place of every program, the words of the
 * command behind them; `real` (ends with NULL) are run as they are, where they are called by just
 * these words. Copied. There is no way back. */
int stand_in_set(const char *const *words, const char *const *real, struct err *e);
/* A program that is called by just this word is started by those words, the command's arguments
 * behind them. Copied. There is no way back. */
int stand_in_guard(const char *program, const char *const *words, struct err *e);
bool stand_in_needed(const char *program);
/* What is started in the place of argv: an array to be freed, its words not. NULL: out of memory.
 */
const char **stand_in_for(const char *const *argv);

#endif
