// Descriptors: which attributes each takes, of which type and how many; the order of creation, setting, finalisation and use.
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "cudnn.h"

typedef struct { int descriptor, attribute, type, least, most; bool required; const char* name; } Rule;

static const Rule rules[] = {
  {POINTWISE, 0, T_POINTWISE_MODE, 1, 1, true, "POINTWISE_MODE"},
  {POINTWISE, 1, T_DATA_TYPE, 1, 1, true, "POINTWISE_MATH_PREC"},
  {POINTWISE, 3, T_FLOAT, 1, 1, false, "POINTWISE_RELU_LOWER_CLIP"},
  {POINTWISE, 4, T_FLOAT, 1, 1, false, "POINTWISE_RELU_UPPER_CLIP"},
  {POINTWISE, 5, T_FLOAT, 1, 1, false, "POINTWISE_RELU_LOWER_CLIP_SLOPE"},
  {CONVOLUTION, 100, T_DATA_TYPE, 1, 1, true, "CONVOLUTION_COMP_TYPE"},
  {CONVOLUTION, 101, T_CONVOLUTION_MODE, 1, 1, true, "CONVOLUTION_CONV_MODE"},
  {CONVOLUTION, 102, T_INT64, 2, 2, true, "CONVOLUTION_DILATIONS"},
  {CONVOLUTION, 103, T_INT64, 2, 2, true, "CONVOLUTION_FILTER_STRIDES"},
  {CONVOLUTION, 104, T_INT64, 2, 2, true, "CONVOLUTION_POST_PADDINGS"},
  {CONVOLUTION, 105, T_INT64, 2, 2, true, "CONVOLUTION_PRE_PADDINGS"},
  {CONVOLUTION, 106, T_INT64, 1, 1, true, "CONVOLUTION_SPATIAL_DIMS"},
  {ENGINEHEUR, 200, T_HEUR_MODE, 1, 1, true, "ENGINEHEUR_MODE"},
  {ENGINEHEUR, 201, T_DESCRIPTOR, 1, 1, true, "ENGINEHEUR_OPERATION_GRAPH"},
  {EXECUTION_PLAN, 400, T_HANDLE, 1, 1, true, "EXECUTION_PLAN_HANDLE"},
  {EXECUTION_PLAN, 401, T_DESCRIPTOR, 1, 1, true, "EXECUTION_PLAN_ENGINE_CONFIG"},
  {OP_FORWARD, 700, T_FLOAT, 1, 1, true, "OPERATION_CONVOLUTION_FORWARD_ALPHA"},
  {OP_FORWARD, 701, T_FLOAT, 1, 1, true, "OPERATION_CONVOLUTION_FORWARD_BETA"},
  {OP_FORWARD, 702, T_DESCRIPTOR, 1, 1, true, "OPERATION_CONVOLUTION_FORWARD_CONV_DESC"},
  {OP_FORWARD, 703, T_DESCRIPTOR, 1, 1, true, "OPERATION_CONVOLUTION_FORWARD_W"},
  {OP_FORWARD, 704, T_DESCRIPTOR, 1, 1, true, "OPERATION_CONVOLUTION_FORWARD_X"},
  {OP_FORWARD, 705, T_DESCRIPTOR, 1, 1, true, "OPERATION_CONVOLUTION_FORWARD_Y"},
  {OP_BWD_DATA, 706, T_FLOAT, 1, 1, true, "OPERATION_CONVOLUTION_BWD_DATA_ALPHA"},
  {OP_BWD_DATA, 707, T_FLOAT, 1, 1, true, "OPERATION_CONVOLUTION_BWD_DATA_BETA"},
  {OP_BWD_DATA, 708, T_DESCRIPTOR, 1, 1, true, "OPERATION_CONVOLUTION_BWD_DATA_CONV_DESC"},
  {OP_BWD_DATA, 709, T_DESCRIPTOR, 1, 1, true, "OPERATION_CONVOLUTION_BWD_DATA_W"},
  {OP_BWD_DATA, 710, T_DESCRIPTOR, 1, 1, true, "OPERATION_CONVOLUTION_BWD_DATA_DX"},
  {OP_BWD_DATA, 711, T_DESCRIPTOR, 1, 1, true, "OPERATION_CONVOLUTION_BWD_DATA_DY"},
  {OP_BWD_FILTER, 712, T_FLOAT, 1, 1, true, "OPERATION_CONVOLUTION_BWD_FILTER_ALPHA"},
  {OP_BWD_FILTER, 713, T_FLOAT, 1, 1, true, "OPERATION_CONVOLUTION_BWD_FILTER_BETA"},
  {OP_BWD_FILTER, 714, T_DESCRIPTOR, 1, 1, true, "OPERATION_CONVOLUTION_BWD_FILTER_CONV_DESC"},
  {OP_BWD_FILTER, 715, T_DESCRIPTOR, 1, 1, true, "OPERATION_CONVOLUTION_BWD_FILTER_DW"},
  {OP_BWD_FILTER, 716, T_DESCRIPTOR, 1, 1, true, "OPERATION_CONVOLUTION_BWD_FILTER_X"},
  {OP_BWD_FILTER, 717, T_DESCRIPTOR, 1, 1, true, "OPERATION_CONVOLUTION_BWD_FILTER_DY"},
  {OP_POINTWISE, 750, T_DESCRIPTOR, 1, 1, true, "OPERATION_POINTWISE_PW_DESCRIPTOR"},
  {OP_POINTWISE, 751, T_DESCRIPTOR, 1, 1, true, "OPERATION_POINTWISE_XDESC"},
  {OP_POINTWISE, 752, T_DESCRIPTOR, 1, 1, false, "OPERATION_POINTWISE_BDESC"},
  {OP_POINTWISE, 753, T_DESCRIPTOR, 1, 1, false, "OPERATION_POINTWISE_YDESC"},
  {OP_POINTWISE, 756, T_DESCRIPTOR, 1, 1, false, "OPERATION_POINTWISE_DXDESC"},
  {OP_POINTWISE, 757, T_DESCRIPTOR, 1, 1, false, "OPERATION_POINTWISE_DYDESC"},
  {OPERATIONGRAPH, 800, T_HANDLE, 1, 1, true, "OPERATIONGRAPH_HANDLE"},
  {OPERATIONGRAPH, 801, T_DESCRIPTOR, 1, MOST_VALUES, true, "OPERATIONGRAPH_OPS"},
  {TENSOR, 900, T_INT64, 1, 1, true, "TENSOR_BYTE_ALIGNMENT"},
  {TENSOR, 901, T_DATA_TYPE, 1, 1, true, "TENSOR_DATA_TYPE"},
  {TENSOR, 902, T_INT64, 4, 4, true, "TENSOR_DIMENSIONS"},
  {TENSOR, 903, T_INT64, 4, 4, true, "TENSOR_STRIDES"},
  {TENSOR, 906, T_INT64, 1, 1, true, "TENSOR_UNIQUE_ID"},
  {TENSOR, 907, T_BOOLEAN, 1, 1, false, "TENSOR_IS_VIRTUAL"},
  {VARIANT_PACK, 1000, T_INT64, 1, MOST_VALUES, true, "VARIANT_PACK_UNIQUE_IDS"},
  {VARIANT_PACK, 1001, T_VOID_PTR, 1, MOST_VALUES, true, "VARIANT_PACK_DATA_POINTERS"},
  {VARIANT_PACK, 1003, T_VOID_PTR, 1, 1, true, "VARIANT_PACK_WORKSPACE"},
};

