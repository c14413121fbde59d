// variants: f32 bf16 f16
// Batch and group normalisation as one thing: slabs of rows × channels, in each of which groups of neighbouring channels share a mean and a
// deviation (batch: one slab of all cells, as many groups as channels; group: a slab for each image).
//
// The passes over memory share a tiling: a block of 256 threads covers `columns` (a power of two) packs of channels and 256 / columns
// rows at a time, and walks down chunk_rows rows. Grid: x tiles of channels, y chunks of rows, z slabs.
#include "lanes.h"

struct tile {
  int columns, lane, row_lanes, channel;
  bool active;
  long begin, end;  // rows of the slab
  long origin;      // the slab's element (row 0, channel)
};

template <int N> KFN tile tile_of(long rows, int channels, int columns, int chunk_rows) {
  tile t;
  t.columns = columns;
  t.lane = threadIdx.x / columns;
  t.row_lanes = 256 / columns;
  t.channel = (blockIdx.x * columns + (threadIdx.x & (columns - 1))) * N;
  t.active = t.channel < channels;
  t.begin = (long)blockIdx.y * chunk_rows;
  t.end = lmin(rows, t.begin + chunk_rows);
  t.origin = (long)blockIdx.z * rows * channels + t.channel;
  return t;
}

// Each row of a tile that falls to this thread, as the row's first element: `load` reads it, `use` computes and may store. `ahead` rows are
// read before the first is used, for memory is far away.
template <int ahead, class Load, class Use> KFN void for_rows(const tile& t, int channels, Load&& load, Use&& use) {
  if (!t.active) return;
  long row = t.begin + t.lane;
  for (; row + (ahead - 1) * t.row_lanes < t.end; row += ahead * t.row_lanes) {
    decltype(load(row)) got[ahead];
#pragma unroll
    for (int u = 0; u < ahead; u++) got[u] = load(t.origin + (row + u * t.row_lanes) * channels);
#pragma unroll
    for (int u = 0; u < ahead; u++) use(t.origin + (row + u * t.row_lanes) * channels, got[u]);
  }
  for (; row < t.end; row += t.row_lanes) {
    long i = t.origin + row * channels;
    use(i, load(i));
  }
}

// Adds up the row lanes of two sums with a fixed tree; lane 0 gets the result.
template <int N> KFN void sum_lanes(const tile& t, lanes<N>& first, lanes<N>& second) {
  __shared__ float scratch[2 * N * 256];
  int me = threadIdx.x;
#pragma unroll
  for (int k = 0; k < N; k++) {
    scratch[2 * k * 256 + me] = first.v[k];
    scratch[(2 * k + 1) * 256 + me] = second.v[k];
  }
  __syncthreads();
  for (int half = t.row_lanes >> 1; half; half >>= 1) {
    if (t.lane < half) {
#pragma unroll
      for (int k = 0; k < 2 * N; k++) scratch[k * 256 + me] += scratch[k * 256 + me + half * t.columns];
    }
    __syncthreads();
  }
#pragma unroll
  for (int k = 0; k < N; k++) {
    first.v[k] = scratch[2 * k * 256 + me];
    second.v[k] = scratch[(2 * k + 1) * 256 + me];
  }
}

// A chunk's two sums of a channel: [slabs, channels, chunks, 2], so that what a group adds up lies in one run.
KFN double* partial_of(double* partials, const tile& t, int channels, int lane) {
  return partials + 2 * (((long)blockIdx.z * channels + t.channel + lane) * gridDim.y + blockIdx.y);
}

// Rows in one chunk of them.
KFN double rows_of(int chunk, long rows, int chunk_rows) {
  long begin = (long)chunk * chunk_rows;
  return (double)(lmin(rows, begin + chunk_rows) - begin);
}

// ---- forward ---------------------------------------------------------------------------------------------------------------------------

