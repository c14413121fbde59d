// variants: f32 tf32 bf16 f16
// Gradients of a convolution's weights and bias. dw = dyᵀ·x as a matrix product: rows are the destination's channels in a group, columns taps of
// the kernel and the source's channels in the group, depth the cells of dy. The cells fall into chunks that the shape alone decides; each chunk's
// sums lie in float32 until reduce_gradient adds them in order.
#include "conv.h"

constexpr int COLUMNS = 128;
constexpr int GAP = 8;             // values behind a row: what a warp reads at once lies in different banks

struct Problem {
  const value* x;
  const value* dy;
  float* partial;
  int images, height, width, channels, out_height, out_width, out_channels;
  int groups, kernel, stride, padding, chunk_cells;
  long partial_stride;
  bool wide_x, wide_dy;
};

#if defined(TENSOR_CORES)
// The warps' sums: warps lie 2×4 over 64×128, or 1×8 over 16×128.
template <int ROWS> struct Sums {
  static constexpr int DOWN = ROWS / 32 > 0 ? ROWS / 32 : 1;
  static constexpr int WARP_ROWS = ROWS / DOWN;
  static constexpr int WARP_COLUMNS = COLUMNS / (THREADS / 32 / DOWN);
  static constexpr int M = WARP_ROWS / 16;
  static constexpr int N = WARP_COLUMNS / 8;
  float sums[M][N][4];

  // Both matrices lie with the depth as rows.
  KMEMBER void multiply_slice(const value* a, const value* b) {
    constexpr int A = ROWS + GAP, B = COLUMNS + GAP;
    int lane = threadIdx.x & 31, warp = threadIdx.x >> 5;
    a += warp % DOWN * WARP_ROWS;
    b += warp / DOWN * WARP_COLUMNS;
#if defined(VARIANT_TF32)
    a += (lane & 3) * A + (lane >> 2);
    b += (lane & 3) * B + (lane >> 2);
#else
    a += ((lane >> 4) * 8 + (lane & 7)) * A + (lane >> 3 & 1) * 8;
    b += ((lane >> 3 & 1) * 8 + (lane & 7)) * B + (lane >> 4) * 8;
#endif
#pragma unroll
    for (int k = 0; k < DEPTH; k += STEP) {
      reg left[M][4], right[N][2];
#pragma unroll
      for (int m = 0; m < M; m++) {
#if defined(VARIANT_TF32)
#pragma unroll
        for (int i = 0; i < 4; i++) left[m][i] = to_tf32(a[(k + (i >> 1) * 4) * A + m * 16 + (i & 1) * 8]);
#else
        load_matrices_transposed(left[m], a + k * A + m * 16);
#endif
      }
#pragma unroll
      for (int n = 0; n < N; n += 2) {
#if defined(VARIANT_TF32)
#pragma unroll
        for (int i = 0; i < 4; i++) right[n + (i >> 1)][i & 1] = to_tf32(b[(k + (i & 1) * 4) * B + n * 8 + (i >> 1) * 8]);
#else
        reg four[4];
        load_matrices_transposed(four, b + k * B + n * 8);
        right[n][0] = four[0]; right[n][1] = four[1]; right[n + 1][0] = four[2]; right[n + 1][1] = four[3];
#endif
      }
#pragma unroll
      for (int m = 0; m < M; m++)
#pragma unroll
        for (int n = 0; n < N; n++) multiply(sums[m][n], left[m], right[n]);
    }
  }

  template <class F> KMEMBER void each(F&& store) {
    int lane = threadIdx.x & 31, warp = threadIdx.x >> 5;
    int row = warp % DOWN * WARP_ROWS + (lane >> 2), column = warp / DOWN * WARP_COLUMNS + (lane & 3) * 2;
#pragma unroll
    for (int m = 0; m < M; m++)
#pragma unroll
      for (int n = 0; n < N; n++)
#pragma unroll
        for (int i = 0; i < 4; i++) store(row + m * 16 + (i >> 1) * 8, column + n * 8 + (i & 1), sums[m][n][i]);
  }
};
#else
// Four values that lie side by side.
KFN float4 load_four(const value* p) {
#if defined(VARIANT_BF16) || defined(VARIANT_F16)
  unsigned long raw = *(const unsigned long*)p;
  return float4{to_float((value)raw), to_float((value)(raw >> 16)), to_float((value)(raw >> 32)), to_float((value)(raw >> 48))};
#else
  return *(const float4*)p;
#endif
}

