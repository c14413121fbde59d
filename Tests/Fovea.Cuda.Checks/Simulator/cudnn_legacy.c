// The legacy convolution API over the same arithmetic.
#include <stdlib.h>
#include <string.h>

#include "cudnn.h"

typedef struct { int type, dim[4]; bool set; } Tensor;
typedef struct { int pad, stride, groups, math; bool set; } Convolution;
typedef struct { int mode; bool set; } Activation;
typedef struct { int algorithm, status; float time; size_t memory; int determinism, math, reserved[3]; } Performance;

static int open_count;

EXPORT int simulatorLegacyDescriptors(void) { return open_count; }

static int create(void** place, size_t size) {
  if (place == NULL) return fail(NULL_POINTER, "create: no place for the descriptor");
  *place = calloc(1, size);
  open_count++;
  return SUCCESS;
}

static int destroy(void* descriptor) {
  if (descriptor == NULL) return fail(NULL_POINTER, "destroy: no descriptor");
  free(descriptor);
  open_count--;
  return SUCCESS;
}

EXPORT int cudnnCreateTensorDescriptor(void** d) { return create(d, sizeof(Tensor)); }
EXPORT int cudnnDestroyTensorDescriptor(void* d) { return destroy(d); }
EXPORT int cudnnCreateFilterDescriptor(void** d) { return create(d, sizeof(Tensor)); }
EXPORT int cudnnDestroyFilterDescriptor(void* d) { return destroy(d); }
EXPORT int cudnnCreateConvolutionDescriptor(void** d) { return create(d, sizeof(Convolution)); }
EXPORT int cudnnDestroyConvolutionDescriptor(void* d) { return destroy(d); }
EXPORT int cudnnCreateActivationDescriptor(void** d) { return create(d, sizeof(Activation)); }
EXPORT int cudnnDestroyActivationDescriptor(void* d) { return destroy(d); }

static int set(Tensor* d, int format, int type, int n, int c, int h, int w, const char* what) {
  if (d == NULL || format != 1) return fail(BAD_PARAM, "%s: format %d, not NHWC", what, format);
  if (type != D_FLOAT && type != D_HALF && type != D_BFLOAT16) return fail(NOT_SUPPORTED, "%s: type %d", what, type);
  if (n < 1 || c < 1 || h < 1 || w < 1) return fail(BAD_PARAM, "%s: {%d,%d,%d,%d}", what, n, c, h, w);
  *d = (Tensor){type, {n, c, h, w}, true};
  return SUCCESS;
}

EXPORT int cudnnSetTensor4dDescriptor(Tensor* d, int format, int type, int n, int c, int h, int w) {
  return set(d, format, type, n, c, h, w, "tensor");
}

EXPORT int cudnnSetFilter4dDescriptor(Tensor* d, int type, int format, int k, int c, int h, int w) {
  return set(d, format, type, k, c, h, w, "filter");
}


EXPORT int cudnnSetConvolution2dDescriptor(Convolution* d, int pad_h, int pad_w, int u, int v, int dilation_h, int dilation_w, int mode,
    int compute) {
  if (pad_h != pad_w || pad_h < 0 || u != v || u < 1 || dilation_h != 1 || dilation_w != 1) {
    return fail(BAD_PARAM, "convolution: paddings, strides, dilations");
  }
  if (mode != 1 || compute != D_FLOAT) return fail(BAD_PARAM, "convolution: mode %d, compute type %d", mode, compute);
  *d = (Convolution){pad_h, u, 1, 0, true};
  return SUCCESS;
}

EXPORT int cudnnSetConvolutionGroupCount(Convolution* d, int groups) {
  d->groups = groups;
  return groups > 0 ? SUCCESS : fail(BAD_PARAM, "convolution: %d groups", groups);
}

EXPORT int cudnnSetConvolutionMathType(Convolution* d, int math) {
  d->math = math;
  return math >= 0 && math <= 3 ? SUCCESS : fail(BAD_PARAM, "convolution: math type %d", math);
}

