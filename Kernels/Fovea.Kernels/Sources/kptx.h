// CUDA's words for clang without a CUDA toolkit.
#pragma once

#define __global__ __attribute__((global))
#define __device__ __attribute__((device))
#define __shared__ __attribute__((shared))
#define KFN static __device__ inline __attribute__((always_inline))
#define KERNEL(name, threads, ...) extern "C" __global__ __attribute__((launch_bounds(threads))) void name(__VA_ARGS__)
#define DYNAMIC_SHARED(type, name) extern __attribute__((shared)) __attribute__((aligned(16))) unsigned char name##_bytes[]; type* name = (type*)name##_bytes

#define KREG(special, variable) \
  struct variable##_t { \
    __declspec(property(get = gx)) int x; __declspec(property(get = gy)) int y; __declspec(property(get = gz)) int z; \
    static KGET gx() { return (int)__nvvm_read_ptx_sreg_##special##_x(); } \
    static KGET gy() { return (int)__nvvm_read_ptx_sreg_##special##_y(); } \
    static KGET gz() { return (int)__nvvm_read_ptx_sreg_##special##_z(); } \
  }; extern const __device__ variable##_t variable;
#define KGET __device__ inline __attribute__((always_inline)) int
KREG(tid, threadIdx) KREG(ctaid, blockIdx) KREG(ntid, blockDim) KREG(nctaid, gridDim)

#define __syncthreads() __nvvm_bar_sync(0)
KFN void __syncwarp() { __nvvm_bar_warp_sync(0xffffffffu); }

KFN float shfl_xor(float v, int mask) { return __nvvm_shfl_sync_bfly_f32(0xffffffffu, v, mask, 0x1f); }
KFN int shfl_xor(int v, int mask) { return __nvvm_shfl_sync_bfly_i32(0xffffffffu, v, mask, 0x1f); }
KFN double shfl_xor(double v, int mask) {
  long bits = __builtin_bit_cast(long, v);
  unsigned low = (unsigned)shfl_xor((int)bits, mask), high = (unsigned)shfl_xor((int)(bits >> 32), mask);
  return __builtin_bit_cast(double, (long)((unsigned long)high << 32 | low));
}
// Warp-wide: a bit for each lane whose predicate holds.
KFN unsigned ballot(bool predicate) { return __nvvm_vote_ballot_sync(0xffffffffu, predicate); }

KFN float exp2_approx(float x) { return __nvvm_ex2_approx_ftz_f(x); }
KFN float log2_approx(float x) { return __nvvm_lg2_approx_ftz_f(x); }

// Whole-number atomics: their order does not show in the result.
KFN int atomic_add(int* p, int v) { return __nvvm_atom_add_gen_i(p, v); }
KFN void atomic_max(int* p, int v) { (void)__nvvm_atom_max_gen_i(p, v); }

KFN unsigned short bf16_bits(float f) {
#if __CUDA_ARCH__ >= 800
  return __builtin_bit_cast(unsigned short, (__bf16)f);
#else
  unsigned u = __builtin_bit_cast(unsigned, f);
  return f != f ? (unsigned short)(u >> 16 | 0x40u) : (unsigned short)((u + 0x7fffu + (u >> 16 & 1u)) >> 16);
#endif
}
KFN unsigned short f16_bits(float f) { return __builtin_bit_cast(unsigned short, (_Float16)f); }
KFN float f16_value(unsigned short h) { return (float)__builtin_bit_cast(_Float16, h); }

// ---- tensor cores and their loads (sm_80) -------------------------------------------------------------------------------------------------
#if __CUDA_ARCH__ >= 800
typedef unsigned reg;
KFN unsigned shared_address(const void* p) { return (unsigned)(unsigned long)(const __attribute__((address_space(3))) void*)p; }

// d += a·b: a 16×16 (4 registers), b 16×8 (2), d 16×8 float32 (4).
KFN void mma_bf16(float* d, const reg* a, const reg* b) {
  asm volatile("mma.sync.aligned.m16n8k16.row.col.f32.bf16.bf16.f32 {%0,%1,%2,%3}, {%4,%5,%6,%7}, {%8,%9}, {%0,%1,%2,%3};"
    : "+f"(d[0]), "+f"(d[1]), "+f"(d[2]), "+f"(d[3]) : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b[0]), "r"(b[1]));
}
KFN void mma_f16(float* d, const reg* a, const reg* b) {
  asm volatile("mma.sync.aligned.m16n8k16.row.col.f32.f16.f16.f32 {%0,%1,%2,%3}, {%4,%5,%6,%7}, {%8,%9}, {%0,%1,%2,%3};"
    : "+f"(d[0]), "+f"(d[1]), "+f"(d[2]), "+f"(d[3]) : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b[0]), "r"(b[1]));
}
// d += a·b: a 16×8 (4 registers), b 8×8 (2), in tf32.
KFN void mma_tf32(float* d, const reg* a, const reg* b) {
  asm volatile("mma.sync.aligned.m16n8k8.row.col.f32.tf32.tf32.f32 {%0,%1,%2,%3}, {%4,%5,%6,%7}, {%8,%9}, {%0,%1,%2,%3};"
    : "+f"(d[0]), "+f"(d[1]), "+f"(d[2]), "+f"(d[3]) : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b[0]), "r"(b[1]));
}
KFN reg to_tf32(float f) { reg r; asm("cvt.rna.tf32.f32 %0, %1;" : "=r"(r) : "f"(f)); return r; }

// Four 8×8 matrices of 16-bit elements; lane l names row l % 8 of matrix l / 8.
KFN void load_matrices(reg* r, const void* row) {
  asm volatile("ldmatrix.sync.aligned.m8n8.x4.shared.b16 {%0,%1,%2,%3}, [%4];"
    : "=r"(r[0]), "=r"(r[1]), "=r"(r[2]), "=r"(r[3]) : "r"(shared_address(row)) : "memory");
}
KFN void load_matrices_transposed(reg* r, const void* row) {
  asm volatile("ldmatrix.sync.aligned.m8n8.x4.trans.shared.b16 {%0,%1,%2,%3}, [%4];"
    : "=r"(r[0]), "=r"(r[1]), "=r"(r[2]), "=r"(r[3]) : "r"(shared_address(row)) : "memory");
}
// 16 bytes from global to shared memory, without a register; zeros where `present` is false.
KFN void copy_async(void* shared, const void* global, bool present) {
  asm volatile("cp.async.cg.shared.global [%0], [%1], 16, %2;" : : "r"(shared_address(shared)), "l"(global), "r"(present ? 16 : 0) : "memory");
}
KFN void copy_commit() { asm volatile("cp.async.commit_group;" : : : "memory"); }
template <int pending> KFN void copy_wait() { asm volatile("cp.async.wait_group %0;" : : "n"(pending) : "memory"); }
#endif
