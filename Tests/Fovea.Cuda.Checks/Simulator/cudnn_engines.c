// Engines that differ in what they are good at, the heuristics that propose them, plans and their execution.
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "cudnn.h"

typedef struct { int64_t engine, knob, workspace; int notes[1], note_count, behavior[1], behavior_count; } Proposal;

// Engine 11 is proposed first and then refuses; 12 uses tensor cores, in two settings; 13 does not; 15 is compiled at run time; 14 is the
// fallback and not deterministic.
#define MOST_PROPOSALS 5
static const Proposal best[MOST_PROPOSALS] = {
  {.engine = 11},
  {.engine = 12, .workspace = 4096, .notes = {NOTE_TENSOR_CORE}, .note_count = 1},
  {.engine = 12, .knob = 1, .workspace = 2048, .notes = {NOTE_TENSOR_CORE}, .note_count = 1},
  {.engine = 13, .workspace = 1024},
  {.engine = 15, .behavior = {NOTE_RUNTIME_COMPILATION}, .behavior_count = 1}
};
static const Proposal fallback[] = {{.engine = 14, .notes = {NOTE_NONDETERMINISTIC}, .note_count = 1}};

static const Proposal* proposal_of(int64_t engine, int64_t knob) {
  for (int i = 0; i < MOST_PROPOSALS; i++) {
    if (best[i].engine == engine && best[i].knob == knob) return &best[i];
  }
  return &fallback[0];
}

static int answer(int64_t n, size_t size, const void* from, int64_t requested, int64_t* count, void* values) {
  *count = n;
  if (requested > 0 && values == NULL) return fail(NULL_POINTER, "get: no place for %d values", (int)requested);
  memcpy(values == NULL ? (void*)&n : values, from, values == NULL ? 0 : size * (size_t)(n < requested ? n : requested));
  return SUCCESS;
}

// The caller's own, empty descriptors are filled.
static int check_targets(Descriptor** targets, int64_t n, int type) {
  for (int64_t i = 0; i < n; i++) {
    if (!is_alive(targets[i]) || targets[i]->type != type || targets[i]->finalized) {
      return fail(BAD_PARAM, "get: place %d is no empty %s", (int)i, descriptor_name(type));
    }
  }
  return SUCCESS;
}

static void attach(Descriptor* to, int name, Descriptor* value) {
  Attribute* a = &to->attribute[to->attributes++];
  *a = (Attribute){.name = name, .type = T_DESCRIPTOR, .count = 1};
  a->d[0] = value;
  value->references++;
}

static int get_results(Descriptor* heuristic, int64_t requested, int64_t* count, Descriptor** targets) {
  Descriptor* graph = nested(heuristic, 201);
  bool fused = find(graph, 801)->count > 1;
  bool none = provoked("SIMULATOR_NO_ENGINE") || (fused && provoked("SIMULATOR_NO_FUSED"));
  int mode = enumerator(heuristic, 200);
  const Proposal* from = mode == HEUR_A ? best : fallback;
  int64_t n = none ? 0 : mode == HEUR_A ? MOST_PROPOSALS : mode == HEUR_FALLBACK ? 1 : 0;
  *count = n;
  if (requested == 0) return SUCCESS;
  n = n < requested ? n : requested;
  int status = check_targets(targets, n, ENGINECFG);
  for (int64_t i = 0; i < n && status == SUCCESS; i++) {
    targets[i]->engine = from[i].engine;
    targets[i]->knob = from[i].knob;
    targets[i]->workspace = from[i].workspace;
    targets[i]->finalized = true;
    attach(targets[i], 201, graph);
  }
  return status;
}

static int get_knobs(Descriptor* config, int64_t requested, int64_t* count, Descriptor** targets) {
  // As cuDNN does: it counts no more than it is given places for.
  *count = config->engine == 12 && requested > 0 ? 1 : 0;
  if (*count == 0) return SUCCESS;
  int status = check_targets(targets, 1, KNOB_CHOICE);
  if (status != SUCCESS) return status;
  targets[0]->knob = config->knob;
  targets[0]->finalized = true;
  return SUCCESS;
}

static int get_engine(Descriptor* config, int64_t* count, Descriptor** targets) {
  int status = check_targets(targets, 1, ENGINE);
  if (status != SUCCESS) return status;
  targets[0]->engine = config->engine;
  targets[0]->knob = config->knob;
  targets[0]->finalized = true;
  *count = 1;
  return SUCCESS;
}

