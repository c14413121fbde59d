// variants: f32 tf32 bf16 f16
// Convolution as a matrix product: rows are cells of the destination, columns its channels in a group, depth the taps of the kernel and the
// source's channels in the group. Nothing is gathered beforehand: a slice's elements are found by their tap.
//
// The gradient with respect to the input is the same product over the filter that transpose_filter turns around. With stride s its cells fall
// into s² phases of equal remainders (y mod s, x mod s): the cells of a phase meet the same taps, every s-th, and cells of the source that lie side
// by side, falling by one with each tap. Forward is the case of one phase, whose cells of the source rise with the tap.
#include "conv.h"

constexpr int ROWS = 128;
constexpr int CHUNKS = 4;                   // of 16 bytes, in a row of a slice
constexpr int PITCH = CHUNKS * 16 + 16;     // bytes from row to row: eight rows' chunks lie in different banks

struct Problem {
  const value* source;
  const value* filter;                      // [channels, kernel, kernel, source channels of a group]
  const float* bias;
  const value* add;
  const value* mask;
  value* destination;
  int images, source_height, source_width, source_channels, height, width, channels;
  int groups, kernel, stride, padding, add_height, add_width;
  bool backward, relu, wide_source, wide_destination;
};

// One axis of a phase: its cells, its taps first, first + step …, and the source's cell that cell 0 meets at the first of them.
struct Axis { int cells, first, taps, start; };

KFN Axis axis_of(const Problem& p, int size, int phase) {
  if (!p.backward) return Axis{size, 0, p.kernel, -p.padding};
  int first = (phase + p.padding) % p.stride;
  int taps = first < p.kernel ? (p.kernel - 1 - first) / p.stride + 1 : 0;
  return Axis{(size - phase + p.stride - 1) / p.stride, first, taps, (phase + p.padding - first) / p.stride};
}

#if defined(TENSOR_CORES)
// The warps' sums: warps lie 4×2 over 128×64, or 8×1 over 128×16.
template <int COLUMNS> struct Sums {
  static constexpr int ACROSS = COLUMNS / 32 > 0 ? COLUMNS / 32 : 1;
  static constexpr int WARP_ROWS = ROWS / (THREADS / 32 / ACROSS);
  static constexpr int WARP_COLUMNS = COLUMNS / ACROSS;
  static constexpr int M = WARP_ROWS / 16;
  static constexpr int N = WARP_COLUMNS / 8;
  float sums[M][N][4];

  // A 16-bit 8×8 matrix is also a float32 8×4 one: fragments of all precisions are loaded alike.
  KMEMBER void multiply_slice(const unsigned char* a, const unsigned char* b) {
    int lane = threadIdx.x & 31, warp = threadIdx.x >> 5;
    a += (warp / ACROSS * WARP_ROWS + (lane & 15)) * PITCH + (lane >> 4) * 16;
    b += (warp % ACROSS * WARP_COLUMNS + (lane >> 4) * 8 + (lane & 7)) * PITCH + (lane >> 3 & 1) * 16;
#pragma unroll
    for (int k = 0; k < DEPTH / STEP; k++) {
      reg left[M][4], right[N][2];
#pragma unroll
      for (int m = 0; m < M; m++) load_matrices(left[m], a + m * 16 * PITCH + k * 32);
#pragma unroll
      for (int n = 0; n < N; n += 2) {
        reg four[4];
        load_matrices(four, b + n * 8 * PITCH + k * 32);
        right[n][0] = four[0]; right[n][1] = four[1]; right[n + 1][0] = four[2]; right[n + 1][1] = four[3];
      }
#if defined(VARIANT_TF32)
#pragma unroll
      for (int m = 0; m < M; m++)
#pragma unroll
        for (int i = 0; i < 4; i++) left[m][i] = to_tf32(__builtin_bit_cast(float, left[m][i]));
#pragma unroll
      for (int n = 0; n < N; n++)
#pragma unroll
        for (int i = 0; i < 2; i++) right[n][i] = to_tf32(__builtin_bit_cast(float, right[n][i]));
#endif
#pragma unroll
      for (int m = 0; m < M; m++)
#pragma unroll
        for (int n = 0; n < N; n++) multiply(sums[m][n], left[m], right[n]);
    }
  }

  KMEMBER void store(float* tile, int pitch) {
    int lane = threadIdx.x & 31, warp = threadIdx.x >> 5;
    tile += (warp / ACROSS * WARP_ROWS + (lane >> 2)) * pitch + warp % ACROSS * WARP_COLUMNS + (lane & 3) * 2;
#pragma unroll
    for (int m = 0; m < M; m++)
#pragma unroll
      for (int n = 0; n < N; n++)
#pragma unroll
        for (int i = 0; i < 4; i++) tile[(m * 16 + (i >> 1) * 8) * pitch + n * 8 + (i & 1)] = sums[m][n][i];
  }
};
#else
// A thread's sums: every 16th row and every 16th column.
template <int COLUMNS> struct Sums {
  static constexpr int M = ROWS / 16;
  static constexpr int N = COLUMNS / 16;
  float sums[M][N];

  KMEMBER void multiply_slice(const unsigned char* a, const unsigned char* b) {
    a += (threadIdx.x >> 4) * PITCH;
    b += (threadIdx.x & 15) * PITCH;
#pragma unroll
    for (int k = 0; k < CHUNKS; k++) {
      pack right[N];
#pragma unroll
      for (int n = 0; n < N; n++) right[n] = load_pack((const value*)(b + n * 16 * PITCH + k * 16));
#pragma unroll
      for (int m = 0; m < M; m++) {
        pack left = load_pack((const value*)(a + m * 16 * PITCH + k * 16));
#pragma unroll
        for (int n = 0; n < N; n++)
#pragma unroll
          for (int i = 0; i < LANES; i++) sums[m][n] = fma(left.v[i], right[n].v[i], sums[m][n]);
      }
    }
  }

  KMEMBER void store(float* tile, int pitch) {
#pragma unroll
    for (int m = 0; m < M; m++)
#pragma unroll
      for (int n = 0; n < N; n++) tile[((threadIdx.x >> 4) + m * 16) * pitch + (threadIdx.x & 15) + n * 16] = sums[m][n];
  }
};
#endif

