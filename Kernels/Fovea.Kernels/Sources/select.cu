// variants: f32 bf16 f16
// The first top-k logits of each image by score, then by lower index: a radix select on unique keys, most significant digit first. Each
// pass counts the keys that begin with the digits found so far by their next digit, and finds the digit at which the k-th key lies.
// What is read is the logits alone; keys are never stored before they are chosen.
//
// A key, ascending from best to last: (bits of 1 − bits of the score) << index_bits | index. Positive floats ascend as their bits do.
#include "kdev.h"
#include "ksort.h"

constexpr int BINS = 2048;
constexpr int ONE = 0x3f800000;
constexpr long NONE = -1, NO_LIMIT = 0x7fffffffffffffffL;

// What is known of an image's k-th key; zeros at the start.
enum { PREFIX, TAKEN, LIMIT, DONE, STATE };

KFN long key_of(float logit, int index, float floor, float threshold, int index_bits) {
  // Most logits end here. NaN does, too.
  if (!(logit > floor)) return NONE;
  float score = 1.0f / (1.0f + exact_exp(-logit));
  return score > threshold ? (long)(ONE - float_as_int(score)) << index_bits | index : NONE;
}

// Calls each(key) for all keys of an image: 16 bytes of logits at a time from the first whole ones on.
template <class F> KFN void for_keys(const value* logits, int length, float floor, float threshold, int index_bits, F&& each) {
  int head = imin((int)((16 - ((unsigned long)logits & 15)) & 15) / (int)sizeof(value), length);
  int packs = (length - head) / LANES, tail = head + packs * LANES;
  for (int i = (int)thread_index(); i < packs; i += (int)thread_count()) {
    int at = head + i * LANES;
    pack p = load_pack(logits + at);
#pragma unroll
    for (int lane = 0; lane < LANES; lane++) {
      long key = key_of(p.v[lane], at + lane, floor, threshold, index_bits);
      if (key != NONE) each(key);
    }
  }
  for (int i = (int)thread_index(); i < head + length - tail; i += (int)thread_count()) {
    int at = i < head ? i : tail + i - head;
    long key = key_of(to_float(logits[at]), at, floor, threshold, index_bits);
    if (key != NONE) each(key);
  }
}

/// Adds to histogram [N, 2048] how many keys of each image that begin with its prefix go on with each digit; a digit is so many
/// bits above shift.
KERNEL(select_count, 256, const value* logits, int* histogram, const long* state, int length, float floor, float threshold,
  int index_bits, int shift, int digit_bits) {
  const long* s = state + (long)blockIdx.y * STATE;
  if (s[DONE]) return;
  __shared__ int counts[BINS];
  for (int i = threadIdx.x; i < BINS; i += blockDim.x) counts[i] = 0;
  __syncthreads();
  long prefix = s[PREFIX];
  int mask = (1 << digit_bits) - 1;
  for_keys(logits + (long)blockIdx.y * length, length, floor, threshold, index_bits, [&](long key) {
    if (key >> (shift + digit_bits) == prefix) atomic_add(&counts[(int)(key >> shift) & mask], 1);
  });
  __syncthreads();
  int* total = histogram + (long)blockIdx.y * BINS;
  for (int i = threadIdx.x; i < BINS; i += blockDim.x)
    if (counts[i]) atomic_add(&total[i], counts[i]);
}

/// Finds the digit at which the k-th key lies, and empties the histogram. An image is done when all of its keys, or all with the
/// prefix, are chosen.
KERNEL(select_digit, 256, int* histogram, long* state, int top_k, int shift, int digit_bits) {
  constexpr int EACH = BINS / 256;
  long* s = state + (long)blockIdx.x * STATE;
  if (s[DONE]) return;
  long prefix = s[PREFIX], taken = s[TAKEN];
  int t = threadIdx.x, wanted = top_k - (int)taken, sum = 0;
  int* bins = histogram + (long)blockIdx.x * BINS + t * EACH;
  int counts[EACH];
#pragma unroll
  for (int i = 0; i < EACH; i++) { counts[i] = bins[i]; sum += counts[i]; bins[i] = 0; }

  // Counts of the digits up to this thread's last.
  __shared__ int upto[256];
  upto[t] = sum;
  __syncthreads();
  for (int distance = 1; distance < 256; distance *= 2) {
    int v = t >= distance ? upto[t - distance] : 0;
    __syncthreads();
    upto[t] += v;
    __syncthreads();
  }

  if (upto[255] <= wanted) {
    if (t == 0) { s[LIMIT] = NO_LIMIT; s[DONE] = 1; }
    return;
  }
  int before = upto[t] - sum;
  if (before >= wanted || upto[t] < wanted) return;
  int digit = -1, left = 0, here = 0;
#pragma unroll
  for (int i = 0; i < EACH; i++) {
    if (digit < 0 && before + counts[i] >= wanted) { digit = t * EACH + i; left = wanted - before; here = counts[i]; }
    before += counts[i];
  }
  prefix = prefix << digit_bits | digit;
  s[PREFIX] = prefix;
  s[TAKEN] = top_k - left;
  if (here == left) { s[LIMIT] = (prefix + 1) << shift; s[DONE] = 1; }
}