// Sums are of x less the chunk's first row, so that a mean far greater than the deviation costs no digits.
template <int N> KFN void forward_sums(const value* x, double* partials, long rows, int channels, int columns, int chunk_rows) {
  tile t = tile_of<N>(rows, channels, columns, chunk_rows);
  lanes<N> base{}, first{}, second{};
  if (t.active) base = load_lanes<N>(x + t.origin + t.begin * channels);
  for_rows<4>(t, channels, [&](long i) { return load_lanes<N>(x + i); }, [&](long, const lanes<N>& v) {
#pragma unroll
    for (int k = 0; k < N; k++) {
      float d = v.v[k] - base.v[k];
      first.v[k] += d;
      second.v[k] = fma(d, d, second.v[k]);
    }
  });
  sum_lanes(t, first, second);
  if (!t.active || t.lane) return;
  double n = (double)(t.end - t.begin);
#pragma unroll
  for (int k = 0; k < N; k++) {
    double sum = first.v[k], squares = second.v[k] - sum * sum / n;
    double* p = partial_of(partials, t, channels, k);
    p[0] = n * base.v[k] + sum;
    p[1] = squares < 0 ? 0 : squares;
  }
}

/// For each chunk of rows and channel Σx and Σ(x − the chunk's mean)².
KERNEL(norm_sums, 256, const value* x, double* partials, long rows, int channels, int columns, int chunk_rows) {
  if (channels % LANES == 0) forward_sums<LANES>(x, partials, rows, channels, columns, chunk_rows);
  else forward_sums<1>(x, partials, rows, channels, columns, chunk_rows);
}

/// Chunks' sums to the mean and 1/√(σ² + ε) of each slab (grid y) and group (grid x), in double; with running_mean, updates the running
/// statistics with the unbiased variance.
KERNEL(norm_statistics, 128, const double* partials, float* stats, float* running_mean, float* running_variance, long rows, int channels,
       int groups, int chunks, int chunk_rows, float epsilon, float momentum) {
  __shared__ double scratch[33];
  int per_group = channels / groups, items = per_group * chunks;
  long at = (long)blockIdx.y * groups + blockIdx.x;
  const double* p = partials + 2 * at * items;
  double count = (double)rows * per_group;

  double sum = 0;
  for (int i = threadIdx.x; i < items; i += 128) sum += p[2 * (long)i];
  double mean = block_sum(sum, scratch) / count;

  double squares = 0;
  for (int i = threadIdx.x; i < items; i += 128) {
    double n = rows_of(i % chunks, rows, chunk_rows), d = p[2 * (long)i] / n - mean;
    squares += p[2 * (long)i + 1] + n * d * d;
  }
  double variance = block_sum(squares, scratch) / count;

  if (threadIdx.x) return;
  stats[at] = (float)mean;
  stats[(long)gridDim.y * groups + at] = (float)(1.0 / __builtin_sqrt(variance + epsilon));
  if (running_mean) {
    double keep = 1.0 - momentum, unbiased = count / (count > 2 ? count - 1 : 1.0);
    running_mean[at] = (float)(keep * running_mean[at] + momentum * mean);
    running_variance[at] = (float)(keep * running_variance[at] + momentum * variance * unbiased);
  }
}

// Floats of neighbouring channels.
template <int N> KFN lanes<N> load_floats(const float* p) {
  lanes<N> r;
  if constexpr (N == 1) {
    r.v[0] = *p;
  } else {
#pragma unroll
    for (int k = 0; k < N; k += 4) {
      float4 f = *(const float4*)(p + k);
      r.v[k] = f.x; r.v[k + 1] = f.y; r.v[k + 2] = f.z; r.v[k + 3] = f.w;
    }
  }
  return r;
}

// For each of a thread's channels what [slabs, groups] holds for its group.
template <int N> KFN lanes<N> of_groups(const tile& t, const float* values, int channels, int groups) {
  const float* p = values + (long)blockIdx.z * groups;
  if (groups == channels) return load_floats<N>(p + t.channel);
  int per_group = channels / groups;
  lanes<N> r;
#pragma unroll
  for (int k = 0; k < N; k++) r.v[k] = p[(t.channel + k) / per_group];
  return r;
}

template <int N> KFN lanes<N> product(const lanes<N>& a, const lanes<N>& b) {
  lanes<N> r;
#pragma unroll
  for (int k = 0; k < N; k++) r.v[k] = a.v[k] * b.v[k];
  return r;
}

// A value of x, and of what else is read beside it.
template <int N> struct operands { lanes<N> x, other; };

