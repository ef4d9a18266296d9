#include "CHeapFence.h"
#include <errno.h>
#include <stdlib.h>

static _Thread_local uint64_t calls __attribute__((tls_model("initial-exec")));
static _Thread_local uint64_t bytes __attribute__((tls_model("initial-exec")));
static _Thread_local bool forbidden __attribute__((tls_model("initial-exec")));

uint64_t heap_fence_calls(void) { return calls; }
uint64_t heap_fence_bytes(void) { return bytes; }
void heap_fence_forbid(bool on) { forbidden = on; }

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
#endif