/// Writes the chosen keys of each image, in any order, to keys [N, top_k]; found [N] counts them. An image that is not done has no
/// more than top_k.
KERNEL(select_gather, 256, const value* logits, const long* state, long* keys, int* found, int top_k, int length, float floor,
  float threshold, int index_bits) {
  const long* s = state + (long)blockIdx.y * STATE;
  long limit = s[DONE] ? s[LIMIT] : NO_LIMIT;
  long* places = keys + (long)blockIdx.y * top_k;
  for_keys(logits + (long)blockIdx.y * length, length, floor, threshold, index_bits, [&](long key) {
    if (key >= limit) return;
    int place = atomic_add(&found[blockIdx.y], 1);
    if (place < top_k) places[place] = key;
  });
}

KFN float clamp_to(float v, float upper) { return v != v ? v : fmin(fmax(v, 0.0f), upper); }

// BoxCoder.Decode, then Box.Clip.
KFN float4 decode_box(const value* deltas, float4 anchor, float height, float width) {
  constexpr float MAXIMUM_LOG_SIZE = 4.135166556742356f;
  float w = anchor.z - anchor.x, h = anchor.w - anchor.y;
  float x = to_float(deltas[0]) * w + (anchor.x + 0.5f * w), y = to_float(deltas[1]) * h + (anchor.y + 0.5f * h);
  float dw = to_float(deltas[2]), dh = to_float(deltas[3]);
  float half_w = 0.5f * (exact_exp(dw > MAXIMUM_LOG_SIZE ? MAXIMUM_LOG_SIZE : dw) * w);
  float half_h = 0.5f * (exact_exp(dh > MAXIMUM_LOG_SIZE ? MAXIMUM_LOG_SIZE : dh) * h);
  return float4{clamp_to(x - half_w, width), clamp_to(y - half_h, height), clamp_to(x + half_w, width), clamp_to(y + half_h, height)};
}

/// Sorts the chosen keys of each image and appends their candidates, best first, as far as there is room. A block for each image;
/// dynamic shared memory for the keys, where in_shared is not 0.
KERNEL(select_finish, 1024, const value* deltas, const float* anchors, long* keys, const int* found, int top_k, int anchor_count,
  int classes_count, int index_bits, float* boxes, float* scores, int* classes, int* counts, const float* sizes, int capacity,
  int in_shared) {
  DYNAMIC_SHARED(unsigned long, sorted);
  long image = blockIdx.x;
  int n = imin(found[image], top_k), filled = counts[image];
  unsigned long* k = (unsigned long*)keys + image * top_k;
  if (in_shared) {
    for (int i = threadIdx.x; i < n; i += blockDim.x) sorted[i] = k[i];
    k = sorted;
  }
  block_sort(k, n);

  int added = imax(0, imin(n, capacity - filled));
  float height = sizes[2 * image], width = sizes[2 * image + 1];
  for (int i = threadIdx.x; i < added; i += blockDim.x) {
    long at = image * capacity + filled + i;
    int index = (int)(k[i] & ((1UL << index_bits) - 1)), anchor = index / classes_count;
    ((float4*)boxes)[at] = decode_box(deltas + (image * anchor_count + anchor) * 4, ((const float4*)anchors)[anchor], height, width);
    scores[at] = int_as_float(ONE - (int)(k[i] >> index_bits));
    classes[at] = index - anchor * classes_count;
  }
  // Every thread has read the count before the sort's barriers.
  if (threadIdx.x == 0) counts[image] = filled + added;
}
