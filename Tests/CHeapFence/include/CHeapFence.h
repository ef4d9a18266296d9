// Counts heap calls and large copies of the calling thread by interposing the allocator and memcpy
// of the test process.
#ifndef TULPAR_CHEAPFENCE_H
#define TULPAR_CHEAPFENCE_H
#include <stdbool.h>
#include <stdint.h>
/// Calls of malloc, calloc, realloc, aligned_alloc, posix_memalign and free by this thread.
uint64_t heap_fence_calls(void);
/// Bytes that this thread asked for, whatever was given back since.
uint64_t heap_fence_bytes(void);
/// While on, any heap call of this thread aborts the process.
void heap_fence_forbid(bool on);
/// Size of the largest single memcpy or memmove of this thread since the last call.
uint64_t copy_fence_take_largest(void);
/// False under sanitizers, which bring an allocator and copies of their own.
bool heap_fence_available(void);
#endif