// (sum + bias + add), then max(0, ·) or · [mask > 0], for W values that lie side by side.
template <int W> KFN void finish(const Problem& p, const float* sums, int channel, int cell, int add_cell) {
  long at = (long)cell * p.channels + channel, add_at = (long)add_cell * p.channels + channel;
  pack v, add{}, mask{};
#pragma unroll
  for (int i = 0; i < W; i++) v.v[i] = sums[i] + (p.bias ? p.bias[channel + i] : 0.0f);
  if (p.add) {
    if (W == 1) add.v[0] = to_float(p.add[add_at]); else add = load_pack(p.add + add_at);
#pragma unroll
    for (int i = 0; i < W; i++) v.v[i] += add.v[i];
  }
  if (p.mask) {
    if (W == 1) mask.v[0] = to_float(p.mask[at]); else mask = load_pack(p.mask + at);
#pragma unroll
    for (int i = 0; i < W; i++) v.v[i] = mask.v[i] > 0.0f ? v.v[i] : 0.0f;
  }
  if (p.relu) {
#pragma unroll
    for (int i = 0; i < W; i++) v.v[i] = v.v[i] < 0.0f ? 0.0f : v.v[i];
  }
  if (W == 1) p.destination[at] = to_value(v.v[0]); else store_pack(p.destination + at, v);
}

