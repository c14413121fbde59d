// variants: f32 bf16 f16
// A normalisation with fixed statistics, absorbed by the convolution before it: w' = w·s, b' = β + (b − μ)·s with s = γ/√(σ² + ε).
// A block for each output channel, whose filter has `filter` weights. Weights are float32 masters; values are their rounded copy.
#include "kdev.h"

KFN float4 times(const float4& a, float s) { return float4{a.x * s, a.y * s, a.z * s, a.w * s}; }

KFN float dot(const float4& a, const float4& b, float sum) { return fma(a.x, b.x, fma(a.y, b.y, fma(a.z, b.z, fma(a.w, b.w, sum)))); }

/// Folded weights and the folded bias, in float32 and, where the copies are not null, rounded. bias may be null.
KERNEL(fold_batch_norm, 128, const float* weight, const float* bias, const float* gamma, const float* beta, const float* mean,
       const float* variance, float* folded, value* folded_values, float* folded_bias,
       value* folded_bias_values, int filter, float epsilon) {
  int o = blockIdx.x;
  float s = gamma[o] / fsqrt(variance[o] + epsilon);
  long first = (long)o * filter;
  if (filter % LANES == 0) {
    for (int i = threadIdx.x * LANES; i < filter; i += 128 * LANES) {
      pack rounded;
#pragma unroll
      for (int k = 0; k < LANES; k += 4) {
        float4 w = times(*(const float4*)(weight + first + i + k), s);
        *(float4*)(folded + first + i + k) = w;
        rounded.v[k] = w.x; rounded.v[k + 1] = w.y; rounded.v[k + 2] = w.z; rounded.v[k + 3] = w.w;
      }
      if (folded_values) store_pack(folded_values + first + i, rounded);
    }
  } else {
    for (int i = threadIdx.x; i < filter; i += 128) {
      float w = weight[first + i] * s;
      folded[first + i] = w;
      if (folded_values) folded_values[first + i] = to_value(w);
    }
  }
  if (threadIdx.x) return;
  float shift = beta[o] + ((bias ? bias[o] : 0.0f) - mean[o]) * s;
  folded_bias[o] = shift;
  if (folded_bias_values) folded_bias_values[o] = to_value(shift);
}

/// dw = dw'·s in place; where dgamma is not null, dγ = (Σ dw'·w + db'·(b − μ))/√(σ² + ε), with db' in dbeta (accumulate adds). bias may be
/// null.
KERNEL(fold_batch_norm_backward, 128, const float* weight, const float* bias, const float* gamma, const float* mean, const float* variance,
       float* dweight, const float* dbeta, float* dgamma, int filter, float epsilon, int accumulate) {
  __shared__ double scratch[33];
  int o = blockIdx.x;
  float reciprocal = 1.0f / fsqrt(variance[o] + epsilon), s = gamma[o] * reciprocal, sum = 0;
  const float* w = weight + (long)o * filter;
  float* dw = dweight + (long)o * filter;
  if (filter % 4 == 0) {
    for (int i = threadIdx.x * 4; i < filter; i += 128 * 4) {
      float4 d = *(const float4*)(dw + i);
      if (dgamma) sum = dot(d, *(const float4*)(w + i), sum);
      *(float4*)(dw + i) = times(d, s);
    }
  } else {
    for (int i = threadIdx.x; i < filter; i += 128) {
      float d = dw[i];
      if (dgamma) sum = fma(d, w[i], sum);
      dw[i] = d * s;
    }
  }
  if (!dgamma) return;
  double total = block_sum((double)sum, scratch);
  if (threadIdx.x) return;
  float d = (float)((total + (double)dbeta[o] * ((bias ? bias[o] : 0.0f) - mean[o])) * reciprocal);
  dgamma[o] = accumulate ? dgamma[o] + d : d;
}
