// Statuses, last errors, names, and what the environment provokes.
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cudnn.h"

static _Thread_local char last_error[512];
static int handles;

int fail(int status, const char* format, ...) {
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(last_error, sizeof last_error, format, arguments);
  va_end(arguments);
  return status;
}

bool provoked(const char* what) { return getenv(what) != NULL && getenv(what)[0] != 0; }

long provoked_number(const char* what, long otherwise) { return provoked(what) ? atol(getenv(what)) : otherwise; }

bool known_handle(void* handle) { return handle != NULL && ((Handle*)handle)->mark == 0xCD99; }

// A managed runtime keeps an environment of its own; this reaches the one that getenv reads.
EXPORT void simulatorSet(const char* name, const char* value) {
  if (value == NULL) unsetenv(name); else setenv(name, value, 1);
}

EXPORT int simulatorHandles(void) { return handles; }

EXPORT size_t cudnnGetVersion(void) { return (size_t)provoked_number("SIMULATOR_VERSION", 91002); }

EXPORT const char* cudnnGetErrorString(int status) {
  switch (status) {
    case SUCCESS: return "CUDNN_STATUS_SUCCESS";
    case NOT_INITIALIZED: return "CUDNN_STATUS_NOT_INITIALIZED";
    case VERSION_MISMATCH: return "CUDNN_STATUS_SUBLIBRARY_VERSION_MISMATCH";
    case BAD_PARAM: return "CUDNN_STATUS_BAD_PARAM";
    case NULL_POINTER: return "CUDNN_STATUS_BAD_PARAM_NULL_POINTER";
    case MISALIGNED_POINTER: return "CUDNN_STATUS_BAD_PARAM_MISALIGNED_POINTER";
    case NOT_FINALIZED: return "CUDNN_STATUS_BAD_PARAM_NOT_FINALIZED";
    case OUT_OF_BOUND: return "CUDNN_STATUS_BAD_PARAM_OUT_OF_BOUND";
    case SIZE_INSUFFICIENT: return "CUDNN_STATUS_BAD_PARAM_SIZE_INSUFFICIENT";
    case SHAPE_MISMATCH: return "CUDNN_STATUS_BAD_PARAM_SHAPE_MISMATCH";
    case DUPLICATED_ENTRIES: return "CUDNN_STATUS_BAD_PARAM_DUPLICATED_ENTRIES";
    case ATTRIBUTE_TYPE: return "CUDNN_STATUS_BAD_PARAM_ATTRIBUTE_TYPE";
    case NOT_SUPPORTED: return "CUDNN_STATUS_NOT_SUPPORTED";
    case INTERNAL_ERROR: return "CUDNN_STATUS_INTERNAL_ERROR";
    case EXECUTION_FAILED: return "CUDNN_STATUS_EXECUTION_FAILED";
    default: return "CUDNN_STATUS_UNKNOWN";
  }
}

EXPORT void cudnnGetLastErrorString(char* message, size_t size) {
  snprintf(message, size, "%s", last_error);
  last_error[0] = 0;
}

EXPORT int cudnnCreate(void** handle) {
  if (handle == NULL) return fail(NULL_POINTER, "cudnnCreate: no place for the handle");
  if (provoked("SIMULATOR_MISMATCH")) return fail(VERSION_MISMATCH, "libcudnn_graph.so.9 is of version 9.8.0");
  Handle* created = calloc(1, sizeof *created);
  created->mark = 0xCD99;
  *handle = created;
  handles++;
  return SUCCESS;
}

EXPORT int cudnnDestroy(void* handle) {
  if (!known_handle(handle)) return fail(BAD_PARAM, "cudnnDestroy: not a handle");
  ((Handle*)handle)->mark = 0;
  free(handle);
  handles--;
  return SUCCESS;
}

EXPORT int cudnnSetStream(void* handle, void* stream) {
  if (!known_handle(handle)) return fail(BAD_PARAM, "cudnnSetStream: not a handle");
  ((Handle*)handle)->stream = stream;
  return SUCCESS;
}

const char* descriptor_name(int type) {
  switch (type) {
    case POINTWISE: return "POINTWISE";
    case CONVOLUTION: return "CONVOLUTION";
    case ENGINE: return "ENGINE";
    case ENGINECFG: return "ENGINECFG";
    case ENGINEHEUR: return "ENGINEHEUR";
    case EXECUTION_PLAN: return "EXECUTION_PLAN";
    case KNOB_CHOICE: return "KNOB_CHOICE";
    case OP_FORWARD: return "OPERATION_CONVOLUTION_FORWARD";
    case OP_BWD_FILTER: return "OPERATION_CONVOLUTION_BACKWARD_FILTER";
    case OP_BWD_DATA: return "OPERATION_CONVOLUTION_BACKWARD_DATA";
    case OP_POINTWISE: return "OPERATION_POINTWISE";
    case OPERATIONGRAPH: return "OPERATIONGRAPH";
    case VARIANT_PACK: return "VARIANT_PACK";
    case TENSOR: return "TENSOR";
    default: return "unknown descriptor";
  }
}
