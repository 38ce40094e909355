// Switching between stacks: by hand on x86-64 and aarch64, with ucontext elsewhere. Only the
// registers that a called function must keep are saved; floating-point modes are not.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>

#if (defined(__x86_64__) || defined(__aarch64__)) && !defined(ASCENDIFY_UCONTEXT)

// Saves this context in `*save` and continues in `next`.
extern "C" __attribute__((visibility("hidden"))) void ascendify_oracle_switch(void **save,
                                                                              void *next);

#if defined(__x86_64__)
asm(R"(
.text
.p2align 4
.globl ascendify_oracle_switch
.hidden ascendify_oracle_switch
.type ascendify_oracle_switch, @function
ascendify_oracle_switch:
  pushq %rbp
  pushq %rbx
  pushq %r12
  pushq %r13
  pushq %r14
  pushq %r15
  movq %rsp, (%rdi)
  movq %rsi, %rsp
  popq %r15
  popq %r14
  popq %r13
  popq %r12
  popq %rbx
  popq %rbp
  popq %rcx
  jmp *%rcx
.size ascendify_oracle_switch, .-ascendify_oracle_switch
)");
inline constexpr size_t saved_words = 8;  // six registers, the address, an end for debuggers
inline constexpr size_t saved_entry = 6;
#else
asm(R"(
.text
.p2align 4
.globl ascendify_oracle_switch
.hidden ascendify_oracle_switch
.type ascendify_oracle_switch, %function
ascendify_oracle_switch:
  sub sp, sp, #160
  stp x19, x20, [sp, #0]
  stp x21, x22, [sp, #16]
  stp x23, x24, [sp, #32]
  stp x25, x26, [sp, #48]
  stp x27, x28, [sp, #64]
  stp x29, x30, [sp, #80]
  stp d8, d9, [sp, #96]
  stp d10, d11, [sp, #112]
  stp d12, d13, [sp, #128]
  stp d14, d15, [sp, #144]
  mov x9, sp
  str x9, [x0]
  mov sp, x1
  ldp x19, x20, [sp, #0]
  ldp x21, x22, [sp, #16]
  ldp x23, x24, [sp, #32]
  ldp x25, x26, [sp, #48]
  ldp x27, x28, [sp, #64]
  ldp x29, x30, [sp, #80]
  ldp d8, d9, [sp, #96]
  ldp d10, d11, [sp, #112]
  ldp d12, d13, [sp, #128]
  ldp d14, d15, [sp, #144]
  add sp, sp, #160
  br x30
.size ascendify_oracle_switch, .-ascendify_oracle_switch
)");
inline constexpr size_t saved_words = 20;
inline constexpr size_t saved_entry = 11;
#endif

// A context that starts in `entry` on the stack that ends at `top` (16-byte aligned).
inline void *new_context(char *, char *top, void (*entry)()) {
  uint64_t *words = reinterpret_cast<uint64_t *>(top) - saved_words;
  std::memset(words, 0, saved_words * sizeof(uint64_t));
  words[saved_entry] = reinterpret_cast<uint64_t>(entry);
  return words;
}

#else

#include <ucontext.h>

inline void ascendify_oracle_switch(void **save, void *next) {
  ucontext_t here;
  *save = &here;
  swapcontext(&here, static_cast<ucontext_t *>(next));
}

inline void *new_context(char *bottom, char *top, void (*entry)()) {
  ucontext_t *context = reinterpret_cast<ucontext_t *>(top) - 1;
  getcontext(context);
  context->uc_stack.ss_sp = bottom;
  context->uc_stack.ss_size = reinterpret_cast<char *>(context) - bottom;
  context->uc_link = nullptr;
  makecontext(context, entry, 0);
  return context;
}

#endif
