// variants: any
// Greedy non-maximum suppression for each class, a block for each image: the best candidate that is left stays and strikes out those
// behind it. The CPU asks the other way round, candidate by candidate, whether one that stays strikes it out; the pairs and their
// arithmetic are the same.
#include "kdev.h"
#include "ksort.h"

// BoxMath.IoU, operation by operation. A NaN in a box makes its area NaN, and so the result.
KFN float box_area(float4 b) { return (b.z - b.x) * (b.w - b.y); }
KFN float box_iou(float4 a, float4 b) {
  float w = fmin(a.z, b.z) - fmax(a.x, b.x), h = fmin(a.w, b.w) - fmax(a.y, b.y);
  float common = (w < 0.0f ? 0.0f : w) * (h < 0.0f ? 0.0f : h);
  return common / (box_area(a) + box_area(b) - common);
}

/// Sorts each image's candidates and keeps the best ones; sorted boxes and classes [N, capacity] are workspace, as are keys [N,
/// capacity] and struck [N, words of 32 candidates] unless in_shared is not 0. A block of whole warps for each image.
KERNEL(suppress_non_maxima, 1024, const float* boxes, const float* scores, const int* classes, const int* counts, int capacity,
  double threshold, int limit, float* kept_boxes, float* kept_scores, int* kept_classes, int* kept_counts, int kept_capacity,
  float* sorted_boxes, int* sorted_classes, long* key_space, int* struck_space, int in_shared) {
  DYNAMIC_SHARED(unsigned long, shared);
  long image = blockIdx.x, from = image * capacity, to = image * kept_capacity;
  int n = imax(0, imin(counts[image], capacity)), words = (n + 31) >> 5;
  unsigned long* keys = in_shared ? shared : (unsigned long*)key_space + from;
  unsigned* struck = in_shared ? (unsigned*)(shared + capacity) : (unsigned*)struck_space + image * ((capacity + 31) >> 5);
  for (int i = threadIdx.x; i < n; i += blockDim.x) keys[i] = score_key(scores[from + i], i);
  for (int i = threadIdx.x; i < words; i += blockDim.x) struck[i] = 0;
  block_sort(keys, n);

  float4* sorted = (float4*)sorted_boxes + from;
  int* channels = sorted_classes + from;
  for (int i = threadIdx.x; i < n; i += blockDim.x) {
    int candidate = (int)(unsigned)keys[i];
    sorted[i] = ((const float4*)boxes)[from + candidate];
    channels[i] = classes[from + candidate];
  }
  __syncthreads();

  int kept = 0, at = 0, lane = threadIdx.x & 31, warp = threadIdx.x >> 5, warps = blockDim.x >> 5;
  while (kept < limit) {
    // All threads look for the same one. A warp ahead of others strikes out only behind it, which does not change what they find.
    while (at < n) {
      unsigned alive = ~struck[at >> 5] >> (at & 31);
      if (alive) { at += __builtin_ctz(alive); break; }
      at = (at | 31) + 1;
    }
    if (at >= n) break;
    float4 box = sorted[at];
    int channel = channels[at];
    if (threadIdx.x == 0) {
      ((float4*)kept_boxes)[to + kept] = box;
      kept_scores[to + kept] = key_score(keys[at]);
      kept_classes[to + kept] = channel;
    }
    // A word of flags belongs to one warp.
    for (int w = (at >> 5) + warp; w < words; w += warps) {
      int i = w * 32 + lane;
      unsigned old = struck[w];
      bool goes = i > at && i < n && !(old >> lane & 1) && channels[i] == channel && (double)box_iou(box, sorted[i]) > threshold;
      unsigned flags = ballot(goes);
      if (lane == 0 && flags) struck[w] = old | flags;
    }
    kept++;
    at++;
    __syncthreads();
  }
  if (threadIdx.x == 0) kept_counts[image] = kept;
}