EXPORT int cudnnSetActivationDescriptor(Activation* d, int mode, int nan, double coefficient) {
  (void)nan;
  (void)coefficient;
  if (mode != 1 && mode != 5) return fail(NOT_SUPPORTED, "activation: mode %d", mode);
  *d = (Activation){mode, true};
  return SUCCESS;
}

static int check(const Tensor* x, const Tensor* w, const Convolution* c, const Tensor* y) {
  if (!x->set || !w->set || !c->set || !y->set) return fail(BAD_PARAM, "convolution: a descriptor is not set");
  if (x->type != w->type || x->type != y->type) return fail(NOT_SUPPORTED, "convolution: types %d, %d and %d", x->type, w->type, y->type);
  if (x->dim[1] != w->dim[1] * c->groups || w->dim[0] % c->groups != 0) return fail(BAD_PARAM, "convolution: channels and groups");
  bool fits = y->dim[0] == x->dim[0] && y->dim[1] == w->dim[0];
  for (int i = 2; i < 4; i++) fits &= y->dim[i] == (x->dim[i] + 2 * c->pad - w->dim[i]) / c->stride + 1;
  return fits ? SUCCESS : fail(BAD_PARAM, "convolution: the output's shape is not the formula's");
}

// Algorithm 0 needs no workspace, algorithm 1 some; the first proposal cannot be used.
static int propose(int status, int requested, int* returned, Performance* found) {
  static const Performance all[] = {{7, NOT_SUPPORTED, -1, 0, 1, 0, {0}}, {0, SUCCESS, -1, 0, 1, 0, {0}}, {1, SUCCESS, -1, 512, 1, 0, {0}}};
  if (status != SUCCESS) return status;
  *returned = provoked("SIMULATOR_NO_LEGACY") ? 0 : requested < 3 ? requested : 3;
  memcpy(found, all, (size_t)*returned * sizeof *found);
  return SUCCESS;
}

static int size(int status, int algorithm, size_t* bytes) {
  *bytes = algorithm == 1 ? 512 : 0;
  return status;
}

static View view(const Tensor* t, const void* data) {
  int64_t c = t->dim[1], h = t->dim[2], w = t->dim[3];
  return (View){{t->dim[0], c, h, w}, {h * w * c, 1, w * c, c}, t->type, (void*)data};
}

static int compute(int direction, const Tensor* x, const void* xp, const Tensor* w, const void* wp, const Convolution* c, const Tensor* y,
    const void* yp, int algorithm, void* workspace, size_t bytes, float alpha, float beta) {
  int status = check(x, w, c, y);
  if (status != SUCCESS) return status;
  if (provoked("SIMULATOR_EXECUTION_FAILS")) return fail(EXECUTION_FAILED, "the kernel did not start");
  if (algorithm == 1 && (workspace == NULL || bytes < 512)) return fail(BAD_PARAM, "convolution: workspace of %d bytes", (int)bytes);
  View vx = view(x, xp), vw = view(w, wp), vy = view(y, yp);
  convolve(direction, &vx, &vw, &vy, (Geometry){c->pad, c->stride, c->math != 3}, alpha, beta);
  return SUCCESS;
}

#define HANDLE if (!known_handle(handle)) return fail(BAD_PARAM, "%s: not a handle", __func__)

EXPORT int cudnnGetConvolutionForwardAlgorithm_v7(void* handle, Tensor* x, Tensor* w, Convolution* c, Tensor* y, int requested,
    int* returned, Performance* p) {
  HANDLE;
  return propose(check(x, w, c, y), requested, returned, p);
}

EXPORT int cudnnGetConvolutionBackwardDataAlgorithm_v7(void* handle, Tensor* w, Tensor* dy, Convolution* c, Tensor* dx, int requested,
    int* returned, Performance* p) {
  HANDLE;
  return propose(check(dx, w, c, dy), requested, returned, p);
}

EXPORT int cudnnGetConvolutionBackwardFilterAlgorithm_v7(void* handle, Tensor* x, Tensor* dy, Convolution* c, Tensor* dw, int requested,
    int* returned, Performance* p) {
  HANDLE;
  return propose(check(x, dw, c, dy), requested, returned, p);
}