#define RULES (sizeof rules / sizeof rules[0])
#define MOST_ALIVE 65536

static Descriptor* alive[MOST_ALIVE];
static int alive_count, open_count;
static pthread_mutex_t gate = PTHREAD_MUTEX_INITIALIZER;

const char* attribute_name(int name) {
  for (size_t i = 0; i < RULES; i++) {
    if (rules[i].attribute == name) return rules[i].name;
  }
  return name == 202 ? "ENGINEHEUR_RESULTS" : "unknown attribute";
}

bool is_alive(Descriptor* d) {
  pthread_mutex_lock(&gate);
  bool found = false;
  for (int i = 0; i < alive_count && !found; i++) found = alive[i] == d;
  pthread_mutex_unlock(&gate);
  return d != NULL && found && d->open;
}

Attribute* find(Descriptor* d, int name) {
  for (int i = 0; i < d->attributes; i++) {
    if (d->attribute[i].name == name) return &d->attribute[i];
  }
  return NULL;
}

int64_t integer(Descriptor* d, int name, int at) { Attribute* a = find(d, name); return a == NULL ? 0 : a->i[at]; }
int enumerator(Descriptor* d, int name) { Attribute* a = find(d, name); return a == NULL ? -1 : a->e[0]; }
Descriptor* nested(Descriptor* d, int name) { Attribute* a = find(d, name); return a == NULL ? NULL : a->d[0]; }

