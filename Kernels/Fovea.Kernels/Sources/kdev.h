// What a kernel is written in. The same source is compiled twice: by clang to PTX, and by any C++20 compiler to a library that runs each
// thread of a block as a fiber (khost.h), so that every kernel's arithmetic is checked without a GPU.
//
// Rules: a kernel is KERNEL(name, threads, parameters) { … }; parameters are value*, float*, double*, int*, long*, unsigned char* (const or
// not), int, long, float, double. Sums have a fixed order; float atomics never decide a result. Products are fused only where fma() says so.
#pragma once

// ---- the type of the network's values, fixed by the variant -------------------------------------------------------------------------
#if defined(VARIANT_BF16)
typedef unsigned short value;
#elif defined(VARIANT_F16)
typedef unsigned short value;
#else
typedef float value;
#endif

struct alignas(16) float4 { float x, y, z, w; };
struct alignas(16) uint4 { unsigned x, y, z, w; };

#if defined(__CUDA__) && defined(__clang__)
#include "kptx.h"
#else
#include "khost.h"
#endif

// ---- one value -----------------------------------------------------------------------------------------------------------------------
#if defined(VARIANT_BF16)
KFN float to_float(value v) { return __builtin_bit_cast(float, (unsigned)v << 16); }
KFN value to_value(float f) { return bf16_bits(f); }
#elif defined(VARIANT_F16)
KFN float to_float(value v) { return f16_value(v); }
KFN value to_value(float f) { return f16_bits(f); }
#else
KFN float to_float(value v) { return v; }
KFN value to_value(float f) { return f; }
#endif

// ---- 16 bytes of values: 4 of float32, 8 of the others ----------------------------------------------------------------------------------
constexpr int LANES = 16 / (int)sizeof(value);

struct pack { float v[LANES]; };

KFN pack load_pack(const value* p) {
  uint4 raw = *(const uint4*)p;
  pack r;
#if defined(VARIANT_BF16) || defined(VARIANT_F16)
  const unsigned w[4] = {raw.x, raw.y, raw.z, raw.w};
#pragma unroll
  for (int i = 0; i < 4; i++) { r.v[2 * i] = to_float((value)(w[i] & 0xffffu)); r.v[2 * i + 1] = to_float((value)(w[i] >> 16)); }
#else
  r.v[0] = __builtin_bit_cast(float, raw.x); r.v[1] = __builtin_bit_cast(float, raw.y);
  r.v[2] = __builtin_bit_cast(float, raw.z); r.v[3] = __builtin_bit_cast(float, raw.w);
#endif
  return r;
}

KFN void store_pack(value* p, const pack& r) {
  unsigned w[4];
#pragma unroll
  for (int i = 0; i < 4; i++) {
#if defined(VARIANT_BF16) || defined(VARIANT_F16)
    w[i] = (unsigned)to_value(r.v[2 * i]) | (unsigned)to_value(r.v[2 * i + 1]) << 16;
#else
    w[i] = __builtin_bit_cast(unsigned, r.v[i]);
#endif
  }
  *(uint4*)p = uint4{w[0], w[1], w[2], w[3]};
}

// ---- functions of one number ---------------------------------------------------------------------------------------------------------------
KFN float fma(float a, float b, float c) { return __builtin_fmaf(a, b, c); }
KFN float fmax(float a, float b) { return __builtin_fmaxf(a, b); }
KFN float fmin(float a, float b) { return __builtin_fminf(a, b); }
KFN float fabs(float a) { return __builtin_fabsf(a); }
KFN float fsqrt(float a) { return __builtin_sqrtf(a); }
KFN int imin(int a, int b) { return a < b ? a : b; }
KFN int imax(int a, int b) { return a > b ? a : b; }
KFN long lmin(long a, long b) { return a < b ? a : b; }
KFN float int_as_float(int v) { return __builtin_bit_cast(float, v); }
KFN int float_as_int(float v) { return __builtin_bit_cast(int, v); }

// eˣ for x ≤ 88 and ln x, within a few units of the last place of float32.
KFN float fast_exp(float x) { return exp2_approx(x * 1.44269504088896341f); }
KFN float fast_log(float x) { return log2_approx(x) * 0.69314718055994531f; }

// eˣ to the last place or two at any x: the multiple of ln 2 is taken off in two parts first.
KFN float exact_exp(float x) {
  float n = __builtin_rintf(x * 1.44269504088896341f);
  n = fmax(fmin(n, 128.0f), -126.0f);
  float r = fma(n, -0.693359375f, x);
  r = fma(n, 2.12194440e-4f, r);
  float p = fma(r, 1.9875691500e-4f, 1.3981999507e-3f);
  p = fma(p, r, 8.3334519073e-3f);
  p = fma(p, r, 4.1665795894e-2f);
  p = fma(p, r, 1.6666665459e-1f);
  p = fma(p, r, 5.0000001201e-1f);
  p = fma(p * r, r, r) + 1.0f;
  return x != x ? x : x > 88.72283f ? __builtin_inff() : x < -87.3f ? 0.0f
       : p * int_as_float((((int)n) - 1 + 127) << 23) * 2.0f;
}

// ---- sums and maxima over a block of 32·n threads; every thread gets the result. `scratch` is __shared__, 33 elements --------------------
template <class T> KFN T warp_sum(T v) {
#pragma unroll
  for (int m = 16; m; m >>= 1) v += shfl_xor(v, m);
  return v;
}

template <class T> KFN T block_sum(T v, T* scratch) {
  v = warp_sum(v);
  int warps = (blockDim.x + 31) >> 5;
  if ((threadIdx.x & 31) == 0) scratch[threadIdx.x >> 5] = v;
  __syncthreads();
  if (threadIdx.x == 0) {
    T s = scratch[0];
    for (int i = 1; i < warps; i++) s += scratch[i];
    scratch[32] = s;
  }
  __syncthreads();
  T r = scratch[32];
  __syncthreads();
  return r;
}

KFN long thread_index() { return (long)blockIdx.x * blockDim.x + threadIdx.x; }
KFN long thread_count() { return (long)gridDim.x * blockDim.x; }
