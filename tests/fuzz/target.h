/*
 * A fuzz target: one function that takes any octets. libFuzzer calls it under clang; corpus.c runs it over the files of the
 * corpus as an ordinary test.
 */
#ifndef FUZZ_TARGET_H
#define FUZZ_TARGET_H

#include <stddef.h>
#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length);

#endif