// What the caller has destroyed lives on while others refer to it, as in cuDNN.
static void release(Descriptor* d) {
  if (--d->references > 0) return;
  for (int i = 0; i < d->attributes; i++) {
    for (int64_t k = 0; d->attribute[i].type == T_DESCRIPTOR && k < d->attribute[i].count; k++) release(d->attribute[i].d[k]);
  }
  pthread_mutex_lock(&gate);
  for (int i = 0; i < alive_count; i++) {
    if (alive[i] == d) { alive[i] = alive[--alive_count]; break; }
  }
  pthread_mutex_unlock(&gate);
  free(d);
}

EXPORT int simulatorDescriptors(void) { return open_count; }

EXPORT int cudnnBackendCreateDescriptor(int type, Descriptor** descriptor) {
  if (descriptor == NULL) return fail(NULL_POINTER, "create %s: no place for the descriptor", descriptor_name(type));
  if (strcmp(descriptor_name(type), "unknown descriptor") == 0) return fail(NOT_SUPPORTED, "create: descriptor type %d is unknown", type);
  if (alive_count == MOST_ALIVE) return fail(INTERNAL_ERROR, "create %s: %d descriptors are alive", descriptor_name(type), alive_count);
  Descriptor* d = calloc(1, sizeof *d);
  d->type = type;
  d->references = 1;
  d->open = true;
  pthread_mutex_lock(&gate);
  alive[alive_count++] = d;
  open_count++;
  pthread_mutex_unlock(&gate);
  *descriptor = d;
  return SUCCESS;
}

EXPORT int cudnnBackendDestroyDescriptor(Descriptor* d) {
  if (!is_alive(d)) return fail(BAD_PARAM, "destroy: not a descriptor, or destroyed before");
  d->open = false;
  open_count--;
  release(d);
  return SUCCESS;
}

static size_t bytes_of(int type) {
  switch (type) {
    case T_BOOLEAN: return 1;
    case T_INT64: case T_VOID_PTR: case T_HANDLE: case T_DESCRIPTOR: return 8;
    default: return 4;
  }
}

static int check_nested(Descriptor* d, const char* name, int64_t count, Descriptor* const* values) {
  for (int64_t i = 0; i < count; i++) {
    if (!is_alive(values[i])) return fail(BAD_PARAM, "%s.%s: value %d is no living descriptor", descriptor_name(d->type), name, (int)i);
    if (!values[i]->finalized) {
      return fail(NOT_FINALIZED, "%s.%s: %s is used before it is finalized", descriptor_name(d->type), name,
        descriptor_name(values[i]->type));
    }
  }
  return SUCCESS;
}

