// variants: f32 bf16 f16
// Maximum over 3×3 windows with stride 2 and padding 1, and nearest upsampling to an exact size. Grid: y images, x strides over an image's
// cells and packs of channels, counted in 32 bits.
#include "lanes.h"

struct place { int row, column, channel; };

// Each (row, column, first channel) of an image of rows × columns cells that falls to this thread.
template <int N, class F> KFN void for_cells(int rows, int columns, int channels, F&& each) {
  int packs = channels / N, row_length = columns * packs, count = rows * row_length;
  for (long i = thread_index(); i < count; i += thread_count()) {
    int row = (int)i / row_length, rest = (int)i - row * row_length, column = rest / packs;
    each(place{row, column, (rest - column * packs) * N});
  }
}

// An element of image blockIdx.y.
KFN long element(int row, int column, int channel, int height, int width, int channels) {
  return (((long)blockIdx.y * height + row) * width + column) * channels + channel;
}

// NaN wins, as in torch.
KFN float max_or_nan(float a, float b) { return a > b || a != a ? a : b; }

template <int N> KFN void max_pool_cells(const value* x, value* y, int height, int width, int channels) {
  int rows = (height + 1) / 2, columns = (width + 1) / 2;
  for_cells<N>(rows, columns, channels, [&](place p) {
    lanes<N> best{};
#pragma unroll
    for (int r = -1; r < 2; r++) {
#pragma unroll
      for (int s = -1; s < 2; s++) {
        // A place outside repeats its neighbour inside: that changes no maximum.
        int h = imin(imax(2 * p.row + r, 0), height - 1), w = imin(imax(2 * p.column + s, 0), width - 1);
        lanes<N> v = load_lanes<N>(x + element(h, w, p.channel, height, width, channels));
#pragma unroll
        for (int k = 0; k < N; k++) best.v[k] = r == -1 && s == -1 ? v.v[k] : max_or_nan(best.v[k], v.v[k]);
      }
    }
    store_lanes(y + element(p.row, p.column, p.channel, rows, columns, channels), best);
  });
}

/// y[i, j] = max of x's 3×3 cells around (2i, 2j), −∞ outside; x is height × width.
KERNEL(max_pool, 256, const value* x, value* y, int height, int width, int channels) {
  if (channels % LANES == 0) max_pool_cells<LANES>(x, y, height, width, channels);
  else max_pool_cells<1>(x, y, height, width, channels);
}

// A window whose dy is being given to the first cell equal to its maximum, and to no later one.
template <int N> struct pool_window {
  const value *x, *y, *dy;
  int height, width, channels, channel;
  lanes<N> maximum, rest;
};

// Whether there is a window (i, j); if so it is visited from its first cell.
template <int N> KFN bool open(pool_window<N>& g, int i, int j) {
  int rows = (g.height + 1) / 2, columns = (g.width + 1) / 2;
  if (i >= rows || j >= columns) return false;
  long at = element(i, j, g.channel, rows, columns, g.channels);
  g.maximum = load_lanes<N>(g.y + at);
  g.rest = load_lanes<N>(g.dy + at);
  return true;
}

// Cell (h, w), the next in the window's order, adds to `sum` what it is due.
template <int N> KFN void give(pool_window<N>& g, int h, int w, lanes<N>& sum) {
  if (h < 0 || h >= g.height || w < 0 || w >= g.width) return;
  lanes<N> v = load_lanes<N>(g.x + element(h, w, g.channel, g.height, g.width, g.channels));
#pragma unroll
  for (int k = 0; k < N; k++) {
    bool here = v.v[k] == g.maximum.v[k];
    sum.v[k] += here ? g.rest.v[k] : 0.0f;
    g.rest.v[k] = here ? 0.0f : g.rest.v[k];
  }
}

// A cell of another thread's block takes its due, and this thread forgets it.
template <int N> KFN void pass(pool_window<N>& g, int h, int w) {
  lanes<N> other{};
  give(g, h, w, other);
}

