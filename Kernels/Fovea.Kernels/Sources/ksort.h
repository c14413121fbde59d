// Sorting in one block, and the order of scores that the CPU side calls ScoreOrder.
#pragma once

// Sorts keys, in shared or global memory, ascending; every thread of the block calls it. Each merge begins with a comparison mirrored
// in its run, so that every comparator points upwards: keys behind the last one count as greatest and need no memory.
KFN void block_sort(unsigned long* keys, int count) {
  __syncthreads();
  int half = 1;
  while (half * 2 < count) half *= 2;
  for (int run = 1; run <= half && count > 1; run *= 2) {
    for (int stride = run; stride; stride >>= 1) {
      for (int t = threadIdx.x; t < half; t += blockDim.x) {
        int within = t & (stride - 1), first = 2 * (t - within);
        int low = first + within, high = first + (stride == run ? 2 * stride - 1 - within : stride + within);
        if (high < count) {
          unsigned long a = keys[low], b = keys[high];
          if (b < a) { keys[low] = b; keys[high] = a; }
        }
      }
      __syncthreads();
    }
  }
}

// Keys whose ascending order is "higher score first, equal scores by lower index"; −0 counts as +0, every NaN as the greatest. Devices
// differ in the NaN that arithmetic gives, so none reaches the key.
KFN unsigned long score_key(float score, int index) {
  unsigned bits = score != score ? 0x7fc00000u : __builtin_bit_cast(unsigned, score + 0.0f);
  bits = bits & 0x80000000u ? ~bits : bits | 0x80000000u;
  return (unsigned long)~bits << 32 | (unsigned)index;
}

KFN float key_score(unsigned long key) {
  unsigned bits = ~(unsigned)(key >> 32);
  return __builtin_bit_cast(float, bits & 0x80000000u ? bits & 0x7fffffffu : ~bits);
}
