// variants: f32 bf16 f16
// Pointwise operators. All are bound by memory: 16 bytes a thread and access. `count` is a number of values; where it is no multiple of LANES
// the last threads take single values.
#include "kdev.h"

template <class F> KFN void for_values(long count, F&& each) {
  long packs = count / LANES;
  for (long i = thread_index(); i < packs; i += thread_count()) each(i * LANES, true);
  for (long i = packs * LANES + thread_index(); i < count; i += thread_count()) each(i, false);
}

KFN float masked(float y, float dy) { return y > 0.0f ? dy : 0.0f; }

/// y = max(0, x), and NaN stays NaN; y may be x.
KERNEL(relu, 256, const value* x, value* y, long count) {
  for_values(count, [&](long i, bool whole) {
    if (whole) {
      pack v = load_pack(x + i);
#pragma unroll
      for (int k = 0; k < LANES; k++) v.v[k] = v.v[k] < 0.0f ? 0.0f : v.v[k];
      store_pack(y + i, v);
    } else {
      float v = to_float(x[i]);
      y[i] = to_value(v < 0.0f ? 0.0f : v);
    }
  });
}

/// dx = dy·[y > 0] (+ accumulate, where it is not null); dx may be dy or accumulate.
KERNEL(relu_backward, 256, const value* y, const value* dy, const value* accumulate, value* dx, long count) {
  for_values(count, [&](long i, bool whole) {
    if (whole) {
      pack v = load_pack(y + i), g = load_pack(dy + i);
      pack a = accumulate ? load_pack(accumulate + i) : pack{};
#pragma unroll
      for (int k = 0; k < LANES; k++) v.v[k] = masked(v.v[k], g.v[k]) + a.v[k];
      store_pack(dx + i, v);
    } else {
      dx[i] = to_value(masked(to_float(y[i]), to_float(dy[i])) + (accumulate ? to_float(accumulate[i]) : 0.0f));
    }
  });
}

/// y = a + b; y may be either.
KERNEL(add, 256, const value* a, const value* b, value* y, long count) {
  for_values(count, [&](long i, bool whole) {
    if (whole) {
      pack v = load_pack(a + i), w = load_pack(b + i);
#pragma unroll
      for (int k = 0; k < LANES; k++) v.v[k] += w.v[k];
      store_pack(y + i, v);
    } else {
      y[i] = to_value(to_float(a[i]) + to_float(b[i]));
    }
  });
}

/// float32 to values.
KERNEL(to_values, 256, const float* x, value* y, long count) {
  for_values(count, [&](long i, bool whole) {
    if (whole) {
      pack v;
#pragma unroll
      for (int k = 0; k < LANES; k += 4) {
        float4 f = *(const float4*)(x + i + k);
        v.v[k] = f.x; v.v[k + 1] = f.y; v.v[k + 2] = f.z; v.v[k + 3] = f.w;
      }
      store_pack(y + i, v);
    } else {
      y[i] = to_value(x[i]);
    }
  });
}

/// Values to float32.
KERNEL(to_floats, 256, const value* x, float* y, long count) {
  for_values(count, [&](long i, bool whole) {
    if (whole) {
      pack v = load_pack(x + i);
#pragma unroll
      for (int k = 0; k < LANES; k += 4) *(float4*)(y + i + k) = float4{v.v[k], v.v[k + 1], v.v[k + 2], v.v[k + 3]};
    } else {
      y[i] = to_float(x[i]);
    }
  });
}
