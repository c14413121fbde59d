// variants: any
// Online hard example mining: which anchors stay when each, best first, strikes out those that it overlaps. Whether one stays depends on
// better neighbours alone, so a block decides all whose better neighbours are decided, again and again; what is found does not depend on
// the order. Anchors are grids, the A boxes of a level's first cell shifted by a constant step for each cell, which bounds where neighbours are.
#include "kdev.h"

constexpr int IGNORED = -2;
constexpr float SLACK = 0.25f;

// An anchor's state; FOREGROUND beside one of the others.
enum State { OPEN = 0, STAYS = 1, GOES = 2, FOREGROUND = 4 };

// BoxMath.IoU, operation by operation.
KFN float area_of(float4 box) { return (box.z - box.x) * (box.w - box.y); }
KFN float iou_of(float4 a, float4 b) {
  float w = fmin(a.z, b.z) - fmax(a.x, b.x), h = fmin(a.w, b.w) - fmax(a.y, b.y);
  float common = (w < 0.0f ? 0.0f : w) * (h < 0.0f ? 0.0f : h);
  return common / (area_of(a) + area_of(b) - common);
}

struct Range { int first, last; };

// The cells along one axis whose boxes can have `common` in common with an interval; AnchorNeighbours on the CPU.
KFN Range cells(float low, float high, float last_low, int count, float box_low, float box_high, float common) {
  if (count == 1) return Range{0, 0};
  float step = (last_low - low) / (float)(count - 1), reach = 0.5f * (high - low + box_high - box_low) - common + SLACK * step;
  float centre = 0.5f * (box_low + box_high - low - high);
  return Range{(int)fmax(0.0f, __builtin_ceilf((centre - reach) / step)),
               (int)fmin((float)(count - 1), __builtin_floorf((centre + reach) / step))};
}

struct Pyramid { const float4* boxes; int height, width, per_cell, levels; };

// What becomes of an anchor, as far as its better neighbours are decided.
KFN int verdict(const Pyramid& p, const unsigned long* keys, const int* states, int a, double threshold) {
  float4 box = p.boxes[a];
  float t = (float)threshold;
  unsigned long key = keys[a];
  bool waits = false;
  for (int level = 0, before = 0, height = p.height, width = p.width; level < p.levels; level++) {
    for (int k = 0; k < p.per_cell; k++) {
      const float4* grid = p.boxes + before + k;
      float4 first = grid[0], end_x = grid[(long)(width - 1) * p.per_cell], end_y = grid[(long)(height - 1) * width * p.per_cell];
      float common = t * fmax(area_of(box), area_of(first));
      Range rows = cells(first.y, first.w, end_y.y, height, box.y, box.w, common / fmin(box.z - box.x, first.z - first.x));
      Range columns = cells(first.x, first.z, end_x.x, width, box.x, box.z, common / fmin(box.w - box.y, first.w - first.y));
      for (int y = rows.first; y <= rows.last; y++) {
        for (int x = columns.first; x <= columns.last; x++) {
          int other = before + (y * width + x) * p.per_cell + k, state = states[other];
          if (state & GOES || keys[other] >= key || !((double)iou_of(p.boxes[other], box) > threshold)) continue;
          if (state & STAYS) return GOES;
          waits = true;
        }
      }
    }
    before += height * width * p.per_cell;
    height = (height + 1) >> 1;
    width = (width + 1) >> 1;
  }
  return waits ? OPEN : STAYS;
}

// The key of the last of the best `wanted` anchors whose state is one of two; the greatest there is where there are fewer.
KFN unsigned long bound_of(const unsigned long* keys, const int* states, int count, int one, int other, int wanted, int* scratch) {
  unsigned long bound = 0;
  for (int bit = 63; bit >= 0; bit--) {
    unsigned long upper = bound | ((1UL << bit) - 1UL);
    int found = 0;
    for (int a = threadIdx.x; a < count; a += blockDim.x) found += (states[a] == one || states[a] == other) && keys[a] <= upper;
    if (block_sum(found, scratch) < wanted) bound |= 1UL << bit;
  }
  return bound;
}

/// The matches [N, anchors of a level], level after level, of the anchors that are kept; all others are ignored. Keys and states [N, count] are
/// those of all levels; states are workspace. Kept are the best `batch` that stay; with a ratio, of them the best batch / (1 + ratio) foreground
/// and at most `ratio` background for each. Counts the foreground that is kept. A block for each image.
KERNEL(choose_hard_examples, 1024, const float* boxes, const int* matches, const long* key_space, int* state_space, int images, int height,
       int width, int per_cell, int levels, int count, double threshold, int batch, int ratio, int* selected, int* foreground) {
  __shared__ int scratch[33];
  long image = blockIdx.x;
  const unsigned long* keys = (const unsigned long*)key_space + image * count;
  int* states = state_space + image * count;
  Pyramid p{(const float4*)boxes, height, width, per_cell, levels};
  for (int level = 0, before = 0, h = height, w = width; level < levels; level++) {
    int here = h * w * per_cell;
    const int* of = matches + (long)images * before + image * here;
    for (int a = threadIdx.x; a < here; a += blockDim.x) states[before + a] = of[a] == IGNORED ? GOES : of[a] >= 0 ? FOREGROUND : OPEN;
    before += here;
    h = (h + 1) >> 1;
    w = (w + 1) >> 1;
  }
  __syncthreads();
  int waiting = 1;
  while (waiting) {
    int mine = 0;
    for (int a = threadIdx.x; a < count; a += blockDim.x) {
      if (states[a] & (STAYS | GOES)) continue;
      // A neighbour that is decided meanwhile may be seen as it was: then it is this one's turn later.
      int found = verdict(p, keys, states, a, threshold);
      if (found == OPEN) mine++;
      else states[a] |= found;
    }
    waiting = block_sum(mine, scratch);
  }

  constexpr int hit = STAYS | FOREGROUND;
  int limit = ratio ? batch / (1 + ratio) : batch;
  unsigned long best = bound_of(keys, states, count, hit, ratio ? hit : STAYS, limit, scratch), rest = best;
  int mine = 0;
  for (int a = threadIdx.x; a < count; a += blockDim.x) mine += states[a] == hit && keys[a] <= best;
  int kept = block_sum(mine, scratch);
  if (ratio) rest = bound_of(keys, states, count, STAYS, STAYS, (int)lmin((long)ratio * imax(1, kept), batch - kept), scratch);
  if (threadIdx.x == 0) foreground[image] = kept;
  for (int level = 0, before = 0, h = height, w = width; level < levels; level++) {
    int here = h * w * per_cell;
    long from = (long)images * before + image * here;
    for (int a = threadIdx.x; a < here; a += blockDim.x) {
      int state = states[before + a];
      bool stays = state == hit ? keys[before + a] <= best : state == STAYS && keys[before + a] <= rest;
      selected[from + a] = stays ? matches[from + a] : IGNORED;
    }
    before += here;
    h = (h + 1) >> 1;
    w = (w + 1) >> 1;
  }
}
