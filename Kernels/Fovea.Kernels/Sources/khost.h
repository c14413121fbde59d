// CUDA's words for any C++20 compiler on x86-64: each thread of a block is a fiber, barriers and warp operations switch to the next one.
// A barrier that not all threads of a block reach is reported. FOVEA_SIMULATED_THREADS=reverse runs the threads in reverse order: results that
// change show a missing barrier.
#pragma once

#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>
#include <sys/mman.h>

#define __global__
#define __device__
#define __shared__ static thread_local
#define __restrict__ __restrict
#define KFN static inline

struct index3 { int x, y, z; };

namespace kh {

enum State : uint8_t { Ready, AtBlock, AtWarp, Done };
struct Context { void* sp; };

extern "C" void kh_switch(void** save, void* load);
__asm__(R"(.text
.weak kh_switch
.type kh_switch,@function
kh_switch:
  pushq %rbp; pushq %rbx; pushq %r12; pushq %r13; pushq %r14; pushq %r15
  movq %rsp,(%rdi)
  movq %rsi,%rsp
  popq %r15; popq %r14; popq %r13; popq %r12; popq %rbx; popq %rbp
  ret
.size kh_switch,.-kh_switch
)");

constexpr size_t StackBytes = 64 * 1024;
constexpr int MaxThreads = 1024;

// What lanes show each other: up to 64 bytes, in two places taken in turns, so that a fast lane does not overwrite what a slow one reads.
struct Slot { unsigned char bytes[64]; };

struct Fiber { Context context; char* stack; State state; const void* at; };

struct Block {
  std::vector<Fiber> fibers;
  Context main;
  int current = -1;
  index3 index, block, grid;
  void (*run)(void*);
  void* argument;
  std::vector<char> dynamic;
  Slot slots[2][MaxThreads];
  uint8_t turn[MaxThreads];
  const char* kernel;
};

inline thread_local Block B;
inline int reversed = 0;

inline void entry() {
  B.run(B.argument);
  Fiber& me = B.fibers[B.current];
  me.state = Done;
  kh_switch(&me.context.sp, B.main.sp);
  abort();
}

inline void arm(Fiber& f) {
  f.state = Ready;
  f.at = nullptr;
  void** sp = (void**)((uintptr_t)(f.stack + StackBytes) & ~(uintptr_t)15);
  *--sp = nullptr;
  *--sp = (void*)entry;
  for (int i = 0; i < 6; i++) *--sp = nullptr;
  f.context.sp = sp;
}

inline void wait(State s, const void* at) {
  Fiber& me = B.fibers[B.current];
  me.state = s;
  me.at = at;
  kh_switch(&me.context.sp, B.main.sp);
}

inline void release_warps(int n) {
  for (int w = 0; w < n; w += 32) {
    int end = w + 32 < n ? w + 32 : n;
    bool all = true, some = false;
    for (int i = w; i < end; i++) {
      if (B.fibers[i].state == Done) continue;
      if (B.fibers[i].state != AtWarp) { all = false; break; }
      some = true;
    }
    if (all && some) for (int i = w; i < end; i++) if (B.fibers[i].state == AtWarp) B.fibers[i].state = Ready;
  }
}

inline void run_block(int n) {
  while ((int)B.fibers.size() < n) {
    Fiber f{};
    f.stack = (char*)mmap(nullptr, StackBytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    B.fibers.push_back(f);
  }
  for (int i = 0; i < n; i++) { arm(B.fibers[i]); B.turn[i] = 0; }
  for (;;) {
    bool any = false;
    for (int k = 0; k < n; k++) {
      int i = reversed ? n - 1 - k : k;
      if (B.fibers[i].state == Ready) { any = true; B.current = i; kh_switch(&B.main.sp, B.fibers[i].context.sp); }
    }
    if (!any) {
      bool done = true;
      for (int i = 0; i < n; i++) done &= B.fibers[i].state == Done;
      if (done) return;
      fprintf(stderr, "kernel %s: threads of block (%d,%d,%d) wait at different barriers\n", B.kernel, B.index.x, B.index.y, B.index.z);
      abort();
    }
    release_warps(n);
    // A thread that has ended while others wait for it is reported, not hidden.
    bool all = true;
    for (int i = 0; i < n; i++) all &= B.fibers[i].state == AtBlock;
    if (all) for (int i = 0; i < n; i++) B.fibers[i].state = Ready;
  }
}

template <class F> struct Call;
template <class... A> struct Call<void(A...)> {
  struct Pending { void (*kernel)(A...); void** arguments; };
  template <size_t... I> static void apply(void (*f)(A...), void** a, std::index_sequence<I...>) { f(*(std::remove_const_t<A>*)a[I]...); }
  static void run(void* p) { Pending* q = (Pending*)p; apply(q->kernel, q->arguments, std::index_sequence_for<A...>{}); }
};

template <class... A> void launch(const char* name, void (*kernel)(A...), index3 grid, index3 block, unsigned shared, void** arguments) {
  typename Call<void(A...)>::Pending p{kernel, arguments};
  const char* order = getenv("FOVEA_SIMULATED_THREADS");
  reversed = order && strcmp(order, "reverse") == 0;
  B.kernel = name;
  B.run = &Call<void(A...)>::run;
  B.argument = &p;
  B.grid = grid;
  B.block = block;
  B.dynamic.assign(shared + 16, (char)0xCD);
  for (int z = 0; z < grid.z; z++)
    for (int y = 0; y < grid.y; y++)
      for (int x = 0; x < grid.x; x++) { B.index = {x, y, z}; run_block(block.x * block.y * block.z); }
}

// Bytes of each argument, ended by 0.
template <class F> struct Sizes;
struct SizeTable { char bytes[64]; };
template <class... A> struct Sizes<void(A...)> { static constexpr SizeTable of{{(char)sizeof(A)..., 0}}; };

inline index3 thread() {
  int c = B.current;
  return {c % B.block.x, c / B.block.x % B.block.y, c / (B.block.x * B.block.y)};
}

// Shows `mine` to the warp; afterwards slot(lane) is what that lane showed.
template <class T> int show(const T& mine) {
  static_assert(sizeof(T) <= sizeof(Slot));
  int c = B.current, turn = B.turn[c] ^= 1;
  memcpy(B.slots[turn][c].bytes, &mine, sizeof mine);
  wait(AtWarp, nullptr);
  return turn;
}
template <class T> T shown(int turn, int lane) {
  T v;
  memcpy(&v, B.slots[turn][(B.current & ~31) | lane].bytes, sizeof v);
  return v;
}
}  // namespace kh

#define threadIdx (kh::thread())
#define blockIdx (kh::B.index)
#define blockDim (kh::B.block)
#define gridDim (kh::B.grid)
#define __syncthreads() kh::wait(kh::AtBlock, nullptr)
#define __syncwarp() kh::wait(kh::AtWarp, nullptr)
#define DYNAMIC_SHARED(type, name) type* name = (type*)(((uintptr_t)kh::B.dynamic.data() + 15) & ~(uintptr_t)15)
#define KERNEL(name, threads, ...) \
  extern "C" void name(__VA_ARGS__); \
  extern "C" { __attribute__((used)) extern const kh::SizeTable host_##name##_sizes = kh::Sizes<decltype(name)>::of; } \
  extern "C" __attribute__((used)) void host_##name(int gx, int gy, int gz, int bx, int by, int bz, unsigned shared, void** arguments) { \
    kh::launch(#name, name, {gx, gy, gz}, {bx, by, bz}, shared, arguments); \
  } \
  extern "C" void name(__VA_ARGS__)

template <class T> KFN T shfl_xor(T v, int mask) { int t = kh::show(v); return kh::shown<T>(t, (kh::B.current & 31) ^ mask); }
KFN unsigned ballot(bool predicate) {
  int t = kh::show((int)predicate);
  unsigned bits = 0;
  for (int i = 0; i < 32; i++) {
    int other = (kh::B.current & ~31) | i;
    if (other < kh::B.block.x * kh::B.block.y * kh::B.block.z && kh::shown<int>(t, i)) bits |= 1u << i;
  }
  return bits;
}

KFN float exp2_approx(float x) { return exp2f(x); }
KFN float log2_approx(float x) { return log2f(x); }
KFN int atomic_add(int* p, int v) { int old = *p; *p += v; return old; }
KFN void atomic_max(int* p, int v) { if (v > *p) *p = v; }

KFN unsigned short bf16_bits(float f) {
  uint32_t u;
  memcpy(&u, &f, 4);
  return f != f ? (unsigned short)(u >> 16 | 0x40u) : (unsigned short)((u + 0x7fffu + (u >> 16 & 1u)) >> 16);
}
KFN unsigned short f16_bits(float f) { return __builtin_bit_cast(unsigned short, (_Float16)f); }
KFN float f16_value(unsigned short h) { return (float)__builtin_bit_cast(_Float16, h); }

// ---- tensor cores and their loads -----------------------------------------------------------------------------------------------------------
typedef unsigned reg;
namespace kh {
struct Fragments { reg a[4], b[2]; };
KFN float bf16_of(unsigned short h) { return __builtin_bit_cast(float, (unsigned)h << 16); }
KFN float f16_of(unsigned short h) { return f16_value(h); }

// PTX ISA, "Matrix fragments for mma.m16n8k16": a0 (row g, k 2t), a1 (row g+8), a2 (row g, k+8), a3 (row g+8, k+8); b0 (k 2t, column g), b1 (k+8).
template <float convert(unsigned short)> void mma16(float* d, const reg* a, const reg* b) {
  Fragments mine{{a[0], a[1], a[2], a[3]}, {b[0], b[1]}};
  int turn = show(mine), lane = B.current & 31, g = lane >> 2, t = lane & 3;
  for (int i = 0; i < 4; i++) {
    int row = g + (i >> 1) * 8, column = 2 * t + (i & 1);
    float sum = 0;
    for (int k = 0; k < 16; k++) {
      int half = k & 1, quad = (k & 7) >> 1, upper = k >> 3;
      reg ra = shown<Fragments>(turn, (row & 7) * 4 + quad).a[(row >> 3) + 2 * upper];
      reg rb = shown<Fragments>(turn, column * 4 + quad).b[upper];
      sum += convert((unsigned short)(ra >> 16 * half)) * convert((unsigned short)(rb >> 16 * half));
    }
    d[i] += sum;
  }
}
}  // namespace kh

KFN void mma_bf16(float* d, const reg* a, const reg* b) { kh::mma16<kh::bf16_of>(d, a, b); }
KFN void mma_f16(float* d, const reg* a, const reg* b) { kh::mma16<kh::f16_of>(d, a, b); }
// "Matrix fragments for mma.m16n8k8" (.tf32): a0 (row g, k t), a1 (row g+8, k t), a2 (row g, k t+4), a3 (row g+8, k t+4); b0 (k t, column g), b1 (k t+4).
KFN void mma_tf32(float* d, const reg* a, const reg* b) {
  kh::Fragments mine{{a[0], a[1], a[2], a[3]}, {b[0], b[1]}};
  int turn = kh::show(mine), lane = kh::B.current & 31, g = lane >> 2, t = lane & 3;
  for (int i = 0; i < 4; i++) {
    int row = g + (i >> 1) * 8, column = 2 * t + (i & 1);
    float sum = 0;
    for (int k = 0; k < 8; k++) {
      reg ra = kh::shown<kh::Fragments>(turn, (row & 7) * 4 + (k & 3)).a[(row >> 3) + 2 * (k >> 2)];
      reg rb = kh::shown<kh::Fragments>(turn, column * 4 + (k & 3)).b[k >> 2];
      sum += __builtin_bit_cast(float, ra) * __builtin_bit_cast(float, rb);
    }
    d[i] += sum;
  }
}
KFN reg to_tf32(float f) {
  unsigned u = __builtin_bit_cast(unsigned, f);
  return f != f ? u : (u + 0x1000u) & ~0x1fffu;
}

KFN void load_matrices(reg* r, const void* row) {
  int turn = kh::show(row), lane = kh::B.current & 31;
  for (int m = 0; m < 4; m++) memcpy(&r[m], kh::shown<const unsigned short*>(turn, 8 * m + (lane >> 2)) + 2 * (lane & 3), 4);
}
KFN void load_matrices_transposed(reg* r, const void* row) {
  int turn = kh::show(row), lane = kh::B.current & 31, t = lane & 3, g = lane >> 2;
  for (int m = 0; m < 4; m++) {
    unsigned low = kh::shown<const unsigned short*>(turn, 8 * m + 2 * t)[g], high = kh::shown<const unsigned short*>(turn, 8 * m + 2 * t + 1)[g];
    r[m] = low | high << 16;
  }
}
KFN void copy_async(void* shared, const void* global, bool present) {
  if (present) memcpy(shared, global, 16); else memset(shared, 0, 16);
}
KFN void copy_commit() {}
template <int pending> KFN void copy_wait() {}
