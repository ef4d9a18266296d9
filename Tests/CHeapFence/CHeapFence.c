#define _GNU_SOURCE
#include "CHeapFence.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>

static _Thread_local uint64_t calls __attribute__((tls_model("initial-exec")));
static _Thread_local uint64_t bytes __attribute__((tls_model("initial-exec")));
static _Thread_local bool forbidden __attribute__((tls_model("initial-exec")));
static _Thread_local uint64_t largest __attribute__((tls_model("initial-exec")));

uint64_t heap_fence_calls(void) { return calls; }
uint64_t heap_fence_bytes(void) { return bytes; }
void heap_fence_forbid(bool on) { forbidden = on; }
uint64_t copy_fence_take_largest(void) {
  uint64_t taken = largest;
  largest = 0;
  return taken;
}

#if defined(__SANITIZE_ADDRESS__) || (defined(__has_feature) && (__has_feature(address_sanitizer) || __has_feature(thread_sanitizer)))
bool heap_fence_available(void) { return false; }
#else
bool heap_fence_available(void) { return true; }

extern void *__libc_malloc(size_t);
extern void *__libc_calloc(size_t, size_t);
extern void *__libc_realloc(void *, size_t);
extern void *__libc_memalign(size_t, size_t);
extern void __libc_free(void *);

static void count(size_t size) {
  calls++;
  bytes += size;
  if (forbidden) abort();
}

void *malloc(size_t n) { count(n); return __libc_malloc(n); }
void *calloc(size_t n, size_t m) { count(n * m); return __libc_calloc(n, m); }
void *realloc(void *p, size_t n) { count(n); return __libc_realloc(p, n); }
void *aligned_alloc(size_t a, size_t n) { count(n); return __libc_memalign(a, n); }
void *memalign(size_t a, size_t n) { count(n); return __libc_memalign(a, n); }
int posix_memalign(void **p, size_t a, size_t n) {
  count(n);
  *p = __libc_memalign(a, n);
  return *p ? 0 : ENOMEM;
}
void free(void *p) { if (p) { count(0); } __libc_free(p); }

// Volatile, because a compiler makes calls of these names into calls of memcpy and memmove: here
// into themselves.
static void *(*volatile copy)(void *, const void *, size_t) = mempcpy;
extern void *__memmove_chk(void *, const void *, size_t, size_t);
static void *(*volatile move)(void *, const void *, size_t, size_t) = __memmove_chk;

static void note(size_t size) {
  if (size > largest) largest = size;
}

void *memcpy(void *restrict to, const void *restrict from, size_t n) {
  note(n);
  copy(to, from, n);
  return to;
}
void *memmove(void *to, const void *from, size_t n) {
  note(n);
  return move(to, from, n, SIZE_MAX);
}
#endif