template <int COLUMNS> KFN void convolve(const Problem& p) {
  constexpr int STAGE = (ROWS + COLUMNS) * PITCH;
  constexpr int TILE_PITCH = COLUMNS + 4;
  alignas(16) __shared__ unsigned char ring[STAGES * STAGE];
  __shared__ int cells[ROWS], add_cells[ROWS];
  static_assert(ROWS * TILE_PITCH * 4 <= STAGES * STAGE);

  int tid = threadIdx.x, group = blockIdx.y;
  int depth_channels = p.source_channels / p.groups, columns = p.channels / p.groups;
  int column_tiles = (columns + COLUMNS - 1) / COLUMNS;
  int row0 = blockIdx.x / column_tiles * ROWS, column0 = blockIdx.x % column_tiles * COLUMNS;
  int phase_step = p.backward ? p.stride : 1;
  int phase_y = blockIdx.z / phase_step, phase_x = blockIdx.z % phase_step;
  Axis ay = axis_of(p, p.height, phase_y), ax = axis_of(p, p.width, phase_x);
  int rows = p.images * ay.cells * ax.cells;
  if (row0 >= rows) return;

  if (tid < ROWS) {
    int row = row0 + tid, line = row / ax.cells, image = line / ay.cells;
    int y = (line - image * ay.cells) * phase_step + phase_y, x = (row - line * ax.cells) * phase_step + phase_x;
    cells[tid] = row < rows ? (image * p.height + y) * p.width + x : -1;
    if (p.add) {
      add_cells[tid] = (image * p.add_height + (int)((long)y * p.add_height / p.height)) * p.add_width + (int)((long)x * p.add_width / p.width);
    }
  }

  // This thread fetches chunk `chunk` of two rows of the source and of one row of the filter.
  int step = p.backward ? 1 : p.stride, direction = p.backward ? -1 : 1, chunk = tid & (CHUNKS - 1), first_row = tid / CHUNKS;
  constexpr int FETCHED = ROWS * CHUNKS / THREADS;
  int image_cell[FETCHED], start_y[FETCHED], start_x[FETCHED];
#pragma unroll
  for (int i = 0; i < FETCHED; i++) {
    int row = row0 + first_row + i * (THREADS / CHUNKS), line = row / ax.cells, image = line / ay.cells;
    image_cell[i] = image * p.source_height * p.source_width;
    start_y[i] = row < rows ? (line - image * ay.cells) * step + ay.start : -(1 << 30);
    start_x[i] = (row - line * ax.cells) * step + ax.start;
  }
  bool has_column = first_row < COLUMNS && column0 + first_row < columns;
  const value* filter = p.filter + (has_column ? (long)(group * columns + column0 + first_row) * p.kernel * p.kernel * depth_channels : 0);
  const value* source = p.source + group * depth_channels;

  int depth = ay.taps * ax.taps * depth_channels, slices = (depth + DEPTH - 1) / DEPTH;
  Tap at{0, 0, 0};
  if (depth > 0) at.skip(chunk * LANES, depth_channels, ax.taps);

  auto source_at = [&](int i, const Tap& tap, bool& present) KLAMBDA {
    int y = start_y[i] + direction * tap.y, x = start_x[i] + direction * tap.x;
    present = tap.y < ay.taps && (unsigned)y < (unsigned)p.source_height && (unsigned)x < (unsigned)p.source_width;
    return source + (present ? (long)(image_cell[i] + y * p.source_width + x) * p.source_channels + tap.c : 0);
  };
  auto filter_at = [&](const Tap& tap, bool& present) KLAMBDA {
    present = has_column && tap.y < ay.taps;
    int cell = (ay.first + tap.y * phase_step) * p.kernel + ax.first + tap.x * phase_step;
    return filter + (present ? cell * depth_channels + tap.c : 0);
  };
  auto load = [&](int slot) KLAMBDA {
    unsigned char* a = ring + slot * STAGE + first_row * PITCH + chunk * 16;
    unsigned char* b = a + ROWS * PITCH;
    bool present;
    if (p.wide_source) {
#pragma unroll
      for (int i = 0; i < FETCHED; i++) {
        const value* from = source_at(i, at, present);
        fetch(a + i * (THREADS / CHUNKS) * PITCH, from, present);
      }
      const value* from = filter_at(at, present);
      if (first_row < COLUMNS) fetch(b, from, present);
    } else {
#pragma unroll
      for (int i = 0; i < FETCHED; i++) {
        Tap tap = at;
        *(uint4*)(a + i * (THREADS / CHUNKS) * PITCH) = collect([&]() KLAMBDA {
          const value* from = source_at(i, tap, present);
          tap.next(depth_channels, ax.taps);
          return present ? *from : (value)0;
        });
      }
      if (first_row < COLUMNS) {
        Tap tap = at;
        *(uint4*)b = collect([&]() KLAMBDA {
          const value* from = filter_at(tap, present);
          tap.next(depth_channels, ax.taps);
          return present ? *from : (value)0;
        });
      }
    }
    at.skip(DEPTH, depth_channels, ax.taps);
  };

  // The first STAGES − 1 turns only fill the ring: one place in the code fetches, which keeps it small.
  Sums<COLUMNS> sums{};
  int slot = 0, filled = 0;
#pragma unroll 1
  for (int s = 1 - STAGES; s < slices; s++) {
    fetch_wait();
    __syncthreads();
    if (s + STAGES - 1 < slices) load(filled);
    fetch_commit();
    filled = filled + 1 == STAGES ? 0 : filled + 1;
    if (s >= 0) {
      sums.multiply_slice(ring + slot * STAGE, ring + slot * STAGE + ROWS * PITCH);
      slot = slot + 1 == STAGES ? 0 : slot + 1;
    }
  }

  // The sums pass through shared memory, so that values that lie side by side are finished together.
  __syncthreads();
  float* tile = (float*)ring;
  sums.store(tile, TILE_PITCH);
  __syncthreads();
  int across = p.wide_destination ? COLUMNS / LANES : COLUMNS, width = p.wide_destination ? LANES : 1;
  for (int i = tid; i < ROWS * across; i += THREADS) {
    int row = i / across, column = i % across * width, cell = cells[row];
    if (cell < 0 || column0 + column >= columns) continue;
    int channel = group * columns + column0 + column, add_cell = p.add ? add_cells[row] : 0;
    const float* from = tile + row * TILE_PITCH + column;
    if (p.wide_destination) finish<LANES>(p, from, channel, cell, add_cell);
    else finish<1>(p, from, channel, cell, add_cell);
  }
}

