// Words shared between processes.
#ifndef TULPAR_CLINUX_PAGE_H
#define TULPAR_CLINUX_PAGE_H
#include <stddef.h>
#include <stdint.h>

/// Maps the file `path` shared and writable, made with mode 0600 and grown to `bytes` when it is
/// not there. NULL on failure, with `*error` the errno (EINVAL: not a regular file of ours).
void *tl_page_map(const char *path, size_t bytes, int *error);
void tl_page_unmap(void *page, size_t bytes);

static inline uint64_t tl_word_load(const uint64_t *word) {
  return __atomic_load_n(word, __ATOMIC_RELAXED);
}
static inline uint64_t tl_word_load_acquire(const uint64_t *word) {
  return __atomic_load_n(word, __ATOMIC_ACQUIRE);
}
static inline void tl_word_store(uint64_t *word, uint64_t value) {
  __atomic_store_n(word, value, __ATOMIC_RELAXED);
}
static inline void tl_word_store_release(uint64_t *word, uint64_t value) {
  __atomic_store_n(word, value, __ATOMIC_RELEASE);
}
static inline uint64_t tl_word_add(uint64_t *word, uint64_t value) {
  return __atomic_add_fetch(word, value, __ATOMIC_ACQ_REL);
}
static inline void tl_fence_release(void) { __atomic_thread_fence(__ATOMIC_RELEASE); }
static inline void tl_fence_acquire(void) { __atomic_thread_fence(__ATOMIC_ACQUIRE); }
#endif