// A thread's sums: M rows and two times four columns.
template <int ROWS> struct Sums {
  static constexpr int M = ROWS / 16;
  static constexpr int N = COLUMNS / 16;
  float sums[M][N];

  KMEMBER void multiply_slice(const value* a, const value* b) {
    a += (threadIdx.x >> 4) * M;
    b += (threadIdx.x & 15) * 4;
#pragma unroll
    for (int k = 0; k < DEPTH; k++) {
      float left[4], right[N];
      if constexpr (M == 4) {
        float4 four = load_four(a + k * (ROWS + GAP));
        left[0] = four.x; left[1] = four.y; left[2] = four.z; left[3] = four.w;
      } else {
        left[0] = to_float(a[k * (ROWS + GAP)]);
      }
#pragma unroll
      for (int n = 0; n < N; n += 4) {
        float4 four = load_four(b + k * (COLUMNS + GAP) + n * 16);
        right[n] = four.x; right[n + 1] = four.y; right[n + 2] = four.z; right[n + 3] = four.w;
      }
#pragma unroll
      for (int m = 0; m < M; m++)
#pragma unroll
        for (int n = 0; n < N; n++) sums[m][n] = fma(left[m], right[n], sums[m][n]);
    }
  }

  template <class F> KMEMBER void each(F&& store) {
#pragma unroll
    for (int m = 0; m < M; m++)
#pragma unroll
      for (int n = 0; n < N; n++) store((threadIdx.x >> 4) * M + m, (threadIdx.x & 15) * 4 + (n & 3) + (n >> 2) * 64, sums[m][n]);
  }
};
#endif

// A cell of dy, moved on by slices.
struct Cell {
  int image, y, x;

  KMEMBER void skip(int count, int height, int width) {
    x += count;
    if (x >= width) {
      int lines = x / width;
      x -= lines * width;
      y += lines;
      if (y >= height) {
        int images = y / height;
        y -= images * height;
        image += images;
      }
    }
  }
};