EXPORT int cudnnBackendSetAttribute(Descriptor* d, int name, int type, int64_t count, const void* values) {
  if (!is_alive(d)) return fail(BAD_PARAM, "set %s: not a living descriptor", attribute_name(name));
  const Rule* rule = NULL;
  for (size_t i = 0; i < RULES && rule == NULL; i++) {
    if (rules[i].descriptor == d->type && rules[i].attribute == name) rule = &rules[i];
  }
  const char* of = descriptor_name(d->type);
  if (rule == NULL) return fail(BAD_PARAM, "%s has no settable attribute %s (%d)", of, attribute_name(name), name);
  if (d->finalized) return fail(BAD_PARAM, "%s.%s is set after %s was finalized", of, rule->name, of);
  if (find(d, name) != NULL) return fail(DUPLICATED_ENTRIES, "%s.%s is set twice", of, rule->name);
  if (type != rule->type) return fail(ATTRIBUTE_TYPE, "%s.%s takes attribute type %d, not %d", of, rule->name, rule->type, type);
  if (count < rule->least || count > rule->most) {
    return fail(SIZE_INSUFFICIENT, "%s.%s takes %d to %d values, not %d", of, rule->name, rule->least, rule->most, (int)count);
  }
  if (values == NULL) return fail(NULL_POINTER, "%s.%s has no values", of, rule->name);
  if (type == T_HANDLE && !known_handle(*(void* const*)values)) return fail(BAD_PARAM, "%s.%s is not a handle", of, rule->name);
  int status = type == T_DESCRIPTOR ? check_nested(d, rule->name, count, values) : SUCCESS;
  if (status != SUCCESS) return status;
  Attribute* a = &d->attribute[d->attributes++];
  a->name = name;
  a->type = type;
  a->count = count;
  memcpy(a->i, values, bytes_of(type) * (size_t)count);
  for (int64_t k = 0; type == T_DESCRIPTOR && k < count; k++) a->d[k]->references++;
  return SUCCESS;
}

EXPORT int cudnnBackendFinalize(Descriptor* d) {
  if (!is_alive(d)) return fail(BAD_PARAM, "finalize: not a living descriptor");
  if (d->finalized) return fail(BAD_PARAM, "%s is finalized twice", descriptor_name(d->type));
  for (size_t i = 0; i < RULES; i++) {
    if (rules[i].descriptor == d->type && rules[i].required && find(d, rules[i].attribute) == NULL) {
      return fail(BAD_PARAM, "%s lacks %s", descriptor_name(d->type), rules[i].name);
    }
  }
  int status = check_finalize(d);
  d->finalized = status == SUCCESS;
  return status;
}

EXPORT int cudnnBackendGetAttribute(Descriptor* d, int name, int type, int64_t requested, int64_t* count, void* values) {
  if (!is_alive(d)) return fail(BAD_PARAM, "get %s: not a living descriptor", attribute_name(name));
  if (!d->finalized) return fail(NOT_FINALIZED, "get %s of %s before it is finalized", attribute_name(name), descriptor_name(d->type));
  if (count == NULL) return fail(NULL_POINTER, "get %s of %s: no place for the count", attribute_name(name), descriptor_name(d->type));
  return get_attribute(d, name, type, requested, count, values);
}

EXPORT int cudnnBackendExecute(void* handle, Descriptor* plan, Descriptor* pack) {
  if (!known_handle(handle)) return fail(BAD_PARAM, "execute: not a handle");
  if (!is_alive(plan) || plan->type != EXECUTION_PLAN || !plan->finalized) {
    return fail(NOT_FINALIZED, "execute: no finalized EXECUTION_PLAN");
  }
  if (!is_alive(pack) || pack->type != VARIANT_PACK || !pack->finalized) return fail(NOT_FINALIZED, "execute: no finalized VARIANT_PACK");
  return execute(handle, plan, pack);
}
