// A thread's share of neighbouring channels: LANES of them in one access where the channel count is a multiple of LANES, else one.
#pragma once
#include "kdev.h"

template <int N> struct lanes { float v[N]; };

template <int N> KFN lanes<N> load_lanes(const value* p) {
  lanes<N> r;
  if constexpr (N == 1) {
    r.v[0] = to_float(*p);
  } else {
    static_assert(N == LANES);
    pack q = load_pack(p);
#pragma unroll
    for (int k = 0; k < N; k++) r.v[k] = q.v[k];
  }
  return r;
}

template <int N> KFN void store_lanes(value* p, const lanes<N>& r) {
  if constexpr (N == 1) {
    *p = to_value(r.v[0]);
  } else {
    static_assert(N == LANES);
    pack q;
#pragma unroll
    for (int k = 0; k < N; k++) q.v[k] = r.v[k];
    store_pack(p, q);
  }
}
