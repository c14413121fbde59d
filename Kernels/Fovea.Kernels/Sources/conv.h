// What the convolutions share: both are products of two matrices whose slices of depth pass through a ring in shared memory.
#pragma once
#include "kdev.h"

// Tensor cores from sm_80 on. Exact float32, and older GPUs in every precision, multiply on the ordinary units.
#if !defined(VARIANT_F32) && (!defined(__CUDA_ARCH__) || __CUDA_ARCH__ >= 800)
#define TENSOR_CORES 1
#endif
#if !defined(__CUDA_ARCH__) || __CUDA_ARCH__ >= 800
#define ASYNC_COPIES 1
#endif
#define KMEMBER __device__ inline __attribute__((always_inline))
#define KLAMBDA __attribute__((always_inline))

constexpr int THREADS = 256;
constexpr int STAGES = 3;          // slices in the ring
constexpr int DEPTH = 4 * LANES;   // depth of a slice: 64 bytes

// 16 bytes into shared memory, zeros where absent.
KFN void fetch(void* shared, const value* global, bool present) {
#if defined(ASYNC_COPIES)
  copy_async(shared, global, present);
#else
  *(uint4*)shared = present ? *(const uint4*)global : uint4{0, 0, 0, 0};
#endif
}

KFN void fetch_commit() {
#if defined(ASYNC_COPIES)
  copy_commit();
#endif
}

// All but the newest STAGES − 2 slices have arrived.
KFN void fetch_wait() {
#if defined(ASYNC_COPIES)
  copy_wait<STAGES - 2>();
#endif
}

#if defined(TENSOR_CORES)
constexpr int STEP = 2 * LANES;    // depth of one product: 32 bytes

KFN void multiply(float* d, const reg* a, const reg* b) {
#if defined(VARIANT_BF16)
  mma_bf16(d, a, b);
#elif defined(VARIANT_F16)
  mma_f16(d, a, b);
#else
  mma_tf32(d, a, b);
#endif
}
#endif

// Where an element of the depth lies: a tap of the kernel, and a channel of the group.
struct Tap {
  int y, x, c;

  KMEMBER void skip(int count, int channels, int taps_x) {
    c += count;
    if (c >= channels) {
      int taps = c / channels;
      c -= taps * channels;
      x += taps;
      if (x >= taps_x) {
        int lines = x / taps_x;
        x -= lines * taps_x;
        y += lines;
      }
    }
  }

  KMEMBER void next(int channels, int taps_x) {
    if (++c == channels) {
      c = 0;
      if (++x == taps_x) { x = 0; ++y; }
    }
  }
};

// LANES values one by one: each() gives the next.
template <class F> KFN uint4 collect(F&& each) {
  unsigned w[4];
#pragma unroll
  for (int i = 0; i < 4; i++) {
#if defined(VARIANT_BF16) || defined(VARIANT_F16)
    unsigned low = each();
    w[i] = low | (unsigned)each() << 16;
#else
    w[i] = __builtin_bit_cast(unsigned, each());
#endif
  }
  return uint4{w[0], w[1], w[2], w[3]};
}