int get_attribute(Descriptor* d, int name, int type, int64_t requested, int64_t* count, void* values) {
  bool nests = name == 202 || name == 300 || name == 302;
  int expected = nests ? T_DESCRIPTOR : name == 1303 ? T_NUMERICAL_NOTE : name == 1305 ? T_BEHAVIOR_NOTE
    : name == 600 ? T_KNOB_TYPE : T_INT64;
  if (type != expected) {
    return fail(ATTRIBUTE_TYPE, "get %s of %s: attribute type %d, not %d", attribute_name(name), descriptor_name(d->type), type, expected);
  }
  int knob_type = 6;
  const Proposal* p = proposal_of(d->engine, d->knob);
  if (d->type == ENGINEHEUR && name == 202) return get_results(d, requested, count, values);
  if (d->type == ENGINECFG && name == 300) return get_engine(d, count, values);
  if (d->type == ENGINECFG && name == 302) return get_knobs(d, requested, count, values);
  if (d->type == ENGINE && name == 1301) return answer(1, 8, &d->engine, requested, count, values);
  if (d->type == ENGINE && name == 1303) return answer(p->note_count, 4, p->notes, requested, count, values);
  if (d->type == ENGINE && name == 1305) return answer(p->behavior_count, 4, p->behavior, requested, count, values);
  if (d->type == KNOB_CHOICE && name == 600) return answer(1, 4, &knob_type, requested, count, values);
  if (d->type == KNOB_CHOICE && name == 601) return answer(1, 8, &d->knob, requested, count, values);
  if (d->type == EXECUTION_PLAN && name == 402) return answer(1, 8, &d->workspace, requested, count, values);
  return fail(NOT_SUPPORTED, "%s has no readable attribute %s (%d)", descriptor_name(d->type), attribute_name(name), name);
}

int finalize_plan(Descriptor* plan) {
  Descriptor* config = nested(plan, 401);
  if (config->type != ENGINECFG) {
    return fail(BAD_PARAM, "EXECUTION_PLAN.EXECUTION_PLAN_ENGINE_CONFIG is a %s", descriptor_name(config->type));
  }
  if (config->engine == 11) return fail(NOT_SUPPORTED, "engine 11 does not take this graph");
  plan->engine = config->engine;
  plan->knob = config->knob;
  plan->workspace = config->workspace;
  return SUCCESS;
}

bool engine_rounds(Descriptor* plan) { return plan->engine == 12; }

static View view_of(Descriptor* tensor, void* data) {
  View v = {.type = enumerator(tensor, 901), .data = data};
  memcpy(v.dim, find(tensor, 902)->i, sizeof v.dim);
  memcpy(v.stride, find(tensor, 903)->i, sizeof v.stride);
  return v;
}

typedef struct { Descriptor* tensor; void* data; } Binding;

static View bound(Binding* bindings, int count, Descriptor* tensor) {
  for (int i = 0; i < count; i++) {
    if (bindings[i].tensor == tensor) return view_of(tensor, bindings[i].data);
  }
  abort();
}

// Every tensor gets its data: those of the pack, and memory for virtual ones. The pack must name exactly the tensors that are not virtual.
static int bind(Descriptor* graph, Descriptor* pack, Binding* bindings, int* count) {
  Attribute *ops = find(graph, 801), *ids = find(pack, 1000);
  int used = 0;
  for (int i = 0; i < ops->count; i++) {
    Descriptor* touched[4];
    int n = operation_inputs(ops->d[i], touched);
    touched[n++] = operation_result(ops->d[i]);
    for (int k = 0; k < n; k++) {
      bool known = false;
      for (int b = 0; b < *count; b++) known |= bindings[b].tensor == touched[k];
      if (known) continue;
      void* data = NULL;
      if (is_virtual(touched[k])) {
        data = malloc((size_t)(integer(touched[k], 902, 0) * integer(touched[k], 903, 0)) * 4);
      } else {
        for (int p = 0; p < ids->count; p++) data = ids->i[p] == integer(touched[k], 906, 0) ? find(pack, 1001)->p[p] : data;
        used++;
      }
      if (data == NULL) return fail(BAD_PARAM, "VARIANT_PACK.VARIANT_PACK_UNIQUE_IDS lacks tensor %d", (int)integer(touched[k], 906, 0));
      bindings[(*count)++] = (Binding){touched[k], data};
    }
  }
  return used == ids->count
    ? SUCCESS
    : fail(BAD_PARAM, "VARIANT_PACK.VARIANT_PACK_UNIQUE_IDS names %d tensors, the graph has %d", (int)ids->count, used);
}

