// A GPU that is not there: the entry points of libcuda that Fovea uses, run on the CPU. Device addresses are host addresses; streams run at
// once; capture keeps the work and a graph's launch replays it. One device, with a primary context.
//
//   FOVEA_SIMULATED_KERNELS     folder with <source>.<variant>.so (see modules.h)
//   FOVEA_SIMULATED_FAIL        a failure to provoke, read by cuDriverGetVersion and cuInit (see status.h)
//   FOVEA_SIMULATED_ORDER       reverse: graphs run in another order that their edges allow
//   FOVEA_SIMULATED_CAPABILITY  compute capability, 90 unless told
//
// Build: g++ -std=c++17 -O2 -shared -fPIC -o libcuda.so.1 libcuda.cpp -ldl -pthread
#include "state.h"

#define API extern "C" __attribute__((visibility("default"))) int
#define ENTER() \
  std::lock_guard<std::recursive_mutex> lock(gate); \
  if (Status status = enter()) return status
#define ENTER_UNCAPTURED() \
  ENTER(); \
  if (spoilCapture()) return CaptureUnsupported

using namespace simulator;

// ---- driver, device, context ------------------------------------------------------------------------------------------------------

API cuDriverGetVersion(int* version) {
  failure = Failure::read();
  *version = failure.is("oldversion") ? 10020 : 12080;
  return Success;
}

API cuInit(unsigned flags) {
  failure = Failure::read();
  if (flags != 0) return InvalidValue;
  if (failure.is("nodevice")) return NoDevice;
  initialized = true;
  return Success;
}

API cuGetErrorName(int status, const char** name) {
  auto* entry = textOf(status);
  *name = entry ? entry->name : nullptr;
  return entry ? Success : InvalidValue;
}

API cuGetErrorString(int status, const char** text) {
  auto* entry = textOf(status);
  *text = entry ? entry->text : nullptr;
  return entry ? Success : InvalidValue;
}

API cuDeviceGetCount(int* count) {
  *count = 1;
  return initialized ? Success : NotInitialized;
}

API cuDeviceGet(int* handle, int ordinal) {
  *handle = 0;
  return ordinal == 0 ? Success : InvalidDevice;
}

API cuDeviceGetName(char* name, int length, int) {
  std::snprintf(name, length, "Simulated GPU");
  return Success;
}

API cuDeviceGetAttribute(int* value, int attribute, int) {
  switch (attribute) {
    case 16: *value = 132; return Success;
    case 75: *value = capability() / 10; return Success;
    case 76: *value = capability() % 10; return Success;
    case 97: *value = 227 * 1024; return Success;
    default: return InvalidValue;
  }
}

API cuDeviceTotalMem_v2(size_t* bytes, int) {
  *bytes = memoryBytes();
  return Success;
}

API cuDevicePrimaryCtxRetain(void** context, int) {
  std::lock_guard<std::recursive_mutex> lock(gate);
  if (!initialized) return NotInitialized;
  retained++;
  *context = theContext;
  return Success;
}

API cuDevicePrimaryCtxRelease_v2(int) {
  std::lock_guard<std::recursive_mutex> lock(gate);
  if (retained == 0) return InvalidContext;
  if (--retained == 0) resetDevice();
  return Success;
}

API cuCtxSetCurrent(void* context) {
  if (context && context != theContext) return InvalidContext;
  current = context;
  return Success;
}

API cuCtxSynchronize() {
  ENTER_UNCAPTURED();
  return synchronize();
}

// ---- memory -----------------------------------------------------------------------------------------------------------------------

API cuMemGetInfo_v2(size_t* free, size_t* total) {
  ENTER();
  *total = memoryBytes();
  *free = *total - device.bytesInUse();
  return Success;
}

API cuMemAlloc_v2(uint64_t* address, size_t bytes) {
  ENTER_UNCAPTURED();
  if (bytes == 0) return InvalidValue;
  if (bytes > memoryBytes() - device.bytesInUse()) return OutOfMemory;
  *address = reinterpret_cast<uint64_t>(device.allocate(bytes));
  return *address ? Success : OutOfMemory;
}

