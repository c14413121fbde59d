// The arithmetic: plain loops in double over tensors of any of the three types.
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "cudnn.h"

int64_t size_of_type(int type) { return type == D_FLOAT ? 4 : 2; }

static float from_bfloat16(uint16_t bits) {
  uint32_t wide = (uint32_t)bits << 16;
  float value;
  memcpy(&value, &wide, 4);
  return value;
}

// To the nearest, ties to even.
static float rounded(float value, int dropped) {
  uint32_t bits;
  memcpy(&bits, &value, 4);
  bits += ((1u << (dropped - 1)) - 1) + ((bits >> dropped) & 1);
  bits &= ~((1u << dropped) - 1);
  memcpy(&value, &bits, 4);
  return value;
}

float load(const View* v, int64_t at) {
  if (v->type == D_FLOAT) return ((const float*)v->data)[at];
  return v->type == D_HALF ? (float)((const _Float16*)v->data)[at] : from_bfloat16(((const uint16_t*)v->data)[at]);
}

void store(const View* v, int64_t at, float value) {
  if (v->type == D_FLOAT) {
    ((float*)v->data)[at] = value;
  } else if (v->type == D_HALF) {
    ((_Float16*)v->data)[at] = (_Float16)value;
  } else {
    uint32_t bits;
    value = isnan(value) ? value : rounded(value, 16);
    memcpy(&bits, &value, 4);
    ((uint16_t*)v->data)[at] = (uint16_t)(bits >> 16);
  }
}

static int64_t length(const View* v) { return v->dim[0] * v->dim[1] * v->dim[2] * v->dim[3]; }

// TensorFloat32 keeps ten bits of the mantissa.
static double operand(const View* v, int64_t at, bool tf32) {
  float value = load(v, at);
  return tf32 && v->type == D_FLOAT ? rounded(value, 13) : value;
}

void convolve(int direction, const View* x, const View* w, const View* y, Geometry g, float alpha, float beta) {
  const View* result = direction == OP_FORWARD ? y : direction == OP_BWD_DATA ? x : w;
  double* sums = calloc((size_t)length(result), sizeof(double));
  int64_t each = w->dim[1], groups = x->dim[1] / each, outputs = w->dim[0] / groups;
  for (int64_t n = 0; n < y->dim[0]; n++)
  for (int64_t i = 0; i < y->dim[2]; i++)
  for (int64_t j = 0; j < y->dim[3]; j++)
  for (int64_t o = 0; o < y->dim[1]; o++)
  for (int64_t r = 0; r < w->dim[2]; r++)
  for (int64_t q = 0; q < w->dim[3]; q++) {
    int64_t row = i * g.stride - g.pad + r, column = j * g.stride - g.pad + q;
    if (row < 0 || row >= x->dim[2] || column < 0 || column >= x->dim[3]) continue;
    int64_t yi = n * y->stride[0] + o * y->stride[1] + i * y->stride[2] + j * y->stride[3];
    for (int64_t c = 0; c < each; c++) {
      int64_t xi = n * x->stride[0] + (o / outputs * each + c) * x->stride[1] + row * x->stride[2] + column * x->stride[3];
      int64_t wi = o * w->stride[0] + c * w->stride[1] + r * w->stride[2] + q * w->stride[3];
      if (direction == OP_FORWARD) sums[yi] += operand(x, xi, g.tf32) * operand(w, wi, g.tf32);
      else if (direction == OP_BWD_DATA) sums[xi] += operand(y, yi, g.tf32) * operand(w, wi, g.tf32);
      else sums[wi] += operand(y, yi, g.tf32) * operand(x, xi, g.tf32);
    }
  }
  for (int64_t k = 0; k < length(result); k++) {
    store(result, k, (float)(alpha * sums[k] + (beta == 0 ? 0 : beta * (double)load(result, k))));
  }
  free(sums);
}

void pointwise(int mode, const View* a, const View* b, const View* y) {
  for (int64_t k = 0; k < length(y); k++) {
    // Channels are the fastest axis; a broadcast operand has one value for each channel.
    float first = load(a, k);
    float second = b == NULL ? 0 : load(b, length(b) == length(y) ? k : k % b->dim[1]);
    float value = mode == PW_ADD ? first + second : mode == PW_RELU_FWD ? (first < 0 ? 0 : first) : (first > 0 ? second : 0);
    store(y, k, value);
  }
}
