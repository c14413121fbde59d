// variants: f32 bf16 f16
// From bytes to the network's input: resized bilinearly (align_corners = false), normalised, padded with zeros. CanvasWriter's rules
// and order of operations: mixed horizontally, normalised, mixed vertically.
#include "kdev.h"

// CanvasWriter.SourceIndex.
struct source_index { int first, second; float weight; };

KFN source_index index_of(int target, float origin, float scale, int size) {
  float source = fmax(0.0f, scale * ((float)target + 0.5f) - 0.5f + origin);
  int first = imin((int)source, size - 1);
  return {first, imin(first + 1, size - 1), fmin(fmax(source - (float)first, 0.0f), 1.0f)};
}

struct color { float r, g, b; };

KFN color load_color(const unsigned char* p) { return {(float)p[0], (float)p[1], (float)p[2]}; }
KFN float mix(float a, float b, float weight) { return a * (1.0f - weight) + b * weight; }
KFN color mix(color a, color b, float weight) { return {mix(a.r, b.r, weight), mix(a.g, b.g, weight), mix(a.b, b.b, weight)}; }

/// One image of bytes [source_height, source_width, 3] onto a canvas [canvas_height, canvas_width, 3]. Output c is r·rc + g·gc +
/// b·bc + oc; a source position is scale·(target + ½) − ½ + origin.
KERNEL(normalize_pad, 256, const unsigned char* rgb, value* canvas, int source_width, int source_height, int width, int height,
  int canvas_width, int canvas_height, float origin_x, float origin_y, float scale_x, float scale_y, int flip_x, int flip_y, float r0,
  float r1, float r2, float g0, float g1, float g2, float b0, float b1, float b2, float o0, float o1, float o2) {
  auto apply = [&](color c) -> color {
    return {c.r * r0 + c.g * g0 + c.b * b0 + o0, c.r * r1 + c.g * g1 + c.b * b1 + o1, c.r * r2 + c.g * g2 + c.b * b2 + o2};
  };
  auto pixel = [&](int x, int y) -> color {
    if (x >= width || y >= height) return {0.0f, 0.0f, 0.0f};
    source_index h = index_of(flip_x ? width - 1 - x : x, origin_x, scale_x, source_width);
    source_index v = index_of(flip_y ? height - 1 - y : y, origin_y, scale_y, source_height);
    const unsigned char* upper = rgb + (long)v.first * source_width * 3;
    color c = apply(mix(load_color(upper + h.first * 3), load_color(upper + h.second * 3), h.weight));
    if (v.weight == 0.0f || v.first == v.second) return c;
    const unsigned char* lower = rgb + (long)v.second * source_width * 3;
    return mix(c, apply(mix(load_color(lower + h.first * 3), load_color(lower + h.second * 3), h.weight)), v.weight);
  };

  // LANES pixels are three packs.
  int pixels = canvas_width * canvas_height, groups = (unsigned long)canvas & 15 ? 0 : pixels / LANES;
  for (int i = (int)thread_index(); i < groups; i += (int)thread_count()) {
    int at = i * LANES, y = at / canvas_width, x = at - y * canvas_width;
    pack out[3];
#pragma unroll
    for (int k = 0; k < LANES; k++) {
      color c = pixel(x, y);
      out[3 * k / LANES].v[3 * k % LANES] = c.r;
      out[(3 * k + 1) / LANES].v[(3 * k + 1) % LANES] = c.g;
      out[(3 * k + 2) / LANES].v[(3 * k + 2) % LANES] = c.b;
      if (++x == canvas_width) { x = 0; y++; }
    }
#pragma unroll
    for (int k = 0; k < 3; k++) store_pack(canvas + (long)at * 3 + k * LANES, out[k]);
  }
  for (int at = groups * LANES + (int)thread_index(); at < pixels; at += (int)thread_count()) {
    int y = at / canvas_width;
    color c = pixel(at - y * canvas_width, y);
    value* to = canvas + (long)at * 3;
    to[0] = to_value(c.r);
    to[1] = to_value(c.g);
    to[2] = to_value(c.b);
  }
}