API cuMemFree_v2(uint64_t address) {
  ENTER_UNCAPTURED();
  return address == 0 || device.release(reinterpret_cast<void*>(address), lastKernel.c_str()) ? Success : InvalidValue;
}

API cuMemHostAlloc(void** address, size_t bytes, unsigned) {
  ENTER_UNCAPTURED();
  if (bytes == 0) return InvalidValue;
  *address = host.allocate(bytes);
  return *address ? Success : OutOfMemory;
}

API cuMemFreeHost(void* address) {
  ENTER_UNCAPTURED();
  return host.release(address, lastKernel.c_str()) ? Success : InvalidValue;
}

static Status copy(void* destination, const void* source, size_t bytes, Stream* stream) {
  if (!(stream = find(stream))) return InvalidHandle;
  return submit(*stream, [=] {
    std::memmove(destination, source, bytes);
    return Success;
  });
}

API cuMemcpyHtoDAsync_v2(uint64_t destination, const void* source, size_t bytes, Stream* stream) {
  ENTER();
  if (!device.holds(destination, bytes)) return InvalidValue;
  return copy(reinterpret_cast<void*>(destination), source, bytes, stream);
}

API cuMemcpyDtoHAsync_v2(void* destination, uint64_t source, size_t bytes, Stream* stream) {
  ENTER();
  if (!device.holds(source, bytes)) return InvalidValue;
  return copy(destination, reinterpret_cast<void*>(source), bytes, stream);
}

API cuMemcpyDtoDAsync_v2(uint64_t destination, uint64_t source, size_t bytes, Stream* stream) {
  ENTER();
  if (!device.holds(source, bytes) || !device.holds(destination, bytes)) return InvalidValue;
  return copy(reinterpret_cast<void*>(destination), reinterpret_cast<void*>(source), bytes, stream);
}

API cuMemsetD32Async(uint64_t destination, unsigned value, size_t words, Stream* stream) {
  ENTER();
  if (!device.holds(destination, words * 4)) return InvalidValue;
  if (!(stream = find(stream))) return InvalidHandle;
  return submit(*stream, [=] {
    std::fill_n(reinterpret_cast<unsigned*>(destination), words, value);
    return Success;
  });
}

// ---- modules and launches -----------------------------------------------------------------------------------------------------------

API cuModuleLoadDataEx(Module** module, const void* image, unsigned optionCount, const int* options, void** values) {
  ENTER_UNCAPTURED();
  char* log = nullptr;
  size_t length = 0;
  for (unsigned i = 0; i < optionCount; i++) {
    if (options[i] == 5) log = static_cast<char*>(values[i]);
    if (options[i] == 6) length = reinterpret_cast<size_t>(values[i]);
  }
  std::string text;
  Status status = loadModule(static_cast<const char*>(image), *module, text);
  if (status == Success) modules.insert(*module);
  if (log && length) std::snprintf(log, length, "%s", text.c_str());
  return status;
}

API cuModuleUnload(Module* module) {
  ENTER_UNCAPTURED();
  return destroy(modules, module);
}

API cuModuleGetFunction(Function** function, Module* module, const char* name) {
  ENTER();
  return modules.count(module) ? findFunction(*module, name, *function) : InvalidHandle;
}

API cuFuncSetAttribute(Function* function, int attribute, int value) {
  ENTER();
  if (attribute != 8 || value < 0 || value > 227 * 1024) return InvalidValue;
  function->allowedShared = value;
  return Success;
}

API cuLaunchKernel(Function* function, unsigned gx, unsigned gy, unsigned gz, unsigned bx, unsigned by, unsigned bz, unsigned shared,
                   Stream* stream, void** arguments, void** extra) {
  ENTER();
  if (!(stream = find(stream))) return InvalidHandle;
  uint64_t threads = uint64_t(bx) * by * bz;
  bool grid = gx > 0 && gx <= 0x7FFFFFFF && gy > 0 && gy <= 65535 && gz > 0 && gz <= 65535;
  if (!grid || threads == 0 || threads > 1024 || bz > 64 || extra || int64_t(shared) > function->allowedShared) return InvalidValue;
  auto copied = std::make_shared<Arguments>(function->sizes, arguments);
  return submit(*stream, [=] {
    countStart();
    lastKernel = function->name;
    if (failure.is("launch") && failure.detail == function->name) pending = IllegalAddress;
    if (!pending) function->run(gx, gy, gz, bx, by, bz, shared, copied->data());
    return Success;
  });
}

