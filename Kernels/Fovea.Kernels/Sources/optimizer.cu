// variants: f32 bf16 f16
// The optimiser's steps over runs of the contiguous buffers, each in one pass, in torch's order of operations; the numbers of a rule lie on the
// device, so that captured work reads new ones. A step also writes the rounded copies of the parameters (`copies`, null in float32). What the
// steps of one iteration tell each other is `state`: 0 the factor of gradients, 1 whether they are finite (1 or 0), 2 the loss scale.
#include "kdev.h"

enum State { FACTOR, FINITE, LOSS_SCALE };

// Elements first … first + count − 1 of buffers that are aligned to 16 bytes: quads, and single ones before and behind.
template <class F> KFN void for_elements(long first, long count, F&& each) {
  long end = first + count, from = lmin((first + 3) / 4 * 4, end), to = from + (end - from) / 4 * 4;
  for (long i = from + thread_index() * 4; i < to; i += thread_count() * 4) each(i, true);
  for (long i = first + thread_index(); i < from; i += thread_count()) each(i, false);
  for (long i = to + thread_index(); i < end; i += thread_count()) each(i, false);
}

KFN float4 load_quad(const float* p, bool whole) { return whole ? *(const float4*)p : float4{*p, 0.0f, 0.0f, 0.0f}; }

KFN void store_quad(float* p, bool whole, float4 v) {
  if (whole) *(float4*)p = v; else *p = v.x;
}

KFN void store_copies(value* p, bool whole, float4 v) {
#if defined(VARIANT_BF16) || defined(VARIANT_F16)
  if (!whole) { *p = to_value(v.x); return; }
  unsigned low = (unsigned)to_value(v.x) | (unsigned)to_value(v.y) << 16, high = (unsigned)to_value(v.z) | (unsigned)to_value(v.w) << 16;
  *(unsigned long*)p = (unsigned long)high << 32 | low;
#else
  store_quad(p, whole, v);
#endif
}

struct Sgd { float factor, rate, momentum, decay; bool nesterov, first, remembers; };

KFN float sgd_one(const Sgd& r, float p, float g, float& buffer) {
  g *= r.factor;
  if (r.decay != 0.0f) g += p * r.decay;
  if (r.remembers) {
    buffer = r.first ? g : buffer * r.momentum + g;
    g = r.nesterov ? g + buffer * r.momentum : buffer;
  }
  return p - g * r.rate;
}

/// One step of stochastic gradient descent; nothing where the gradients are not finite. Rule: learning rate, momentum, weight decay, Nesterov,
/// first step; buffer is null without momentum.
KERNEL(sgd_step, 256, const float* rule, const float* state, float* parameters, const float* gradients, float* buffer, value* copies, long first,
       long count) {
  if (state[FINITE] == 0.0f) return;
  Sgd r{state[FACTOR], rule[0], rule[1], rule[2], rule[3] != 0.0f, rule[4] != 0.0f, buffer != nullptr};
  for_elements(first, count, [&](long i, bool whole) {
    float4 p = load_quad(parameters + i, whole), g = load_quad(gradients + i, whole);
    float4 b = buffer && !r.first ? load_quad(buffer + i, whole) : float4{0.0f, 0.0f, 0.0f, 0.0f};
    p = float4{sgd_one(r, p.x, g.x, b.x), sgd_one(r, p.y, g.y, b.y), sgd_one(r, p.z, g.z, b.z), sgd_one(r, p.w, g.w, b.w)};
    store_quad(parameters + i, whole, p);
    if (buffer) store_quad(buffer + i, whole, b);
    if (copies) store_copies(copies + i, whole, p);
  });
}

struct Adam { float factor, beta1, beta2, one_minus_beta1, one_minus_beta2, step_size, correction, epsilon, shrink, decay; bool greatest; };

KFN float adam_one(const Adam& r, float p, float g, float& first, float& second, float& greatest) {
  g *= r.factor;
  p *= r.shrink;
  g += p * r.decay;
  first = first * r.beta1 + g * r.one_minus_beta1;
  second = second * r.beta2 + g * g * r.one_minus_beta2;
  greatest = !r.greatest || second > greatest || second != second ? second : greatest;
  float denominator = fsqrt(greatest) / r.correction + r.epsilon;
  return p - first / denominator * r.step_size;
}

/// One step of Adam, AdamW or (greatest not null) AMSGrad; nothing where the gradients are not finite. Rule: β₁, β₂, 1 − β₁, 1 − β₂,
/// η/(1 − β₁ᵗ), √(1 − β₂ᵗ), ε, what parameters shrink by, what of them is added to the gradient.
KERNEL(adam_step, 256, const float* rule, const float* state, float* parameters, const float* gradients, float* first_moment,
       float* second_moment, float* greatest, value* copies, long first, long count) {
  if (state[FINITE] == 0.0f) return;
  Adam r{state[FACTOR], rule[0], rule[1], rule[2], rule[3], rule[4], rule[5], rule[6], rule[7], rule[8], greatest != nullptr};
  for_elements(first, count, [&](long i, bool whole) {
    float4 p = load_quad(parameters + i, whole), g = load_quad(gradients + i, whole);
    float4 m = load_quad(first_moment + i, whole), v = load_quad(second_moment + i, whole);
    float4 h = greatest ? load_quad(greatest + i, whole) : float4{0.0f, 0.0f, 0.0f, 0.0f};
    p = float4{adam_one(r, p.x, g.x, m.x, v.x, h.x), adam_one(r, p.y, g.y, m.y, v.y, h.y), adam_one(r, p.z, g.z, m.z, v.z, h.z),
               adam_one(r, p.w, g.w, m.w, v.w, h.w)};
    store_quad(parameters + i, whole, p);
    store_quad(first_moment + i, whole, m);
    store_quad(second_moment + i, whole, v);
    if (greatest) store_quad(greatest + i, whole, h);
    if (copies) store_copies(copies + i, whole, p);
  });
}

