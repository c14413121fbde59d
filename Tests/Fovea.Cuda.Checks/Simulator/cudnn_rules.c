// What a descriptor must be to be finalized: tensors, operations and their shapes, graphs and their connections.
#include <string.h>

#include "cudnn.h"

bool is_virtual(Descriptor* tensor) { Attribute* a = find(tensor, 907); return a != NULL && a->b != 0; }

static int check_tensor(Descriptor* d) {
  const int64_t* n = find(d, 902)->i;
  const int64_t* s = find(d, 903)->i;
  for (int i = 0; i < 4; i++) {
    if (n[i] < 1) return fail(OUT_OF_BOUND, "TENSOR.TENSOR_DIMENSIONS: dimension %d is %d", i, (int)n[i]);
  }
  // N, C, H, W with C fastest.
  if (s[1] != 1 || s[3] != n[1] || s[2] != n[1] * n[3] || s[0] != n[1] * n[2] * n[3]) {
    return fail(SHAPE_MISMATCH, "TENSOR.TENSOR_STRIDES {%d,%d,%d,%d} are not NHWC for {%d,%d,%d,%d}", (int)s[0], (int)s[1],
      (int)s[2], (int)s[3], (int)n[0], (int)n[1], (int)n[2], (int)n[3]);
  }
  int type = enumerator(d, 901);
  if (type != D_FLOAT && type != D_HALF && type != D_BFLOAT16) return fail(NOT_SUPPORTED, "TENSOR.TENSOR_DATA_TYPE %d", type);
  if (is_virtual(d) && type != D_FLOAT) return fail(NOT_SUPPORTED, "TENSOR.TENSOR_DATA_TYPE of a virtual tensor is %d, not FLOAT", type);
  if (integer(d, 900, 0) != 16) return fail(BAD_PARAM, "TENSOR.TENSOR_BYTE_ALIGNMENT is %d, not 16", (int)integer(d, 900, 0));
  return integer(d, 906, 0) > 0 ? SUCCESS : fail(BAD_PARAM, "TENSOR.TENSOR_UNIQUE_ID is %d", (int)integer(d, 906, 0));
}

static int check_convolution(Descriptor* d) {
  if (enumerator(d, 100) != D_FLOAT) return fail(BAD_PARAM, "CONVOLUTION.CONVOLUTION_COMP_TYPE is %d, not FLOAT", enumerator(d, 100));
  if (enumerator(d, 101) != 1) return fail(BAD_PARAM, "CONVOLUTION.CONVOLUTION_CONV_MODE is %d, not CROSS_CORRELATION", enumerator(d, 101));
  if (integer(d, 106, 0) != 2) return fail(BAD_PARAM, "CONVOLUTION.CONVOLUTION_SPATIAL_DIMS is %d, not 2", (int)integer(d, 106, 0));
  for (int i = 0; i < 2; i++) {
    if (integer(d, 102, i) != 1) return fail(NOT_SUPPORTED, "CONVOLUTION.CONVOLUTION_DILATIONS is %d, not 1", (int)integer(d, 102, i));
    if (integer(d, 103, i) < 1) return fail(OUT_OF_BOUND, "CONVOLUTION.CONVOLUTION_FILTER_STRIDES is %d", (int)integer(d, 103, i));
    if (integer(d, 104, i) != integer(d, 105, i) || integer(d, 105, i) < 0) {
      return fail(OUT_OF_BOUND, "CONVOLUTION.CONVOLUTION_PRE_PADDINGS and POST_PADDINGS are %d and %d", (int)integer(d, 105, i),
        (int)integer(d, 104, i));
    }
  }
  return SUCCESS;
}

static int check_pointwise(Descriptor* d) {
  int mode = enumerator(d, 0);
  if (mode != PW_ADD && mode != PW_RELU_FWD && mode != PW_RELU_BWD) {
    return fail(NOT_SUPPORTED, "POINTWISE.POINTWISE_MODE %d is unknown", mode);
  }
  return enumerator(d, 1) == D_FLOAT ? SUCCESS : fail(BAD_PARAM, "POINTWISE.POINTWISE_MATH_PREC is %d, not FLOAT", enumerator(d, 1));
}

static int expect(Descriptor* d, int name, int type) {
  Descriptor* value = nested(d, name);
  if (value == NULL) return fail(BAD_PARAM, "%s lacks %s", descriptor_name(d->type), attribute_name(name));
  return value->type == type ? SUCCESS : fail(BAD_PARAM, "%s.%s is a %s, not a %s", descriptor_name(d->type), attribute_name(name),
                                              descriptor_name(value->type), descriptor_name(type));
}

