// variants: f32 bf16 f16
// The losses and their gradients, each in one pass. Loss terms are sums in double with a fixed tree: a sum of each block, then of the blocks.
// Gradients are multiplied by state[2], the loss scale, which lives on the device so that captured work sees it change.
#include "kdev.h"
#include "ksort.h"

constexpr int IGNORED = -2;
constexpr int LOSS_SCALE = 2;

// ---- functions ---------------------------------------------------------------------------------------------------------------------------
#if defined(VARIANT_BF16) || defined(VARIANT_F16)
KFN float loss_exp(float x) { return fast_exp(x); }
#else
KFN float loss_exp(float x) { return exact_exp(x); }
#endif

// ln(1 + e) for 0 ≤ e ≤ 1, relative error 1.3e-7: e times the Chebyshev fit of ln(1 + e) / e around its middle.
KFN float log1p_of(float e) {
  float u = e - 0.5f;
  float p = fma(-0.003256378462538123f, u, 0.005253457929939032f);
  p = fma(p, u, -0.0067429631017148495f);
  p = fma(p, u, 0.011576096527278423f);
  p = fma(p, u, -0.020571598783135414f);
  p = fma(p, u, 0.03663548082113266f);
  p = fma(p, u, -0.06768760830163956f);
  p = fma(p, u, 0.13260900974273682f);
  p = fma(p, u, -0.28852710127830505f);
  p = fma(p, u, 0.8109301924705505f);
  return e * p;
}

// ---- focal loss ----------------------------------------------------------------------------------------------------------------------------
// For a negative target z = x, for a positive one z = −x; e = exp(−|z|), q = σ(z), ce = softplus(z): loss = q^γ·ce and dloss/dz =
// q^γ·(γ·(1 − q)·ce + q), without cancellation for any logit.
// FL* is softplus(u) / γ of u = γ·z − β, with σ(u) as its derivative.
enum Focusing { NONE, LINEAR, SQUARE, POWER, STAR };

template <int focusing> KFN float focal(float z, float gamma, float beta, float& slope) {
  if (focusing == STAR) z = fma(gamma, z, -beta);
  float e = loss_exp(-fabs(z)), r = 1.0f / (1.0f + e), er = e * r;
  float q = z > 0.0f ? r : er, p = z > 0.0f ? er : r;
  float log = log1p_of(e), ce = fmax(z, 0.0f) + log;
  if (focusing == STAR) {
    slope = q;
    return ce / gamma;
  }
  float power = focusing == NONE ? 1.0f : focusing == LINEAR ? q : focusing == SQUARE ? q * q
              : loss_exp(gamma * (fmin(z, 0.0f) - log));
  slope = power * fma(gamma * p, ce, q);
  return power * ce;
}

// What the logits of one anchor have in common: the channel of its class (-1 for background, -2 where it takes part in no loss), and what α and
// the image's weight make of positive and negative targets.
struct Row { long anchor; int image, channel; float positive, negative; };

struct FocalOperands {
  const int *matches, *truth_classes;
  const float* weights;
  int anchors, capacity, classes;
  float positive, negative, gamma, beta, loss_scale;
};

KFN void look_up(const FocalOperands& o, Row& row) {
  while (row.anchor >= (long)(row.image + 1) * o.anchors) row.image++;
  float w = o.weights[row.image];
  int match = o.matches[row.anchor];
  row.positive = o.positive * w;
  row.negative = o.negative * w;
  row.channel = match >= 0 ? o.truth_classes[(long)row.image * o.capacity + match] : match;
}

// A logit's gradient; adds its loss to the sum.
template <int focusing> KFN float focal_gradient(const FocalOperands& o, const Row& row, int channel, float x, float& sum) {
  bool positive = channel == row.channel;
  float slope, loss = focal<focusing>(positive ? -x : x, o.gamma, o.beta, slope), scale = positive ? row.positive : row.negative;
  if (row.channel == IGNORED) return 0.0f;
  sum += loss * scale;
  return (positive ? -slope : slope) * (scale * o.loss_scale);
}