/// Σ g² in double: a sum for each block goes to partials.
KERNEL(squared_norm, 256, const float* gradients, long first, long count, double* partials) {
  __shared__ double scratch[33];
  double sum = 0.0;
  for_elements(first, count, [&](long i, bool whole) {
    float4 g = load_quad(gradients + i, whole);
    sum += (double)g.x * (double)g.x + (double)g.y * (double)g.y + ((double)g.z * (double)g.z + (double)g.w * (double)g.w);
  });
  sum = block_sum(sum, scratch);
  if (threadIdx.x == 0) partials[blockIdx.x] = sum;
}

/// The sum of partials in a fixed order, into square[0], whether it is finite, and the factor of gradients: min(1, greatest / (norm + 1e-6)) over
/// the loss scale, where the norm is that of unscaled gradients; greatest 0: no clipping. One block.
KERNEL(clip_factor, 256, const double* partials, int count, double greatest, double* square, float* state) {
  __shared__ double scratch[33];
  double sum = 0.0;
  for (int i = threadIdx.x; i < count; i += blockDim.x) sum += partials[i];
  sum = block_sum(sum, scratch);
  if (threadIdx.x == 0) {
    double scale = (double)state[LOSS_SCALE], norm = __builtin_sqrt(sum) / scale, clip = greatest > 0.0 ? greatest / (norm + 1e-6) : 1.0;
    square[0] = sum;
    state[FINITE] = sum < __builtin_inf() ? 1.0f : 0.0f;
    state[FACTOR] = (float)(clip < 1.0 ? clip : 1.0) / (float)scale;
  }
}

/// Clears the finite flag where one of the numbers (losses) is not finite. One block.
KERNEL(check_finite, 256, const float* numbers, int count, float* state) {
  for (int i = threadIdx.x; i < count; i += blockDim.x)
    if (!(fabs(numbers[i]) < __builtin_inff())) state[FINITE] = 0.0f;
}

/// g ← g·factor.
KERNEL(scale_gradients, 256, float* gradients, long first, long count, float factor) {
  for_elements(first, count, [&](long i, bool whole) {
    float4 g = load_quad(gradients + i, whole);
    store_quad(gradients + i, whole, float4{g.x * factor, g.y * factor, g.z * factor, g.w * factor});
  });
}

/// Adds gradients, without the loss scale, to the sum of a step's batches, which the first of them begins; nothing where they are not finite.
KERNEL(accumulate_gradients, 256, const float* state, const float* gradients, float* sums, int begins, long first, long count) {
  if (state[FINITE] == 0.0f) return;
  float scale = 1.0f / state[LOSS_SCALE];
  for_elements(first, count, [&](long i, bool whole) {
    float4 g = load_quad(gradients + i, whole);
    g = float4{g.x * scale, g.y * scale, g.z * scale, g.w * scale};
    if (!begins) {
      float4 s = load_quad(sums + i, whole);
      g = float4{s.x + g.x, s.y + g.y, s.z + g.z, s.w + g.w};
    }
    store_quad(sums + i, whole, g);
  });
}

/// g ← (Σ + g)/n, where Σ has the other batches' gradients: the mean of a step's n batches, with the loss scale of the last.
KERNEL(mean_gradients, 256, const float* state, float* gradients, const float* sums, float batches, long first, long count) {
  float scale = state[LOSS_SCALE];
  for_elements(first, count, [&](long i, bool whole) {
    float4 g = load_quad(gradients + i, whole), s = load_quad(sums + i, whole);
    g = float4{s.x * scale + g.x, s.y * scale + g.y, s.z * scale + g.z, s.w * scale + g.w};
    store_quad(gradients + i, whole, float4{g.x / batches, g.y / batches, g.z / batches, g.w / batches});
  });
}

KFN float average_one(float rate, float average, float weight) { return average + (weight - average) * rate; }

/// a ← a + rate·(w − a); nothing where the gradients are not finite. Rule: rate.
KERNEL(average_weights, 256, const float* rule, const float* state, const float* weights, float* averages, long first, long count) {
  if (state[FINITE] == 0.0f) return;
  float rate = rule[0];
  for_elements(first, count, [&](long i, bool whole) {
    float4 w = load_quad(weights + i, whole), a = load_quad(averages + i, whole);
    a = float4{average_one(rate, a.x, w.x), average_one(rate, a.y, w.y), average_one(rate, a.z, w.z), average_one(rate, a.w, w.w)};
    store_quad(averages + i, whole, a);
  });
}
