// variants: f32 bf16 f16
// Box regression losses and their gradients. Encoding and decoding are float32 in torchvision's order of operations, losses and gradients are
// double: there are few foreground anchors, and the IoU losses cancel. Where two coordinates tie, max and min give half of the gradient to
// each; α of CIoU is a constant for the gradient.
#include "kdev.h"

constexpr int LOSS_SCALE = 2;
constexpr double EPSILON = 1e-7;
constexpr double PI_SQUARE = 9.86960440108935861883;
constexpr float MAXIMUM_LOG_SIZE = 4.135166556742356f;

enum Kind { L1, SMOOTH_L1, GIOU, DIOU, CIOU };

struct Deltas { float x, y, w, h; };
struct Corners { double x1, y1, x2, y2; };

// ln x to the last place of float32, in double: 2·artanh((m − 1)/(m + 1)) of the mantissa m in [√½, √2), whose series ends at the power 15.
KFN float exact_log(float x) {
  if (!(x > 0.0f)) return x == 0.0f ? -__builtin_inff() : __builtin_nanf("");
  if (x == __builtin_inff()) return x;
  int shift = x < 1.17549435e-38f ? 24 : 0;
  int bits = float_as_int(shift ? x * 16777216.0f : x);
  int exponent = ((bits - 0x3f3504f3) >> 23);
  double m = (double)int_as_float(bits - (exponent << 23));
  double t = (m - 1.0) / (m + 1.0), s = t * t;
  double p = 1.0 / 15;
  p = p * s + 1.0 / 13;
  p = p * s + 1.0 / 11;
  p = p * s + 1.0 / 9;
  p = p * s + 1.0 / 7;
  p = p * s + 1.0 / 5;
  p = p * s + 1.0 / 3;
  p = p * s + 1.0;
  return (float)(2.0 * t * p + (double)(exponent - shift) * 0.69314718055994530942);
}

// arctan x to the last place of double: Cephes, atan.c.
KFN double atan_of(double signed_x) {
  double x = __builtin_fabs(signed_x);
  bool steep = x > 2.41421356237309504880, middle = !steep && x > 0.66;
  double base = steep ? 1.57079632679489661923 : middle ? 0.78539816339744830962 : 0.0;
  double t = steep ? -1.0 / x : middle ? (x - 1.0) / (x + 1.0) : x;
  double z = t * t;
  double p = (((-8.750608600031904122785e-1 * z - 1.615753718733365076637e1) * z - 7.500855792314704667340e1) * z
              - 1.228866684490136173410e2) * z - 6.485021904942025371773e1;
  double q = ((((z + 2.485846490142306297962e1) * z + 1.650270098316988542046e2) * z + 4.328810604912902668951e2) * z
              + 4.853903996359136964868e2) * z + 1.945506571482613964425e2;
  return __builtin_copysign(base + (t + t * z * (p / q)), signed_x);
}

// What max(a, b) passes to a.
KFN double share(float a, float b) { return a > b ? 1.0 : a == b ? 0.5 : 0.0; }

// |d| or Huber's function of it, as torch: smooth L1 at β = 0 has gradient −1 at d = 0, L1 has 0.
KFN double distance(float d, int kind, float beta, float& gradient) {
  float magnitude = fabs(d);
  if (kind == L1) {
    gradient = d > 0.0f ? 1.0f : d < 0.0f ? -1.0f : d;
    return (double)magnitude;
  }
  gradient = d <= -beta ? -1.0f : d >= beta ? 1.0f : d / beta;
  return magnitude < beta ? 0.5 * (double)magnitude * (double)magnitude / (double)beta : (double)magnitude - 0.5 * (double)beta;
}

KFN double distances(const Deltas& d, float4 a, float4 t, int kind, float beta, Deltas& gradient) {
  float aw = a.z - a.x, ah = a.w - a.y, tw = t.z - t.x, th = t.w - t.y;
  double loss = distance(d.x - (t.x + 0.5f * tw - (a.x + 0.5f * aw)) / aw, kind, beta, gradient.x);
  loss += distance(d.y - (t.y + 0.5f * th - (a.y + 0.5f * ah)) / ah, kind, beta, gradient.y);
  loss += distance(d.w - exact_log(tw / aw), kind, beta, gradient.w);
  return loss + distance(d.h - exact_log(th / ah), kind, beta, gradient.h);
}