// x, w and y of a convolution's operation, whichever of them it computes.
static void roles(Descriptor* op, Descriptor** x, Descriptor** w, Descriptor** y) {
  int forward = op->type == OP_FORWARD, data = op->type == OP_BWD_DATA;
  *x = nested(op, forward ? 704 : data ? 710 : 716);
  *w = nested(op, forward ? 703 : data ? 709 : 715);
  *y = nested(op, forward ? 705 : data ? 711 : 717);
}

static int check_convolution_operation(Descriptor* op) {
  int first = op->type == OP_FORWARD ? 702 : op->type == OP_BWD_DATA ? 708 : 714;
  int status = expect(op, first, CONVOLUTION);
  for (int name = first + 1; name <= first + 3 && status == SUCCESS; name++) status = expect(op, name, TENSOR);
  if (status != SUCCESS) return status;
  Descriptor *x, *w, *y, *c = nested(op, first);
  roles(op, &x, &w, &y);
  const char* of = descriptor_name(op->type);
  int64_t channels = integer(x, 902, 1), outputs = integer(w, 902, 0), each = integer(w, 902, 1), groups = channels / each;
  if (channels % each != 0 || outputs % groups != 0) {
    return fail(SHAPE_MISMATCH, "%s: %d channels, filters of %d", of, (int)channels, (int)each);
  }
  if (integer(y, 902, 0) != integer(x, 902, 0) || integer(y, 902, 1) != outputs) {
    return fail(SHAPE_MISMATCH, "%s: images or channels of y differ", of);
  }
  for (int i = 0; i < 2; i++) {
    int64_t padded = integer(x, 902, 2 + i) + 2 * integer(c, 105, i);
    int64_t expected = (padded - integer(w, 902, 2 + i)) / integer(c, 103, i) + 1;
    if (integer(y, 902, 2 + i) != expected) {
      return fail(SHAPE_MISMATCH, "%s: y has %d cells along axis %d, the formula gives %d", of, (int)integer(y, 902, 2 + i), i,
        (int)expected);
    }
  }
  int beta = op->type == OP_FORWARD ? 701 : op->type == OP_BWD_DATA ? 707 : 713;
  if (find(op, beta)->f != 0 && is_virtual(operation_result(op))) {
    return fail(BAD_PARAM, "%s.%s adds to a virtual tensor", of, attribute_name(beta));
  }
  return SUCCESS;
}

static int check_same_shape(Descriptor* op, Descriptor* a, Descriptor* b, bool broadcast) {
  for (int i = 0; i < 4; i++) {
    if (integer(a, 902, i) != integer(b, 902, i) && !(broadcast && integer(b, 902, i) == 1)) {
      return fail(SHAPE_MISMATCH, "%s: tensors %d and %d differ along axis %d", descriptor_name(op->type), (int)integer(a, 906, 0),
        (int)integer(b, 906, 0), i);
    }
  }
  return SUCCESS;
}

static int check_pointwise_operation(Descriptor* op) {
  int status = expect(op, 750, POINTWISE);
  if (status != SUCCESS) return status;
  int mode = enumerator(nested(op, 750), 0);
  int result = mode == PW_RELU_BWD ? 756 : 753, second = mode == PW_RELU_BWD ? 757 : 752;
  status = expect(op, 751, TENSOR);
  if (status == SUCCESS) status = expect(op, result, TENSOR);
  if (status == SUCCESS && mode != PW_RELU_FWD) status = expect(op, second, TENSOR);
  for (int name = 752; name <= 757 && status == SUCCESS; name++) {
    bool used = name == result || (name == second && mode != PW_RELU_FWD);
    if (!used && find(op, name) != NULL) status = fail(BAD_PARAM, "OPERATION_POINTWISE: mode %d takes no %s", mode, attribute_name(name));
  }
  if (status == SUCCESS) status = check_same_shape(op, nested(op, 751), nested(op, result), false);
  return status == SUCCESS && mode != PW_RELU_FWD ? check_same_shape(op, nested(op, 751), nested(op, second), mode == PW_ADD) : status;
}

Descriptor* operation_result(Descriptor* op) {
  switch (op->type) {
    case OP_FORWARD: return nested(op, 705);
    case OP_BWD_DATA: return nested(op, 710);
    case OP_BWD_FILTER: return nested(op, 715);
    default: return nested(op, find(op, 753) != NULL ? 753 : 756);
  }
}

int operation_inputs(Descriptor* op, Descriptor** inputs) {
  static const int names[][2] = {{703, 704}, {709, 711}, {716, 717}};
  int n = 0;
  if (op->type == OP_POINTWISE) {
    inputs[n++] = nested(op, 751);
    if (find(op, 752) != NULL) inputs[n++] = nested(op, 752);
    if (find(op, 757) != NULL) inputs[n++] = nested(op, 757);
    return n;
  }
  const int* of = names[op->type == OP_FORWARD ? 0 : op->type == OP_BWD_DATA ? 1 : 2];
  inputs[n++] = nested(op, of[0]);
  inputs[n++] = nested(op, of[1]);
  return n;
}

