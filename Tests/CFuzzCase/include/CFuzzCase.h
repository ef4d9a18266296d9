// Names the fuzz case that was running when the process trapped, crashed or hung.
#ifndef TULPAR_CFUZZCASE_H
#define TULPAR_CFUZZCASE_H
#include <stdint.h>
/// This thread begins the fuzz test `name`, which lives for ever; false when too many run at once.
int fuzz_test_begin(const char *name);
/// The next case of this thread's test.
void fuzz_case_begin(uint64_t seed);
void fuzz_test_end(void);
#endif