// GIoU's (hull − union) / hull.
KFN double hull_term(float4 b, float4 t, double all, double& by_area, double& by_common, Corners& g) {
  double width = (double)fmax(b.z, t.z) - (double)fmin(b.x, t.x), height = (double)fmax(b.w, t.w) - (double)fmin(b.y, t.y);
  double hull = width * height, by_hull = (1.0 - (hull - all) / (hull + EPSILON)) / (hull + EPSILON);
  by_area -= 1.0 / (hull + EPSILON);
  by_common += 1.0 / (hull + EPSILON);
  g.x1 -= by_hull * height * share(t.x, b.x);
  g.y1 -= by_hull * width * share(t.y, b.y);
  g.x2 += by_hull * height * share(b.z, t.z);
  g.y2 += by_hull * width * share(b.w, t.w);
  return (hull - all) / (hull + EPSILON);
}

// DIoU's squared distance of the centres over the squared diagonal of the hull.
KFN double centre_term(float4 b, float4 t, Corners& g) {
  double width = (double)fmax(b.z, t.z) - (double)fmin(b.x, t.x), height = (double)fmax(b.w, t.w) - (double)fmin(b.y, t.y);
  double diagonal = width * width + height * height + EPSILON;
  double dx = ((double)b.x + (double)b.z - (double)t.x - (double)t.z) / 2.0;
  double dy = ((double)b.y + (double)b.w - (double)t.y - (double)t.w) / 2.0;
  double term = (dx * dx + dy * dy) / diagonal, by_width = -2.0 * term / diagonal * width, by_height = -2.0 * term / diagonal * height;
  g.x1 += dx / diagonal - by_width * share(t.x, b.x);
  g.y1 += dy / diagonal - by_height * share(t.y, b.y);
  g.x2 += dx / diagonal + by_width * share(b.z, t.z);
  g.y2 += dy / diagonal + by_height * share(b.w, t.w);
  return term;
}

// CIoU's α·v; 0 for a box without width and height, which has no aspect ratio.
KFN double aspect_term(double width, double height, float4 t, double iou, Corners& g) {
  double square = width * width + height * height, tw = (double)t.z - (double)t.x, th = (double)t.w - (double)t.y;
  if (square == 0.0 || (tw == 0.0 && th == 0.0)) return 0.0;
  double angle = atan_of(tw / th) - atan_of(width / height), v = 4.0 / PI_SQUARE * angle * angle;
  double alpha = v / (1.0 - iou + v + EPSILON), by_ratio = alpha * -8.0 / PI_SQUARE * angle / square;
  g.x1 -= by_ratio * height;
  g.x2 += by_ratio * height;
  g.y1 += by_ratio * width;
  g.y2 -= by_ratio * width;
  return alpha * v;
}

// 1 − GIoU, DIoU or CIoU, and the gradient with respect to the corners of b.
KFN double iou_loss(float4 b, float4 t, int kind, Corners& g) {
  double width = (double)b.z - (double)b.x, height = (double)b.w - (double)b.y;
  double common_width = (double)fmin(b.z, t.z) - (double)fmax(b.x, t.x), common_height = (double)fmin(b.w, t.w) - (double)fmax(b.y, t.y);
  bool overlaps = common_width > 0.0 && common_height > 0.0;
  double common = overlaps ? common_width * common_height : 0.0;
  double all = width * height + ((double)t.z - (double)t.x) * ((double)t.w - (double)t.y) - common, iou = common / (all + EPSILON);
  // d(−iou) = by_common·d(common) + by_area·d(width·height)
  double by_area = common / ((all + EPSILON) * (all + EPSILON)), by_common = -1.0 / (all + EPSILON) - by_area, loss = 1.0 - iou;
  g = Corners{0.0, 0.0, 0.0, 0.0};
  if (kind == GIOU) {
    loss += hull_term(b, t, all, by_area, by_common, g);
  } else {
    loss += centre_term(b, t, g);
    if (kind == CIOU) loss += aspect_term(width, height, t, iou, g);
  }
  if (!overlaps) by_common = 0.0;
  g.x1 -= by_area * height + by_common * common_height * share(b.x, t.x);
  g.y1 -= by_area * width + by_common * common_width * share(b.y, t.y);
  g.x2 += by_area * height + by_common * common_height * share(t.z, b.z);
  g.y2 += by_area * width + by_common * common_width * share(t.w, b.w);
  return loss;
}