// ---- streams and events -------------------------------------------------------------------------------------------------------------

API cuStreamCreate(Stream** stream, unsigned) {
  ENTER();
  streams.insert(*stream = new Stream);
  return Success;
}

API cuStreamDestroy_v2(Stream* stream) {
  ENTER();
  if (streams.count(stream)) abandonCapture(*stream);
  return destroy(streams, stream);
}

API cuStreamSynchronize(Stream* stream) {
  ENTER_UNCAPTURED();
  return find(stream) ? synchronize() : InvalidHandle;
}

API cuStreamWaitEvent(Stream* stream, Event* event, unsigned) {
  ENTER();
  return find(stream) && events.count(event) ? wait(*find(stream), *event) : InvalidHandle;
}

API cuEventCreate(Event** event, unsigned flags) {
  ENTER();
  events.insert(*event = new Event((flags & 2) == 0));
  return Success;
}

API cuEventDestroy_v2(Event* event) {
  ENTER();
  return destroy(events, event);
}

API cuEventRecord(Event* event, Stream* stream) {
  ENTER();
  if (!find(stream) || !events.count(event)) return InvalidHandle;
  record(*event, *find(stream));
  return Success;
}

API cuEventSynchronize(Event* event) {
  ENTER();
  if (!events.count(event)) return InvalidHandle;
  return event->capture ? CapturedEvent : synchronize();
}

API cuEventElapsedTime(float* milliseconds, Event* start, Event* end) {
  ENTER();
  if (!events.count(start) || !events.count(end)) return InvalidHandle;
  for (auto* event : {start, end})
    if (!event->timing || !event->recorded || event->capture) return InvalidHandle;
  *milliseconds = std::chrono::duration<float, std::milli>(end->time - start->time).count();
  return Success;
}

// ---- capture ------------------------------------------------------------------------------------------------------------------------

API cuStreamBeginCapture_v2(Stream* stream, int mode) {
  ENTER();
  if (!streams.count(stream)) return stream ? InvalidHandle : CaptureUnsupported;
  if (stream->capture) return IllegalState;
  stream->capture = std::make_shared<Capture>(Capture{stream, mode, std::this_thread::get_id(), {}, {stream}});
  rememberCapture(stream->capture);
  return Success;
}

API cuStreamEndCapture(Stream* stream, Graph** graph) {
  ENTER();
  if (!streams.count(stream)) return InvalidHandle;
  Status status = endCapture(*stream, *graph);
  if (*graph) graphs.insert(*graph);
  return status;
}

API cuGraphInstantiateWithFlags(ReadyGraph** ready, Graph* graph, unsigned long long) {
  ENTER();
  if (!graphs.count(graph)) return InvalidHandle;
  readyGraphs.insert(*ready = instantiate(*graph));
  return Success;
}

API cuGraphLaunch(ReadyGraph* graph, Stream* stream) {
  ENTER();
  if (!find(stream) || !readyGraphs.count(graph)) return InvalidHandle;
  if (find(stream)->capture) return CaptureUnsupported;
  for (int node : graph->order)
    if (Status status = graph->nodes[node].run()) return status;
  return Success;
}

API cuGraphExecDestroy(ReadyGraph* graph) {
  ENTER();
  return destroy(readyGraphs, graph);
}

API cuGraphDestroy(Graph* graph) {
  ENTER();
  return destroy(graphs, graph);
}

// ---- for the simulated cuDNN --------------------------------------------------------------------------------------------------------

// Work of another library on a stream, released when nothing can run it any more. InvalidHandle: the stream is not this GPU's, and the work
// stays the caller's.
API simulatorSubmit(Stream* stream, void (*run)(void*), void (*release)(void*), void* work) {
  std::lock_guard<std::recursive_mutex> lock(gate);
  if (!streams.count(stream)) return InvalidHandle;
  std::shared_ptr<void> owned(work, release);
  if (Status status = enter()) return status;
  return submit(*stream, [=] {
    lastKernel = "cuDNN";
    if (!pending) run(owned.get());
    return Success;
  });
}