template <int N> KFN void apply(const value* x, const value* residual, const float* stats, const float* gamma, const float* beta, value* y,
                                long rows, int channels, int groups, int columns, int chunk_rows, int relu) {
  tile t = tile_of<N>(rows, channels, columns, chunk_rows);
  if (!t.active) return;
  lanes<N> mean = of_groups<N>(t, stats, channels, groups);
  lanes<N> scale = product(of_groups<N>(t, stats + (long)gridDim.z * groups, channels, groups), load_floats<N>(gamma + t.channel));
  lanes<N> shift = load_floats<N>(beta + t.channel);
  auto load = [&](long i) {
    operands<N> o{load_lanes<N>(x + i), {}};
    if (residual) o.other = load_lanes<N>(residual + i);
    return o;
  };
  for_rows<2>(t, channels, load, [&](long i, const operands<N>& o) {
    lanes<N> out;
#pragma unroll
    for (int k = 0; k < N; k++) {
      float v = fma(o.x.v[k] - mean.v[k], scale.v[k], shift.v[k]) + o.other.v[k];
      out.v[k] = relu && v < 0.0f ? 0.0f : v;
    }
    store_lanes(y + i, out);
  });
}

/// y = γ·(x − μ)/√(σ² + ε) + β (+ residual, where it is not null), with relu max(0, ·); y may be x or residual.
KERNEL(norm_apply, 256, const value* x, const value* residual, const float* stats, const float* gamma, const float* beta, value* y,
       long rows, int channels, int groups, int columns, int chunk_rows, int relu) {
  if (channels % LANES == 0) apply<LANES>(x, residual, stats, gamma, beta, y, rows, channels, groups, columns, chunk_rows, relu);
  else apply<1>(x, residual, stats, gamma, beta, y, rows, channels, groups, columns, chunk_rows, relu);
}

// ---- backward --------------------------------------------------------------------------------------------------------------------------

// x, and dy, or dy·[y > 0] where the normalisation went through a ReLU to y.
template <int N> KFN operands<N> x_and_gradient(const value* x, const value* y, const value* dy, long i) {
  operands<N> o{load_lanes<N>(x + i), load_lanes<N>(dy + i)};
  if (y) {
    lanes<N> out = load_lanes<N>(y + i);
#pragma unroll
    for (int k = 0; k < N; k++) o.other.v[k] = out.v[k] > 0.0f ? o.other.v[k] : 0.0f;
  }
  return o;
}

template <int N> KFN void backward_sums(const value* x, const value* y, const value* dy, const float* stats, double* partials, long rows,
                                        int channels, int groups, int columns, int chunk_rows) {
  tile t = tile_of<N>(rows, channels, columns, chunk_rows);
  lanes<N> mean{}, first{}, second{};
  if (t.active) mean = of_groups<N>(t, stats, channels, groups);
  for_rows<2>(t, channels, [&](long i) { return x_and_gradient<N>(x, y, dy, i); }, [&](long, const operands<N>& o) {
#pragma unroll
    for (int k = 0; k < N; k++) {
      first.v[k] += o.other.v[k];
      second.v[k] = fma(o.other.v[k], o.x.v[k] - mean.v[k], second.v[k]);
    }
  });
  sum_lanes(t, first, second);
  if (!t.active || t.lane) return;
#pragma unroll
  for (int k = 0; k < N; k++) {
    double* p = partial_of(partials, t, channels, k);
    p[0] = first.v[k];
    p[1] = second.v[k];
  }
}

/// For each chunk of rows and channel Σdy and Σdy·(x − μ); where y is not null, dy·[y > 0] in place of dy.
KERNEL(norm_backward_sums, 256, const value* x, const value* y, const value* dy, const float* stats, double* partials, long rows,
       int channels, int groups, int columns, int chunk_rows) {
  if (channels % LANES == 0) backward_sums<LANES>(x, y, dy, stats, partials, rows, channels, groups, columns, chunk_rows);
  else backward_sums<1>(x, y, dy, stats, partials, rows, channels, groups, columns, chunk_rows);
}

