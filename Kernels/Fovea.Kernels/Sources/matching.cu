// variants: any
// Anchors to ground truth in two passes, so that no matrix of IoUs is kept: first each truth's greatest IoU, then the assignment. IoUs are
// computed in torchvision's order of operations, so that comparisons fall as they do on the CPU. Boxes are x1, y1, x2, y2; how many truths an
// image has is known on the device alone, `capacity` is how many it may have.
#include "kdev.h"

constexpr int BACKGROUND = -1;
constexpr int IGNORED = -2;

KFN float area_of(float4 box) { return (box.z - box.x) * (box.w - box.y); }

// 0 where the boxes have no common part, also where neither has an area; NaN coordinates overlap nothing.
KFN float overlap(float4 truth, float4 anchor) {
  float width = fmax(fmin(anchor.z, truth.z) - fmax(anchor.x, truth.x), 0.0f);
  float height = fmax(fmin(anchor.w, truth.w) - fmax(anchor.y, truth.y), 0.0f);
  float common = width * height;
  if (!(common > 0.0f)) return 0.0f;
  float iou = common / (area_of(truth) + area_of(anchor) - common);
  return iou > 0.0f ? iou : 0.0f;
}

// The share of the anchor that lies in a region.
KFN float covered_by(float4 region, float4 anchor) {
  float width = fmax(fmin(anchor.z, region.z) - fmax(anchor.x, region.x), 0.0f);
  float height = fmax(fmin(anchor.w, region.w) - fmax(anchor.y, region.y), 0.0f);
  float common = width * height;
  return common > 0.0f ? common / area_of(anchor) : 0.0f;
}

KFN int warp_max(int v) {
#pragma unroll
  for (int m = 16; m; m >>= 1) v = imax(v, shfl_xor(v, m));
  return v;
}

KFN int truth_count(const int* counts, int capacity) { return imin(imax(counts[blockIdx.y], 0), capacity); }

/// The greatest IoU of each truth with one level's anchors, as the bits of a float (which are ordered as the numbers, as none is negative), into
/// maxima [N, capacity]; regions, whose class is below 0, are left out; a block is one image and 256 anchors.
KERNEL(truth_maxima, 256, const float* anchors, int count, const float* truths, const int* classes, const int* counts, int capacity,
       int* maxima) {
  int i = (int)thread_index(), found = truth_count(counts, capacity);
  const float4* boxes = (const float4*)truths + (long)blockIdx.y * capacity;
  const int* kinds = classes + (long)blockIdx.y * capacity;
  int* greatest = maxima + (long)blockIdx.y * capacity;
  float4 anchor = i < count ? ((const float4*)anchors)[i] : float4{0.0f, 0.0f, 0.0f, 0.0f};
  for (int g = 0; g < found; g++) {
    if (kinds[g] < 0) continue;
    float iou = i < count ? overlap(boxes[g], anchor) : 0.0f;
    if (ballot(iou > 0.0f)) {
      int best = warp_max(float_as_int(iou));
      // What is read here may be old, but only smaller: at worst an atomic too many.
      if ((threadIdx.x & 31) == 0 && best > greatest[g]) atomic_max(greatest + g, best);
    }
  }
}

/// Each anchor's match [N, count]: the truth of greatest IoU, the first of equal ones, or -1 background, or -2 ignored; with `forces` anchors
/// whose IoU is some truth's greatest are foreground whatever it is, and with `skips` truths that overlap no anchor force none. Background of
/// which a region (class below 0) covers the share background_iou is ignored. Adds to the images' foreground counts. A block is one image and
/// 256 anchors.
KERNEL(assign_anchors, 256, const float* anchors, int count, const float* truths, const int* classes, const int* counts, int capacity,
       const int* maxima, int forces, int skips, float foreground_iou, float background_iou, int* matches, int* foreground) {
  int i = (int)thread_index(), found = truth_count(counts, capacity);
  const float4* boxes = (const float4*)truths + (long)blockIdx.y * capacity;
  const int* kinds = classes + (long)blockIdx.y * capacity;
  const int* greatest = maxima + (long)blockIdx.y * capacity;
  int match = BACKGROUND;
  if (i < count && found > 0) {
    float4 anchor = ((const float4*)anchors)[i];
    float best = 0.0f;
    // What an anchor that overlaps nothing has for its best: the first object, or nothing.
    int index = 0;
    while (index < found && kinds[index] < 0) index++;
    if (index == found) index = BACKGROUND;
    bool forced = false, covered = false;
    for (int g = 0; g < found; g++) {
      if (kinds[g] < 0) {
        covered |= covered_by(boxes[g], anchor) >= background_iou;
        continue;
      }
      float iou = overlap(boxes[g], anchor);
      if (iou > best) { best = iou; index = g; }
      if (forces) {
        float most = int_as_float(greatest[g]);
        forced |= iou == most && !(skips && most == 0.0f);
      }
    }
    match = forced ? index : best < background_iou ? BACKGROUND : best < foreground_iou ? IGNORED : index;
    if (covered && match == BACKGROUND) match = IGNORED;
  }
  if (i < count) matches[(long)blockIdx.y * count + i] = match;
  unsigned lanes = ballot(match >= 0);
  if ((threadIdx.x & 31) == 0 && lanes) atomic_add(foreground + blockIdx.y, __builtin_popcount(lanes));
}

/// What each image's loss sums are multiplied by: 1 / (N · max(1, foreground)), or with `running`, the running mean of the batch's foreground
/// (0: none before, so 100), which it updates, 1 / max(1, mean). One block.
KERNEL(loss_weights, 256, const int* foreground, int images, float* running, float* weights) {
  if (!running) {
    for (int n = threadIdx.x; n < images; n += blockDim.x) weights[n] = (float)(1.0 / ((double)images * (double)imax(1, foreground[n])));
    return;
  }
  __shared__ float mean[1];
  if (threadIdx.x == 0) {
    long total = 0;
    for (int n = 0; n < images; n++) total += foreground[n];
    double before = running[0] == 0.0f ? 100.0 : (double)running[0];
    mean[0] = (float)(0.9 * before + (1.0 - 0.9) * (double)(total > 1 ? total : 1));
    running[0] = mean[0];
  }
  __syncthreads();
  for (int n = threadIdx.x; n < images; n += blockDim.x) weights[n] = 1.0f / fmax(1.0f, mean[0]);
}
