#define _GNU_SOURCE
#include "CFuzzCase.h"

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stddef.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

// A case that takes a minute hangs: the slowest takes a tenth of a second.
enum { slot_capacity = 64, hang_seconds = 60, stack_bytes = 64 * 1024 };

struct slot {
  _Atomic(const char *) name;
  atomic_ullong seed, count;
  stack_t old_stack;
  // A parser that recurses without end leaves no stack to tell it on.
  char stack[stack_bytes];
};

static struct slot slots[slot_capacity];
static _Thread_local struct slot *mine;
static const int watched[] = {SIGILL, SIGTRAP, SIGABRT, SIGSEGV, SIGBUS, SIGFPE};
enum { watched_count = sizeof watched / sizeof *watched };
static struct sigaction before[watched_count];
static pthread_once_t once = PTHREAD_ONCE_INIT;

static void append(char *text, size_t size, const char *more) {
  size_t used = strlen(text);
  size_t room = size - used - 1;
  size_t count = strlen(more) < room ? strlen(more) : room;
  memcpy(text + used, more, count);
  text[used + count] = 0;
}

/// No stdio: this runs in signal handlers.
static void say(struct slot *slot, const char *what) {
  const char *name = atomic_load(&slot->name);
  uint64_t seed = atomic_load(&slot->seed);
  char digits[17] = {0};
  for (int i = 0; i < 16; i++) digits[i] = "0123456789abcdef"[seed >> (60 - 4 * i) & 15];
  char text[400] = "fuzz: ";
  append(text, sizeof text, name == NULL ? "?" : name);
  append(text, sizeof text, ": ");
  append(text, sizeof text, what);
  append(text, sizeof text, "; this case alone: TULPAR_FUZZ_CASE=0x");
  append(text, sizeof text, digits);
  append(text, sizeof text, "\n");
  ssize_t ignored = write(2, text, strlen(text));
  (void)ignored;
}

static void on_signal(int number) {
  if (mine != NULL) say(mine, "the process trapped or crashed");
  // The fault comes again on return, and then to whoever was there before.
  for (int i = 0; i < watched_count; i++)
    if (watched[i] == number) sigaction(number, &before[i], NULL);
}

/// Called by the address sanitizer when it finds something.
void __asan_on_error(void) {
  if (mine != NULL) say(mine, "the address sanitizer found an error");
}

static void *watch(void *unused) {
  (void)unused;
  unsigned long long seen[slot_capacity] = {0};
  int quiet[slot_capacity] = {0};
  for (;;) {
    struct timespec second = {.tv_sec = 1};
    nanosleep(&second, NULL);
    for (int i = 0; i < slot_capacity; i++) {
      unsigned long long count = atomic_load(&slots[i].count);
      int runs = atomic_load(&slots[i].name) != NULL;
      quiet[i] = runs && count == seen[i] ? quiet[i] + 1 : 0;
      seen[i] = count;
      if (quiet[i] < hang_seconds) continue;
      say(&slots[i], "the case hangs");
      _exit(70);
    }
  }
}

static void start(void) {
  for (int i = 0; i < watched_count; i++) {
    struct sigaction action = {.sa_flags = SA_ONSTACK};
    action.sa_handler = on_signal;
    sigaction(watched[i], &action, &before[i]);
  }
  pthread_t thread;
  if (pthread_create(&thread, NULL, watch, NULL) == 0) pthread_detach(thread);
}

int fuzz_test_begin(const char *name) {
  pthread_once(&once, start);
  for (int i = 0; i < slot_capacity; i++) {
    const char *none = NULL;
    if (!atomic_compare_exchange_strong(&slots[i].name, &none, name)) continue;
    mine = &slots[i];
    stack_t own = {.ss_sp = mine->stack, .ss_size = stack_bytes};
    sigaltstack(&own, &mine->old_stack);
    return 1;
  }
  return 0;
}

void fuzz_case_begin(uint64_t seed) {
  if (mine == NULL) return;
  atomic_store_explicit(&mine->seed, seed, memory_order_relaxed);
  atomic_fetch_add_explicit(&mine->count, 1, memory_order_relaxed);
}

void fuzz_test_end(void) {
  if (mine == NULL) return;
  sigaltstack(&mine->old_stack, NULL);
  atomic_store(&mine->name, NULL);
  mine = NULL;
}