/// y = w·x + bias + add, then max(0, ·) or · [mask > 0]; backward = 1: source is dy, destination dx, the filter transposed. Null: absent. add may be
/// coarser and is read at the nearest cell; it may be the destination. Grid: row tiles × column tiles of a group, groups, phases.
KERNEL(conv_gemm, 256, const value* source, const value* filter, const float* bias, const value* add, const value* mask, value* destination,
       int images, int source_height, int source_width, int source_channels, int height, int width, int channels, int groups, int kernel,
       int stride, int padding, int add_height, int add_width, int backward, int relu, int wide_source, int wide_destination) {
  convolve<64>(Problem{source, filter, bias, add, mask, destination, images, source_height, source_width, source_channels, height, width, channels,
                       groups, kernel, stride, padding, add_height, add_width, backward != 0, relu != 0, wide_source != 0, wide_destination != 0});
}

/// conv_gemm for groups of up to 16 channels of the destination.
KERNEL(conv_gemm_narrow, 256, const value* source, const value* filter, const float* bias, const value* add, const value* mask, value* destination,
       int images, int source_height, int source_width, int source_channels, int height, int width, int channels, int groups, int kernel,
       int stride, int padding, int add_height, int add_width, int backward, int relu, int wide_source, int wide_destination) {
  convolve<16>(Problem{source, filter, bias, add, mask, destination, images, source_height, source_width, source_channels, height, width, channels,
                       groups, kernel, stride, padding, add_height, add_width, backward != 0, relu != 0, wide_source != 0, wide_destination != 0});
}

/// [Cout, taps, Cin/groups] to [Cin, taps, Cout/groups], of equal groups. Grid: 32×32 tiles of a group's channels, taps, groups.
KERNEL(transpose_filter, 256, const value* filter, value* transposed, int taps, int inputs, int outputs) {
  __shared__ value tile[32][33];
  int across = (inputs + 31) / 32, tap = blockIdx.y, group = blockIdx.z;
  int output0 = blockIdx.x / across * 32, input0 = blockIdx.x % across * 32, lane = threadIdx.x & 31, line = threadIdx.x >> 5;
#pragma unroll
  for (int i = 0; i < 32; i += 8) {
    int output = output0 + line + i, input = input0 + lane;
    if (output < outputs && input < inputs) tile[line + i][lane] = filter[((long)(group * outputs + output) * taps + tap) * inputs + input];
  }
  __syncthreads();
#pragma unroll
  for (int i = 0; i < 32; i += 8) {
    int input = input0 + line + i, output = output0 + lane;
    if (output < outputs && input < inputs) transposed[((long)(group * inputs + input) * taps + tap) * outputs + output] = tile[lane][line + i];
  }
}
