// variants: f32 bf16 f16
// Passes over memory around a convolution that another library computes: rows of channels padded to whole 16 bytes before it, bias,
// residual, ReLU and masks after it, its gradient into float32. A thread does 16 bytes of the result at a time.
#include "kdev.h"

/// to [rows, padded] is from [rows, channels] with zeros behind each row, then rows of zeros up to all_rows. padded is a multiple of
/// LANES.
KERNEL(pad_channels, 256, const value* from, value* to, long rows, long all_rows, int channels, int padded) {
  int packs = padded / LANES;
  for (long i = thread_index(); i < all_rows * packs; i += thread_count()) {
    long row = i / packs;
    int first = (int)(i - row * packs) * LANES;
    const value* p = from + row * channels + first;
    pack v;
#pragma unroll
    for (int k = 0; k < LANES; k++) v.v[k] = row < rows && first + k < channels ? to_float(p[k]) : 0.0f;
    store_pack(to + i * LANES, v);
  }
}

/// to [cells, channels] = from [cells, stride] without what lies behind the channels, + bias [channels] + add, ·[mask > 0], then max(0, ·)
/// where relu; bias, add and mask may be null, and the last two are like to. to may be add or mask, and from where stride is channels.
KERNEL(finish_convolution, 256, const value* from, value* to, const float* bias, const value* add, const value* mask, long cells,
  int channels, int stride, int relu) {
  auto finish = [&](float v, int channel, float added, float gate) {
    v += (bias ? bias[channel] : 0.0f) + added;
    v = gate > 0.0f ? v : 0.0f;
    return relu && v < 0.0f ? 0.0f : v;
  };
  bool whole = channels % LANES == 0 && stride % LANES == 0;
  long count = cells * channels, packs = count / LANES;
  for (long i = thread_index(); i < packs; i += thread_count()) {
    long at = i * LANES, cell = at / channels;
    int channel = (int)(at - cell * channels);
    const value* p = from + cell * stride;
    pack v, a = add ? load_pack(add + at) : pack{};
    pack m;
#pragma unroll
    for (int k = 0; k < LANES; k++) m.v[k] = 1.0f;
    if (mask) m = load_pack(mask + at);
    if (whole) {
      v = load_pack(p + channel);
#pragma unroll
      for (int k = 0; k < LANES; k++) v.v[k] = finish(v.v[k], channel + k, a.v[k], m.v[k]);
    } else {
#pragma unroll
      for (int k = 0; k < LANES; k++) {
        v.v[k] = finish(to_float(p[channel]), channel, a.v[k], m.v[k]);
        if (++channel == channels) { channel = 0; p += stride; }
      }
    }
    store_pack(to + at, v);
  }
  for (long i = packs * LANES + thread_index(); i < count; i += thread_count()) {
    long cell = i / channels;
    int channel = (int)(i - cell * channels);
    float v = to_float(from[cell * stride + channel]);
    to[i] = to_value(finish(v, channel, add ? to_float(add[i]) : 0.0f, mask ? to_float(mask[i]) : 1.0f));
  }
}

/// gradient [rows, channels] = from [rows, stride] without what lies behind the channels, in float32; accumulate adds.
KERNEL(widen_gradient, 256, const value* from, float* gradient, long rows, int channels, int stride, int accumulate) {
  long count = rows * channels, packs = channels == stride ? count / LANES : 0;
  for (long i = thread_index(); i < packs; i += thread_count()) {
    pack v = load_pack(from + i * LANES);
    float4* to = (float4*)(gradient + i * LANES);
#pragma unroll
    for (int k = 0; k < LANES; k += 4) {
      float4 old = accumulate ? to[k / 4] : float4{0, 0, 0, 0};
      to[k / 4] = float4{old.x + v.v[k], old.y + v.v[k + 1], old.z + v.v[k + 2], old.w + v.v[k + 3]};
    }
  }
  for (long i = packs * LANES + thread_index(); i < count; i += thread_count()) {
    long row = i / channels;
    float v = to_float(from[row * stride + (i - row * channels)]);
    gradient[i] = (accumulate ? gradient[i] : 0.0f) + v;
  }
}
