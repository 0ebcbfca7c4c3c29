/* fuzz: what the fuzz targets share. A target is one file: LLVMFuzzerTestOneInput() for a parser of
 * bytes that come from outside. Under clang it is linked with libFuzzer (make fuzz), everywhere
 * with replay.c, which reads the corpus.
 */
#ifndef ALMANAC_TESTS_FUZZ_H
#define ALMANAC_TESTS_FUZZ_H

#include <stddef.h>
#include <stdint.h>

#include "check.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Calls the function that tests/fuzz/NAME.lua returns, in a task of one Lua state for all inputs,
 * with the input as a string. An error that it raises is a find: what a parser may refuse, the file
 * catches. */
void fuzz_lua(const char *name, const uint8_t *data, size_t size);

#endif
