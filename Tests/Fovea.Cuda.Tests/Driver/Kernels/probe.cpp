// Kernels for the simulated GPU that show what arrived: arguments of every size, and the launch's shape.
#include <cstdint>

#define EXPORT extern "C" __attribute__((visibility("default")))

EXPORT const char host_show_sizes[] = {8, 4, 8, 4, 8, 0};
EXPORT const char host_scale_sizes[] = {8, 8, 4, 4, 0};

// show(double* out, int a, long b, float c, double d)
EXPORT void host_show(int gx, int gy, int gz, int bx, int by, int bz, unsigned shared, void** arguments) {
  auto* out = *static_cast<double**>(arguments[0]);
  double values[] = {double(*static_cast<int32_t*>(arguments[1])), double(*static_cast<int64_t*>(arguments[2])),
                     double(*static_cast<float*>(arguments[3])), *static_cast<double*>(arguments[4]),
                     double(gx), double(gy), double(gz), double(bx), double(by), double(bz), double(shared)};
  for (auto value : values) *out++ = value;
}

// scale(float* y, const float* x, float factor, int count): y = x·factor
EXPORT void host_scale(int, int, int, int, int, int, unsigned, void** arguments) {
  auto* y = *static_cast<float**>(arguments[0]);
  auto* x = *static_cast<const float**>(arguments[1]);
  auto factor = *static_cast<float*>(arguments[2]);
  auto count = *static_cast<int32_t*>(arguments[3]);
  for (int i = 0; i < count; i++) y[i] = x[i] * factor;
}