// The loss of the decoded box. Where dw or dh is cut off its gradient is 0.
KFN double decoded_loss(const Deltas& d, float4 a, float4 t, int kind, Deltas& gradient) {
  float aw = a.z - a.x, ah = a.w - a.y, x = d.x * aw + (a.x + 0.5f * aw), y = d.y * ah + (a.y + 0.5f * ah);
  float width = exact_exp(d.w > MAXIMUM_LOG_SIZE ? MAXIMUM_LOG_SIZE : d.w), height = exact_exp(d.h > MAXIMUM_LOG_SIZE ? MAXIMUM_LOG_SIZE : d.h);
  float half_width = 0.5f * (width * aw), half_height = 0.5f * (height * ah);
  Corners g;
  double loss = iou_loss(float4{x - half_width, y - half_height, x + half_width, y + half_height}, t, kind, g);
  gradient.x = (float)((g.x1 + g.x2) * (double)aw);
  gradient.y = (float)((g.y1 + g.y2) * (double)ah);
  gradient.w = d.w > MAXIMUM_LOG_SIZE ? 0.0f : (float)(0.5 * (g.x2 - g.x1) * (double)width * (double)aw);
  gradient.h = d.h > MAXIMUM_LOG_SIZE ? 0.0f : (float)(0.5 * (g.y2 - g.y1) * (double)height * (double)ah);
  return loss;
}

// An anchor's four deltas: 16 bytes of float32, 8 of the others.
KFN Deltas load_deltas(const value* p) {
#if defined(VARIANT_BF16) || defined(VARIANT_F16)
  unsigned long raw = *(const unsigned long*)p;
  return Deltas{to_float((value)raw), to_float((value)(raw >> 16)), to_float((value)(raw >> 32)), to_float((value)(raw >> 48))};
#else
  float4 raw = *(const float4*)p;
  return Deltas{raw.x, raw.y, raw.z, raw.w};
#endif
}

KFN void store_deltas(value* p, const Deltas& d) {
#if defined(VARIANT_BF16) || defined(VARIANT_F16)
  unsigned low = (unsigned)to_value(d.x) | (unsigned)to_value(d.y) << 16, high = (unsigned)to_value(d.w) | (unsigned)to_value(d.h) << 16;
  *(unsigned long*)p = (unsigned long)high << 32 | low;
#else
  *(float4*)p = float4{d.x, d.y, d.w, d.h};
#endif
}

// The loss of one foreground anchor, unweighted, and its gradient.
KFN double anchor_loss(const Deltas& d, float4 anchor, float4 truth, int kind, float beta, Deltas& gradient) {
  return kind <= SMOOTH_L1 ? distances(d, anchor, truth, kind, beta, gradient) : decoded_loss(d, anchor, truth, kind, gradient);
}

/// Box loss of the deltas [N, anchors, 4] over foreground anchors, and its gradient, 0 elsewhere; a sum for each block goes to partials. Images
/// weigh weights [N] times `weight`. `kind`: 0 L1, 1 smooth L1, 2 GIoU, 3 DIoU, 4 CIoU. A block is one image and 256 anchors.
KERNEL(box_loss, 256, const value* deltas, const float* boxes, const int* matches, const float* truths, const float* weights, int anchors,
       int capacity, int kind, float beta, float weight, const float* state, value* ddeltas, double* partials) {
  __shared__ double scratch[33];
  long a = thread_index(), row = (long)blockIdx.y * anchors + a;
  double sum = 0.0;
  if (a < anchors) {
    Deltas gradient{0.0f, 0.0f, 0.0f, 0.0f};
    int match = matches[row];
    if (match >= 0) {
      float scale = weights[blockIdx.y] * weight;
      float4 anchor = ((const float4*)boxes)[a], truth = ((const float4*)truths)[(long)blockIdx.y * capacity + match];
      double loss = anchor_loss(load_deltas(deltas + row * 4), anchor, truth, kind, beta, gradient);
      sum = loss * (double)scale;
      scale *= state[LOSS_SCALE];
      gradient = Deltas{gradient.x * scale, gradient.y * scale, gradient.w * scale, gradient.h * scale};
    }
    store_deltas(ddeltas + row * 4, gradient);
  }
  sum = block_sum(sum, scratch);
  if (threadIdx.x == 0) partials[(long)blockIdx.y * gridDim.x + blockIdx.x] = sum;
}

/// Each foreground anchor's box loss times `weight`, 0 elsewhere, into losses [N, count], where the anchors of this level begin at `before`.
/// A block is one image and 256 anchors.
KERNEL(anchor_box_losses, 256, const value* deltas, const float* boxes, const int* matches, const float* truths, int anchors, int capacity,
       int kind, float beta, float weight, int before, int count, float* losses) {
  long a = thread_index(), row = (long)blockIdx.y * anchors + a;
  if (a >= anchors) return;
  Deltas gradient;
  int match = matches[row];
  float loss = 0.0f;
  if (match >= 0) {
    float4 anchor = ((const float4*)boxes)[a], truth = ((const float4*)truths)[(long)blockIdx.y * capacity + match];
    loss = (float)(anchor_loss(load_deltas(deltas + row * 4), anchor, truth, kind, beta, gradient) * (double)weight);
  }
  losses[(long)blockIdx.y * count + before + a] = loss;
}