// What an execution does, free of descriptors: they may be gone when captured work runs.
typedef struct { int type, mode; View a, b, y; bool binary; Geometry geometry; float alpha, beta; } Step;
typedef struct {
  Step steps[MOST_VALUES];
  Binding bindings[4 * MOST_VALUES];
  int step_count, binding_count;
  void* workspace;
  size_t workspace_bytes;
  bool slow;
} Work;

static Step step_of(Descriptor* op, Binding* bindings, int count, bool tf32) {
  if (op->type == OP_POINTWISE) {
    int other = find(op, 752) != NULL ? 752 : 757;
    Step step = {.type = op->type, .mode = enumerator(nested(op, 750), 0), .binary = find(op, other) != NULL};
    step.a = bound(bindings, count, nested(op, 751));
    step.y = bound(bindings, count, operation_result(op));
    if (step.binary) step.b = bound(bindings, count, nested(op, other));
    return step;
  }
  int base = op->type == OP_FORWARD ? 700 : op->type == OP_BWD_DATA ? 706 : 712;
  int xn = op->type == OP_FORWARD ? 704 : op->type == OP_BWD_DATA ? 710 : 716;
  int wn = op->type == OP_FORWARD ? 703 : op->type == OP_BWD_DATA ? 709 : 715;
  int yn = op->type == OP_FORWARD ? 705 : op->type == OP_BWD_DATA ? 711 : 717;
  Step step = {.type = op->type, .alpha = find(op, base)->f, .beta = find(op, base + 1)->f};
  step.a = bound(bindings, count, nested(op, xn));
  step.b = bound(bindings, count, nested(op, wn));
  step.y = bound(bindings, count, nested(op, yn));
  Descriptor* c = nested(op, base + 2);
  step.geometry = (Geometry){integer(c, 105, 0), integer(c, 103, 0), tf32};
  return step;
}

static int executions;

// How often work has run, also in graphs.
EXPORT int simulatorExecutions(void) { return executions; }

static void run(void* data) {
  Work* work = data;
  executions++;
  // All of it is written, so that guards behind a workspace that is too small show it.
  if (work->workspace_bytes > 0) memset(work->workspace, 0xCD, work->workspace_bytes);
  if (work->slow) nanosleep(&(struct timespec){0, 2000000}, NULL);
  for (int i = 0; i < work->step_count; i++) {
    Step* s = &work->steps[i];
    if (s->type == OP_POINTWISE) pointwise(s->mode, &s->a, s->binary ? &s->b : NULL, &s->y);
    else convolve(s->type, &s->a, &s->b, &s->y, s->geometry, s->alpha, s->beta);
  }
}

static void release(void* data) {
  Work* work = data;
  for (int i = 0; i < work->binding_count; i++) {
    if (work->bindings[i].tensor == NULL) free(work->bindings[i].data);
  }
  free(work);
}

int execute(Handle* handle, Descriptor* plan, Descriptor* pack) {
  if (provoked("SIMULATOR_EXECUTION_FAILS")) return fail(EXECUTION_FAILED, "the kernel did not start");
  void* workspace = find(pack, 1003)->p[0];
  if (plan->workspace > 0 && workspace == NULL) {
    return fail(NULL_POINTER, "VARIANT_PACK.VARIANT_PACK_WORKSPACE: the plan needs %d bytes", (int)plan->workspace);
  }
  Descriptor* graph = nested(nested(plan, 401), 201);
  Work* work = calloc(1, sizeof *work);
  work->workspace = workspace;
  work->workspace_bytes = (size_t)plan->workspace;
  work->slow = provoked_number("SIMULATOR_SLOW_ENGINE", -1) == plan->engine || provoked_number("SIMULATOR_SLOW_KNOB", -1) == plan->knob;
  int status = bind(graph, pack, work->bindings, &work->binding_count);
  for (int i = 0; i < find(graph, 801)->count && status == SUCCESS; i++) {
    work->steps[work->step_count++] = step_of(find(graph, 801)->d[i], work->bindings, work->binding_count, engine_rounds(plan));
  }
  // From here on a tensor only tells whose its memory is: the work's own, if it is virtual.
  for (int i = 0; i < work->binding_count; i++) {
    if (is_virtual(work->bindings[i].tensor)) work->bindings[i].tensor = NULL;
  }
  if (status == SUCCESS) return submit(handle->stream, run, release, work);
  release(work);
  return status;
}
