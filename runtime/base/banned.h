/* banned: functions that must not compile. Included by the Makefile into every file of ours. */
#ifndef ALMANAC_BANNED_H
#define ALMANAC_BANNED_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#pragma GCC poison sprintf vsprintf strcpy strcat strncpy strncat gets strtok system popen tmpnam  \
    mktemp

#endif