template <int ROWS> KFN void multiply_chunk(const Problem& p) {
  constexpr int A = ROWS + GAP, B = COLUMNS + GAP, STAGE = DEPTH * (A + B);
  alignas(16) __shared__ value ring[STAGES * STAGE];
  static_assert(sizeof(ring) <= 48 * 1024);

  int tid = threadIdx.x, group = blockIdx.y;
  int inputs = p.channels / p.groups, rows = p.out_channels / p.groups, columns = p.kernel * p.kernel * inputs;
  int row_tiles = (rows + ROWS - 1) / ROWS, tiles = row_tiles * ((columns + COLUMNS - 1) / COLUMNS);
  int tile = blockIdx.x % tiles, part = blockIdx.x / tiles;
  int row0 = tile % row_tiles * ROWS, column0 = tile / row_tiles * COLUMNS;
  int cells = p.images * p.out_height * p.out_width;
  int begin = part * p.chunk_cells, end = imin(cells - begin, p.chunk_cells) + begin, slices = (end - begin + DEPTH - 1) / DEPTH;

  // This thread fetches some channels of one cell of dy, and some columns of two cells of x, the same in every slice.
  constexpr int DY_CHUNKS = ROWS / LANES, X_CHUNKS = COLUMNS / LANES, FETCHED = DEPTH * X_CHUNKS / THREADS;
  int dy_row = tid % DY_CHUNKS * LANES, dy_cell = tid / DY_CHUNKS, x_column = tid % X_CHUNKS * LANES, x_cell = tid / X_CHUNKS;
  int output = row0 + dy_row, at = begin + dy_cell;
  const value* dy = p.dy + group * rows;
  const value* x = p.x + group * inputs;
  Tap first{0, 0, 0};
  first.skip(column0 + x_column, inputs, p.kernel);
  Cell seen[FETCHED];
#pragma unroll
  for (int i = 0; i < FETCHED; i++) {
    seen[i] = Cell{0, 0, 0};
    seen[i].skip(begin + x_cell + i * (DEPTH / FETCHED), p.out_height, p.out_width);
  }

  auto x_at = [&](const Cell& cell, const Tap& tap, bool& present) KLAMBDA {
    int y = cell.y * p.stride - p.padding + tap.y, c = cell.x * p.stride - p.padding + tap.x;
    present = tap.y < p.kernel && cell.image < p.images && (unsigned)y < (unsigned)p.height && (unsigned)c < (unsigned)p.width;
    return x + (present ? (((long)cell.image * p.height + y) * p.width + c) * p.channels + tap.c : 0);
  };
  auto load = [&](int slot) KLAMBDA {
    value* a = ring + slot * STAGE + dy_cell * A + dy_row;
    value* b = ring + slot * STAGE + DEPTH * A + x_cell * B + x_column;
    bool here = at < end && dy_cell < DEPTH;
    const value* from = dy + (here ? (long)at * p.out_channels + output : 0);
    if (dy_cell < DEPTH) {
      if (p.wide_dy) {
        fetch(a, here && output < rows ? from : dy, here && output < rows);
      } else {
        int next = output;
        *(uint4*)a = collect([&]() KLAMBDA { bool present = here && next++ < rows; const value* one = from++; return present ? *one : (value)0; });
      }
    }
    bool present;
#pragma unroll
    for (int i = 0; i < FETCHED; i++) {
      value* to = b + i * (DEPTH / FETCHED) * B;
      if (p.wide_x) {
        const value* one = x_at(seen[i], first, present);
        fetch(to, one, present);
      } else {
        Tap tap = first;
        *(uint4*)to = collect([&]() KLAMBDA {
          const value* one = x_at(seen[i], tap, present);
          tap.next(inputs, p.kernel);
          return present ? *one : (value)0;
        });
      }
      seen[i].skip(DEPTH, p.out_height, p.out_width);
    }
    at += DEPTH;
  };

  // Cells of x beyond the chunk's end meet zeros of dy; cells that are not finite would still spoil the sums, so the chunk ends with a slice or
  // with the map.
  Sums<ROWS> sums{};
  int slot = 0, filled = 0;
#pragma unroll 1
  for (int s = 1 - STAGES; s < slices; s++) {
    fetch_wait();
    __syncthreads();
    if (s + STAGES - 1 < slices) load(filled);
    fetch_commit();
    filled = filled + 1 == STAGES ? 0 : filled + 1;
    if (s >= 0) {
      sums.multiply_slice(ring + slot * STAGE, ring + slot * STAGE + DEPTH * A);
      slot = slot + 1 == STAGES ? 0 : slot + 1;
    }
  }

  float* partial = p.partial + part * p.partial_stride + (long)(group * rows) * columns;
  sums.each([&](int row, int column, float sum) KLAMBDA {
    if (row0 + row < rows && column0 + column < columns) partial[(long)(row0 + row) * columns + column0 + column] = sum;
  });
}

