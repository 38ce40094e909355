#include "environment.h"

#include <signal.h>

#include <cfenv>
#include <cstdint>
#include <cstring>

#include "ascendify/execution.h"
#include "block.h"

// The headers declare it constant, which is true while a launch runs.
extern "C" {
__attribute__((visibility("hidden"))) uint32_t rounding_of_kernels asm("ascendify_rounding_mode") =
    0;
}

namespace ascendify_oracle {
namespace {

constexpr int rounding_modes[] = {FE_TONEAREST, FE_UPWARD, FE_DOWNWARD, FE_TOWARDZERO};
uint32_t wanted_rounding = 0;

// ---- faults

struct Fault {
  int signal;
  const char *text;
};
constexpr Fault faults[] = {
    {SIGSEGV, "invalid address"},
    {SIGBUS, "invalid address"},
    {SIGFPE, "integer division by zero"},
    {SIGILL, "the compiler found undefined behaviour here and left no code"},
    {SIGTRAP, "the compiler found undefined behaviour here and left no code"},
    {SIGABRT, "abort() was called"},
};
constexpr size_t fault_count = sizeof faults / sizeof *faults;
struct sigaction actions_before[fault_count];

[[noreturn]] void end_launch(const Fault &fault, const siginfo_t &info) {
  if (fault.signal != SIGSEGV && fault.signal != SIGBUS) fail("%s", fault.text);
  const Block &block = *running;
  const char *bottom = block.stack[block.current].bottom;
  const char *address = static_cast<const char *>(info.si_addr);
  if (bottom && address < bottom && address >= bottom - Stacks::guard) {
    fail("stack overflow: endless recursion, or local variables of more than %zu KiB",
         Stacks::bytes / 1024);
  }
  if (info.si_code == SI_KERNEL) fail("%s", fault.text);  // one that no process can have
  fail("%s %p", fault.text, info.si_addr);
}

// Runs on a stack of its own, which is simply left: nothing that was interrupted goes on.
void on_fault(int number, siginfo_t *info, void *) {
  bool is_sent = info->si_code <= 0 && number != SIGABRT;
  for (size_t i = 0; i < fault_count; ++i) {
    if (faults[i].signal != number) continue;
    if (running && !is_sent) end_launch(faults[i], *info);
    sigaction(number, &actions_before[i], nullptr);
    if (is_sent) raise(number);  // others come again by themselves
  }
}

}  // namespace

struct Environment::Saved {
  static constexpr size_t stack_bytes = 64 * 1024;

  std::fenv_t arithmetic;
  stack_t stack;
  alignas(16) char memory[stack_bytes];
};

Environment::Environment() : saved_(new Saved) {
  stack_t stack = {};
  stack.ss_sp = saved_->memory;
  stack.ss_size = sizeof saved_->memory;
  sigaltstack(&stack, &saved_->stack);
  std::fegetenv(&saved_->arithmetic);
  std::fesetround(rounding_modes[wanted_rounding]);
}

Environment::~Environment() {
  std::fesetenv(&saved_->arithmetic);
  sigaltstack(&saved_->stack, nullptr);
}

LaunchEnvironment::LaunchEnvironment() {
  rounding_of_kernels = wanted_rounding;
  struct sigaction action = {};
  action.sa_sigaction = on_fault;
  // The handler does not return, so nothing would take away a mask.
  action.sa_flags = SA_SIGINFO | SA_ONSTACK | SA_NODEFER;
  for (size_t i = 0; i < fault_count; ++i) {
    sigaction(faults[i].signal, &action, &actions_before[i]);
  }
}

LaunchEnvironment::~LaunchEnvironment() {
  for (size_t i = 0; i < fault_count; ++i) {
    sigaction(faults[i].signal, &actions_before[i], nullptr);
  }
  rounding_of_kernels = 0;
}

}  // namespace ascendify_oracle

void ascendify_oracle_set_rounding(uint32_t mode) {
  ascendify_oracle::wanted_rounding = mode % 4;
}