EXPORT int cudnnGetConvolutionForwardWorkspaceSize(void* handle, Tensor* x, Tensor* w, Convolution* c, Tensor* y, int algorithm,
    size_t* bytes) {
  HANDLE;
  return size(check(x, w, c, y), algorithm, bytes);
}

EXPORT int cudnnGetConvolutionBackwardDataWorkspaceSize(void* handle, Tensor* w, Tensor* dy, Convolution* c, Tensor* dx, int algorithm,
    size_t* bytes) {
  HANDLE;
  return size(check(dx, w, c, dy), algorithm, bytes);
}

EXPORT int cudnnGetConvolutionBackwardFilterWorkspaceSize(void* handle, Tensor* x, Tensor* dy, Convolution* c, Tensor* dw, int algorithm,
    size_t* bytes) {
  HANDLE;
  return size(check(x, dw, c, dy), algorithm, bytes);
}

EXPORT int cudnnConvolutionForward(void* handle, const float* alpha, Tensor* xd, const void* x, Tensor* wd, const void* w, Convolution* c,
    int algorithm, void* workspace, size_t bytes, const float* beta, Tensor* yd, void* y) {
  HANDLE;
  return compute(OP_FORWARD, xd, x, wd, w, c, yd, y, algorithm, workspace, bytes, *alpha, *beta);
}

EXPORT int cudnnConvolutionBackwardData(void* handle, const float* alpha, Tensor* wd, const void* w, Tensor* dyd, const void* dy,
    Convolution* c, int algorithm, void* workspace, size_t bytes, const float* beta, Tensor* dxd, void* dx) {
  HANDLE;
  return compute(OP_BWD_DATA, dxd, dx, wd, w, c, dyd, dy, algorithm, workspace, bytes, *alpha, *beta);
}

EXPORT int cudnnConvolutionBackwardFilter(void* handle, const float* alpha, Tensor* xd, const void* x, Tensor* dyd, const void* dy,
    Convolution* c, int algorithm, void* workspace, size_t bytes, const float* beta, Tensor* dwd, void* dw) {
  HANDLE;
  return compute(OP_BWD_FILTER, xd, x, dwd, dw, c, dyd, dy, algorithm, workspace, bytes, *alpha, *beta);
}

// y = act(alpha1 · conv(x) + alpha2 · z + bias)
EXPORT int cudnnConvolutionBiasActivationForward(void* handle, const float* alpha1, Tensor* xd, const void* x, Tensor* wd, const void* w,
    Convolution* c, int algorithm, void* workspace, size_t bytes, const float* alpha2, Tensor* zd, const void* z, Tensor* bd,
    const void* bias, Activation* activation, Tensor* yd, void* y) {
  HANDLE;
  if (activation->mode == 5 && algorithm != 1) return fail(NOT_SUPPORTED, "without activation only algorithm 1");
  if (!bd->set || bd->type != yd->type || bd->dim[1] != yd->dim[1]) return fail(BAD_PARAM, "the bias is of another type or length");
  int64_t length = (int64_t)yd->dim[0] * yd->dim[1] * yd->dim[2] * yd->dim[3];
  View result = view(yd, y), residual = view(zd, z), b = view(bd, bias);
  Tensor wide = *yd;
  View sums = view(&wide, malloc((size_t)length * 4));
  sums.type = D_FLOAT;
  View vx = view(xd, x), vw = view(wd, w);
  int status = check(xd, wd, c, yd);
  if (status == SUCCESS && algorithm == 1 && (workspace == NULL || bytes < 512)) {
    status = fail(BAD_PARAM, "workspace of %d bytes", (int)bytes);
  }
  if (status == SUCCESS) {
    convolve(OP_FORWARD, &vx, &vw, &sums, (Geometry){c->pad, c->stride, c->math != 3}, *alpha1, 0);
    for (int64_t k = 0; k < length; k++) {
      float value = load(&sums, k) + (*alpha2 == 0 ? 0 : *alpha2 * load(&residual, k)) + load(&b, k % yd->dim[1]);
      store(&result, k, activation->mode == 1 && value < 0 ? 0 : value);
    }
  }
  free(sums.data);
  return status;
}