// The loss of this thread's share of the logits [N, anchors, K], taken as one run.
template <int focusing> KFN double focal_share(const FocalOperands& o, const value* logits, value* dlogits, long count) {
  long packs = count / LANES, first = thread_index() * LANES, stride = thread_count() * LANES;
  long anchor = first / o.classes, jump = stride / o.classes;
  int channel = (int)(first - anchor * o.classes), jump_channels = (int)(stride - jump * o.classes), image = 0;
  double sum = 0.0;
  for (; first < packs * LANES; first += stride) {
    Row row{anchor, image, 0, 0.0f, 0.0f};
    look_up(o, row);
    pack x = load_pack(logits + first);
    float part = 0.0f;
    int k = channel;
#pragma unroll
    for (int l = 0; l < LANES; l++, k++) {
      if (k == o.classes) {
        k = 0;
        row.anchor++;
        look_up(o, row);
      }
      x.v[l] = focal_gradient<focusing>(o, row, k, x.v[l], part);
    }
    store_pack(dlogits + first, x);
    sum += (double)part;
    image = row.image;
    anchor += jump;
    channel += jump_channels;
    if (channel >= o.classes) { channel -= o.classes; anchor++; }
  }
  long rest = packs * LANES + thread_index();
  if (rest < count) {
    Row row{rest / o.classes, 0, 0, 0.0f, 0.0f};
    look_up(o, row);
    float part = 0.0f;
    dlogits[rest] = to_value(focal_gradient<focusing>(o, row, (int)(rest - row.anchor * o.classes), to_float(logits[rest]), part));
    sum += (double)part;
  }
  return sum;
}

/// Sigmoid focal loss of the logits [N, anchors, classes] and its gradient; a sum for each block goes to partials. Positive and negative targets
/// weigh `positive` and `negative`, images weigh weights [N]; ignored anchors have gradient 0. `focusing`: 0, 1, 2 for these gammas, 3 for any.
KERNEL(focal_loss, 256, const value* logits, const int* matches, const int* truth_classes, const float* weights, int images, int anchors,
       int capacity, int classes, int focusing, float gamma, float positive, float negative, const float* state, value* dlogits,
       double* partials) {
  __shared__ double scratch[33];
  FocalOperands o{matches, truth_classes, weights, anchors, capacity, classes, positive, negative, gamma, 0.0f, state[LOSS_SCALE]};
  long count = (long)images * anchors * classes;
  double sum = focusing == NONE ? focal_share<NONE>(o, logits, dlogits, count)
             : focusing == LINEAR ? focal_share<LINEAR>(o, logits, dlogits, count)
             : focusing == SQUARE ? focal_share<SQUARE>(o, logits, dlogits, count) : focal_share<POWER>(o, logits, dlogits, count);
  sum = block_sum(sum, scratch);
  if (threadIdx.x == 0) partials[blockIdx.x] = sum;
}

/// FL* of the logits [N, anchors, classes] and its gradient, as focal_loss; targets of both kinds weigh `weight`.
KERNEL(focal_loss_star, 256, const value* logits, const int* matches, const int* truth_classes, const float* weights, int images, int anchors,
       int capacity, int classes, float gamma, float beta, float weight, const float* state, value* dlogits, double* partials) {
  __shared__ double scratch[33];
  FocalOperands o{matches, truth_classes, weights, anchors, capacity, classes, weight, weight, gamma, beta, state[LOSS_SCALE]};
  double sum = block_sum(focal_share<STAR>(o, logits, dlogits, (long)images * anchors * classes), scratch);
  if (threadIdx.x == 0) partials[blockIdx.x] = sum;
}

/// The cross-entropy of each anchor's logits [N, anchors, classes] and its box loss [N, count] as a key (ksort.h) in keys [N, count], where the
/// anchors of this level begin at `before`; that of an ignored anchor is the greatest there is. A block is one image and 256 anchors.
KERNEL(hard_example_keys, 256, const value* logits, const int* matches, const int* truth_classes, const float* box_losses, int anchors,
       int capacity, int classes, int before, int count, long* keys) {
  int a = (int)thread_index();
  if (a >= anchors) return;
  long row = (long)blockIdx.y * anchors + a, to = (long)blockIdx.y * count + before + a;
  int match = matches[row], channel = match >= 0 ? truth_classes[(long)blockIdx.y * capacity + match] : match;
  double sum = (double)box_losses[to];
  for (int k = 0; k < classes; k++) {
    float slope, x = to_float(logits[row * classes + k]);
    sum += (double)focal<NONE>(k == channel ? -x : x, 0.0f, 0.0f, slope);
  }
  keys[to] = match == IGNORED ? -1L : (long)score_key((float)sum, before + a);
}

/// The sum of partials, in a fixed order, into a loss term. One block.
KERNEL(loss_total, 256, const double* partials, int count, float* loss) {
  __shared__ double scratch[33];
  double sum = 0.0;
  for (int i = threadIdx.x; i < count; i += blockDim.x) sum += partials[i];
  sum = block_sum(sum, scratch);
  if (threadIdx.x == 0) loss[0] = (float)sum;
}