template <int N>
KFN void max_pool_backward_cells(const value* x, const value* y, const value* dy, value* dx, int height, int width, int channels) {
  for_cells<N>((height + 1) / 2, (width + 1) / 2, channels, [&](place p) {
    pool_window<N> g{x, y, dy, height, width, channels, p.channel, {}, {}};
    lanes<N> a{}, b{}, c{}, d{};  // dx at (h, w), (h, w + 1), (h + 1, w), (h + 1, w + 1)
    int i = p.row, j = p.column, h = 2 * i, w = 2 * j;
    if (open(g, i, j)) {
      pass(g, h - 1, w - 1); pass(g, h - 1, w); pass(g, h - 1, w + 1);
      pass(g, h, w - 1); give(g, h, w, a); give(g, h, w + 1, b);
      pass(g, h + 1, w - 1); give(g, h + 1, w, c); give(g, h + 1, w + 1, d);
    }
    if (open(g, i, j + 1)) {
      pass(g, h - 1, w + 1); pass(g, h - 1, w + 2); pass(g, h - 1, w + 3);
      give(g, h, w + 1, b); pass(g, h, w + 2); pass(g, h, w + 3);
      give(g, h + 1, w + 1, d);
    }
    if (open(g, i + 1, j)) { pass(g, h + 1, w - 1); give(g, h + 1, w, c); give(g, h + 1, w + 1, d); }
    if (open(g, i + 1, j + 1)) give(g, h + 1, w + 1, d);

    bool right = w + 1 < width;
    store_lanes(dx + element(h, w, p.channel, height, width, channels), a);
    if (right) store_lanes(dx + element(h, w + 1, p.channel, height, width, channels), b);
    if (h + 1 >= height) return;
    store_lanes(dx + element(h + 1, w, p.channel, height, width, channels), c);
    if (right) store_lanes(dx + element(h + 1, w + 1, p.channel, height, width, channels), d);
  });
}

/// dx: each dy goes to the first maximum, row by row, of its window of x. A thread gathers for a 2×2 block of dx; x is height × width.
KERNEL(max_pool_backward, 256, const value* x, const value* y, const value* dy, value* dx, int height, int width, int channels) {
  if (channels % LANES == 0) max_pool_backward_cells<LANES>(x, y, dy, dx, height, width, channels);
  else max_pool_backward_cells<1>(x, y, dy, dx, height, width, channels);
}

// The first row of `large` that reads row h of `small`.
KFN int first_reader(int h, int large, int small) { return (int)(((long)h * large + small - 1) / small); }

template <int N> KFN void upsample_backward_cells(const value* dy, const value* accumulate, value* dtop, int height, int width,
                                                  int top_height, int top_width, int channels) {
  for_cells<N>(top_height, top_width, channels, [&](place p) {
    int end_row = first_reader(p.row + 1, height, top_height), end_column = first_reader(p.column + 1, width, top_width);
    int begin_column = first_reader(p.column, width, top_width);
    lanes<N> sum{};
    for (int h = first_reader(p.row, height, top_height); h < end_row; h++) {
      for (int w = begin_column; w < end_column; w++) {
        lanes<N> v = load_lanes<N>(dy + element(h, w, p.channel, height, width, channels));
#pragma unroll
        for (int k = 0; k < N; k++) sum.v[k] += v.v[k];
      }
    }
    long at = element(p.row, p.column, p.channel, top_height, top_width, channels);
    if (accumulate) {
      lanes<N> v = load_lanes<N>(accumulate + at);
#pragma unroll
      for (int k = 0; k < N; k++) sum.v[k] += v.v[k];
    }
    store_lanes(dtop + at, sum);
  });
}

/// dtop = Σ of the cells of dy (height × width) that nearest upsampling read from it (+ accumulate, where it is not null); dtop may be
/// accumulate.
KERNEL(upsample_backward, 256, const value* dy, const value* accumulate, value* dtop, int height, int width, int top_height, int top_width,
       int channels) {
  if (channels % LANES == 0) upsample_backward_cells<LANES>(dy, accumulate, dtop, height, width, top_height, top_width, channels);
  else upsample_backward_cells<1>(dy, accumulate, dtop, height, width, top_height, top_width, channels);
}

template <int N> KFN void upsample_add_cells(const value* x, const value* top, value* y, int height, int width, int top_height,
                                             int top_width, int channels) {
  for_cells<N>(height, width, channels, [&](place p) {
    int h = (int)((long)p.row * top_height / height), w = (int)((long)p.column * top_width / width);
    long at = element(p.row, p.column, p.channel, height, width, channels);
    lanes<N> v = load_lanes<N>(x + at), t = load_lanes<N>(top + element(h, w, p.channel, top_height, top_width, channels));
#pragma unroll
    for (int k = 0; k < N; k++) v.v[k] += t.v[k];
    store_lanes(y + at, v);
  });
}

/// y = x + nearest(top): row i of y (height × width) reads row ⌊i·top_height/height⌋ of top; y may be x.
KERNEL(upsample_add, 256, const value* x, const value* top, value* y, int height, int width, int top_height, int top_width, int channels) {
  if (channels % LANES == 0) upsample_add_cells<LANES>(x, top, y, height, width, top_height, top_width, channels);
  else upsample_add_cells<1>(x, top, y, height, width, top_height, top_width, channels);
}