/// Sums of dw = dyᵀ·x over the cells of each chunk: chunk i's at partial + i·partial_stride, in the weights' order. chunk_cells is a multiple of
/// 32. Grid: tiles of a group × chunks, groups.
KERNEL(conv_filter_gradient, 256, const value* x, const value* dy, float* partial, int images, int height, int width, int channels,
       int out_height, int out_width, int out_channels, int groups, int kernel, int stride, int padding, int chunk_cells, long partial_stride,
       int wide_x, int wide_dy) {
  multiply_chunk<64>(Problem{x, dy, partial, images, height, width, channels, out_height, out_width, out_channels, groups, kernel, stride, padding,
                             chunk_cells, partial_stride, wide_x != 0, wide_dy != 0});
}

/// conv_filter_gradient for groups of up to 16 channels of dy.
KERNEL(conv_filter_gradient_narrow, 256, const value* x, const value* dy, float* partial, int images, int height, int width, int channels,
       int out_height, int out_width, int out_channels, int groups, int kernel, int stride, int padding, int chunk_cells, long partial_stride,
       int wide_x, int wide_dy) {
  multiply_chunk<16>(Problem{x, dy, partial, images, height, width, channels, out_height, out_width, out_channels, groups, kernel, stride, padding,
                             chunk_cells, partial_stride, wide_x != 0, wide_dy != 0});
}

/// Sums of dy's columns over the cells of each chunk: chunk i's at partial + i·partial_stride. Grid: chunks, runs of 8·LANES channels.
KERNEL(bias_gradient, 256, const value* dy, float* partial, long cells, int channels, int chunk_cells, int partial_stride, int wide) {
  constexpr int PACKS = 8, LINES = THREADS / PACKS;
  __shared__ float tile[LINES][PACKS * LANES + 1];
  int run = threadIdx.x % PACKS * LANES, line = threadIdx.x / PACKS, channel = blockIdx.y * (PACKS * LANES) + run;
  long begin = (long)blockIdx.x * chunk_cells, end = lmin(cells, begin + chunk_cells);
  pack sums{};
  for (long cell = begin + line; cell < end; cell += LINES) {
    const value* from = dy + cell * channels + channel;
    if (wide) {
      if (channel < channels) {
        pack v = load_pack(from);
#pragma unroll
        for (int i = 0; i < LANES; i++) sums.v[i] += v.v[i];
      }
    } else {
#pragma unroll
      for (int i = 0; i < LANES; i++)
        if (channel + i < channels) sums.v[i] += to_float(from[i]);
    }
  }
#pragma unroll
  for (int i = 0; i < LANES; i++) tile[line][run + i] = sums.v[i];
  __syncthreads();
  int column = threadIdx.x, at = blockIdx.y * (PACKS * LANES) + column;
  if (column < PACKS * LANES && at < channels) {
    float sum = 0;
#pragma unroll
    for (int i = 0; i < LINES; i++) sum += tile[i][column];
    partial[(long)blockIdx.x * partial_stride + at] = sum;
  }
}

/// gradient = (accumulate ? gradient : 0) + the sum of the chunks, which lie `stride` apart, in their order.
KERNEL(reduce_gradient, 256, const float* partial, float* gradient, long length, long stride, int chunks, int accumulate, int wide) {
  long packs = wide ? length / 4 : 0;
  for (long i = thread_index(); i < packs; i += thread_count()) {
    float4 sum = float4{0, 0, 0, 0};
#pragma unroll 8
    for (int c = 0; c < chunks; c++) {
      float4 v = *(const float4*)(partial + c * stride + i * 4);
      sum.x += v.x; sum.y += v.y; sum.z += v.z; sum.w += v.w;
    }
    float4* to = (float4*)(gradient + i * 4);
    float4 old = accumulate ? *to : float4{0, 0, 0, 0};
    *to = float4{old.x + sum.x, old.y + sum.y, old.z + sum.z, old.w + sum.w};
  }
  for (long i = packs * 4 + thread_index(); i < length; i += thread_count()) {
    float sum = 0;
    for (int c = 0; c < chunks; c++) sum += partial[c * stride + i];
    gradient[i] = (accumulate ? gradient[i] : 0.0f) + sum;
  }
}
