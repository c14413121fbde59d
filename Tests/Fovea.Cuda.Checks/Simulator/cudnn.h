// A cuDNN of plain C: the part of the backend API and of the legacy convolution API that Fovea calls. It checks each descriptor as it is
// built and computes on the CPU; device pointers are host pointers. The numbers are those of cuDNN 9's headers.
#ifndef FOVEA_CUDNN_H
#define FOVEA_CUDNN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define EXPORT __attribute__((visibility("default")))

enum {
  SUCCESS = 0, NOT_INITIALIZED = 1001, VERSION_MISMATCH = 1002, BAD_PARAM = 2000, NULL_POINTER = 2002, MISALIGNED_POINTER = 2003,
  NOT_FINALIZED = 2004, OUT_OF_BOUND = 2005, SIZE_INSUFFICIENT = 2006, SHAPE_MISMATCH = 2008, DUPLICATED_ENTRIES = 2009,
  ATTRIBUTE_TYPE = 2010, NOT_SUPPORTED = 3000, INTERNAL_ERROR = 4000, EXECUTION_FAILED = 5000
};

enum {
  POINTWISE = 0, CONVOLUTION = 1, ENGINE = 2, ENGINECFG = 3, ENGINEHEUR = 4, EXECUTION_PLAN = 5, KNOB_CHOICE = 7, OP_FORWARD = 10,
  OP_BWD_FILTER = 11, OP_BWD_DATA = 12, OP_POINTWISE = 13, OPERATIONGRAPH = 15, VARIANT_PACK = 16, TENSOR = 17
};

enum {
  T_HANDLE = 0, T_DATA_TYPE = 1, T_BOOLEAN = 2, T_INT64 = 3, T_FLOAT = 4, T_VOID_PTR = 6, T_CONVOLUTION_MODE = 7, T_HEUR_MODE = 8,
  T_KNOB_TYPE = 9, T_NUMERICAL_NOTE = 11, T_POINTWISE_MODE = 14, T_DESCRIPTOR = 15, T_BEHAVIOR_NOTE = 19
};

enum { D_FLOAT = 0, D_HALF = 2, D_BFLOAT16 = 9 };
enum { PW_ADD = 0, PW_RELU_FWD = 100, PW_RELU_BWD = 200 };
enum { HEUR_FALLBACK = 2, HEUR_A = 3 };
enum { NOTE_TENSOR_CORE = 0, NOTE_DOWN_CONVERT = 1, NOTE_NONDETERMINISTIC = 4 };
enum { NOTE_RUNTIME_COMPILATION = 0 };

#define MOST_VALUES 16
#define MOST_ATTRIBUTES 12

typedef struct Descriptor Descriptor;

typedef struct {
  int name, type;
  int64_t count;
  union { int64_t i[MOST_VALUES]; int e[MOST_VALUES]; float f; unsigned char b; void* p[MOST_VALUES]; Descriptor* d[MOST_VALUES]; };
} Attribute;

struct Descriptor {
  int type, references, attributes;
  bool open, finalized;  // open: the caller still holds it
  Attribute attribute[MOST_ATTRIBUTES];
  int64_t engine, knob, workspace;
};

// cudnnHandle_t: the mark of one that is open, and the stream that later work goes to.
typedef struct { int mark; void* stream; } Handle;

// A convolution in numbers; what both APIs compute.
typedef struct { int64_t dim[4], stride[4]; int type; void* data; } View;
typedef struct { int64_t pad, stride; bool tf32; } Geometry;

// cudnn_errors.c
int fail(int status, const char* format, ...) __attribute__((format(printf, 2, 3)));
const char* descriptor_name(int type);
const char* attribute_name(int name);
bool provoked(const char* what);
long provoked_number(const char* what, long otherwise);
bool known_handle(void* handle);

// cudnn_descriptors.c
Attribute* find(Descriptor* d, int name);
int64_t integer(Descriptor* d, int name, int at);
int enumerator(Descriptor* d, int name);
Descriptor* nested(Descriptor* d, int name);
bool is_alive(Descriptor* d);

// cudnn_rules.c
int check_finalize(Descriptor* d);
bool is_virtual(Descriptor* tensor);
Descriptor* operation_result(Descriptor* op);
int operation_inputs(Descriptor* op, Descriptor** inputs);

// cudnn_engines.c
int get_attribute(Descriptor* d, int name, int type, int64_t requested, int64_t* count, void* values);
int finalize_plan(Descriptor* plan);
bool engine_rounds(Descriptor* plan);
int execute(Handle* handle, Descriptor* plan, Descriptor* pack);

// cudnn_streams.c
int submit(void* stream, void (*run)(void*), void (*release)(void*), void* work);

// cudnn_compute.c
float load(const View* v, int64_t at);
void store(const View* v, int64_t at, float value);
int64_t size_of_type(int type);
void convolve(int direction, const View* x, const View* w, const View* y, Geometry g, float alpha, float beta);
void pointwise(int mode, const View* a, const View* b, const View* y);

#endif