/// Adds the chunks' two sums of each of count (slab, channel) pairs: a warp for each.
KERNEL(norm_channel_sums, 128, const double* partials, double* sums, long count, int chunks) {
  long at = (long)blockIdx.x * 4 + (threadIdx.x >> 5);
  if (at >= count) return;
  int lane = threadIdx.x & 31;
  const double* p = partials + 2 * at * chunks;
  double first = 0, second = 0;
  for (int i = lane; i < chunks; i += 32) {
    first += p[2 * (long)i];
    second += p[2 * (long)i + 1];
  }
  first = warp_sum(first);
  second = warp_sum(second);
  if (lane) return;
  sums[2 * at] = first;
  sums[2 * at + 1] = second;
}

/// A thread for each channel writes dγ and dβ (where not null; accumulate adds), one for each slab and group the two numbers with which the
/// last pass takes off the means: −r³/m·Σγ·Σdy·(x − μ) and −r/m·Σγ·Σdy. No slabs (an empty map): gradients are 0.
KERNEL(norm_gradients, 128, const double* sums, const float* stats, const float* gamma, float* dgamma, float* dbeta, float* coefficients,
       long rows, int slabs, int channels, int groups, int accumulate) {
  long i = thread_index();
  int per_group = channels / groups;
  const float* inverses = stats + (long)slabs * groups;
  if (i < channels) {
    double scale = 0, shift = 0;
    for (int slab = 0; slab < slabs; slab++) {
      const double* s = sums + 2 * ((long)slab * channels + i);
      shift += s[0];
      scale += s[1] * inverses[(long)slab * groups + (int)i / per_group];
    }
    if (dgamma) dgamma[i] = (float)scale + (accumulate ? dgamma[i] : 0.0f);
    if (dbeta) dbeta[i] = (float)shift + (accumulate ? dbeta[i] : 0.0f);
  }
  if (i < (long)slabs * groups) {
    int slab = (int)(i / groups), from = (int)(i % groups) * per_group;
    double inverse = inverses[i], count = (double)rows * per_group, first = 0, second = 0;
    for (int c = from; c < from + per_group; c++) {
      const double* s = sums + 2 * ((long)slab * channels + c);
      first += gamma[c] * s[0];
      second += gamma[c] * s[1];
    }
    coefficients[i] = (float)(-inverse * inverse * inverse * second / count);
    coefficients[(long)slabs * groups + i] = (float)(-inverse * first / count);
  }
}

template <int N> KFN void backward_apply(const value* x, const value* y, const value* dy, const float* stats, const float* gamma,
                                         const float* coefficients, value* dx, long rows, int channels, int groups, int columns,
                                         int chunk_rows) {
  tile t = tile_of<N>(rows, channels, columns, chunk_rows);
  if (!t.active) return;
  lanes<N> mean = of_groups<N>(t, stats, channels, groups);
  lanes<N> a = product(of_groups<N>(t, stats + (long)gridDim.z * groups, channels, groups), load_floats<N>(gamma + t.channel));
  lanes<N> b = of_groups<N>(t, coefficients, channels, groups);
  lanes<N> c = of_groups<N>(t, coefficients + (long)gridDim.z * groups, channels, groups);
  for_rows<2>(t, channels, [&](long i) { return x_and_gradient<N>(x, y, dy, i); }, [&](long i, const operands<N>& o) {
    lanes<N> out;
#pragma unroll
    for (int k = 0; k < N; k++) out.v[k] = fma(a.v[k], o.other.v[k], fma(b.v[k], o.x.v[k] - mean.v[k], c.v[k]));
    store_lanes(dx + i, out);
  });
}

/// dx = γr·dy + b·(x − μ) + c with norm_gradients' b and c; where y is not null, dy·[y > 0] in place of dy. dx may be dy.
KERNEL(norm_backward_apply, 256, const value* x, const value* y, const value* dy, const float* stats, const float* gamma,
       const float* coefficients, value* dx, long rows, int channels, int groups, int columns, int chunk_rows) {
  if (channels % LANES == 0) backward_apply<LANES>(x, y, dy, stats, gamma, coefficients, dx, rows, channels, groups, columns, chunk_rows);
  else backward_apply<1>(x, y, dy, stats, gamma, coefficients, dx, rows, channels, groups, columns, chunk_rows);
}