static bool produced_before(Descriptor* graph, int before, Descriptor* tensor) {
  for (int i = 0; i < before; i++) {
    if (operation_result(find(graph, 801)->d[i]) == tensor) return true;
  }
  return false;
}

static int check_ids(Descriptor** tensors, int* count, Descriptor* tensor) {
  for (int i = 0; i < *count; i++) {
    if (tensors[i] == tensor) return SUCCESS;
    if (integer(tensors[i], 906, 0) == integer(tensor, 906, 0)) {
      return fail(DUPLICATED_ENTRIES, "OPERATIONGRAPH: two tensors have TENSOR_UNIQUE_ID %d", (int)integer(tensor, 906, 0));
    }
  }
  tensors[(*count)++] = tensor;
  return SUCCESS;
}

static int check_graph(Descriptor* d) {
  Attribute* ops = find(d, 801);
  Descriptor *tensors[4 * MOST_VALUES], *inputs[3];
  int count = 0, status = SUCCESS;
  for (int i = 0; i < ops->count && status == SUCCESS; i++) {
    Descriptor* op = ops->d[i];
    if (op->type < OP_FORWARD || op->type > OP_POINTWISE) {
      return fail(BAD_PARAM, "OPERATIONGRAPH.OPERATIONGRAPH_OPS: %s", descriptor_name(op->type));
    }
    bool connected = i == 0;
    int n = operation_inputs(op, inputs);
    for (int k = 0; k < n && status == SUCCESS; k++) {
      status = check_ids(tensors, &count, inputs[k]);
      bool produced = produced_before(d, i, inputs[k]);
      connected |= produced;
      if (status == SUCCESS && is_virtual(inputs[k]) && !produced) {
        return fail(BAD_PARAM, "OPERATIONGRAPH: virtual tensor %d is consumed before it is produced", (int)integer(inputs[k], 906, 0));
      }
    }
    if (status == SUCCESS) status = check_ids(tensors, &count, operation_result(op));
    if (status == SUCCESS && produced_before(d, i, operation_result(op))) {
      return fail(BAD_PARAM, "OPERATIONGRAPH: a tensor is produced twice");
    }
    if (status == SUCCESS && !connected) return fail(BAD_PARAM, "OPERATIONGRAPH: operation %d is not connected with those before", i);
    if (status == SUCCESS && (i == ops->count - 1) == is_virtual(operation_result(op))) {
      return fail(BAD_PARAM, "OPERATIONGRAPH: the result of operation %d is %s", i, i == ops->count - 1 ? "virtual" : "not virtual");
    }
  }
  return status;
}

static int check_pack(Descriptor* d) {
  Attribute *ids = find(d, 1000), *pointers = find(d, 1001);
  if (ids->count != pointers->count) {
    return fail(SIZE_INSUFFICIENT, "VARIANT_PACK: %d ids, %d pointers", (int)ids->count, (int)pointers->count);
  }
  for (int i = 0; i < ids->count; i++) {
    if (pointers->p[i] == NULL) return fail(NULL_POINTER, "VARIANT_PACK.VARIANT_PACK_DATA_POINTERS: tensor %d has none", (int)ids->i[i]);
    if (((uintptr_t)pointers->p[i] & 15) != 0) {
      return fail(MISALIGNED_POINTER, "VARIANT_PACK.VARIANT_PACK_DATA_POINTERS: tensor %d is not aligned to 16", (int)ids->i[i]);
    }
    for (int k = 0; k < i; k++) {
      if (ids->i[k] == ids->i[i]) return fail(DUPLICATED_ENTRIES, "VARIANT_PACK.VARIANT_PACK_UNIQUE_IDS: %d twice", (int)ids->i[i]);
    }
  }
  return SUCCESS;
}

int check_finalize(Descriptor* d) {
  switch (d->type) {
    case TENSOR: return check_tensor(d);
    case CONVOLUTION: return check_convolution(d);
    case POINTWISE: return check_pointwise(d);
    case OP_FORWARD: case OP_BWD_DATA: case OP_BWD_FILTER: return check_convolution_operation(d);
    case OP_POINTWISE: return check_pointwise_operation(d);
    case OPERATIONGRAPH: return check_graph(d);
    case ENGINEHEUR: return expect(d, 201, OPERATIONGRAPH);
    case EXECUTION_PLAN: return finalize_plan(d);
    case VARIANT_PACK: return check_pack(d);
    default: return fail(NOT_SUPPORTED, "finalize: %s is not for callers", descriptor_name(d->type));
  }
}
