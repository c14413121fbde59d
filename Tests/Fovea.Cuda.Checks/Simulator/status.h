// The driver's codes that the simulated GPU answers with, and the failures that a test can ask for.
#pragma once
#include <cstdlib>
#include <cstring>
#include <string>

namespace simulator {

using Status = int;

enum : Status {
  Success = 0, InvalidValue = 1, OutOfMemory = 2, NotInitialized = 3, NoDevice = 100, InvalidDevice = 101, InvalidContext = 201,
  NoBinaryForDevice = 209, InvalidPtx = 218, InvalidHandle = 400, IllegalState = 401, NotFound = 500, NotReady = 600,
  IllegalAddress = 700, LaunchOutOfResources = 701, CaptureUnsupported = 900, CaptureInvalidated = 901, CaptureMerge = 902,
  CaptureUnmatched = 903, CaptureUnjoined = 904, CaptureIsolation = 905, CaptureImplicit = 906, CapturedEvent = 907, Unknown = 999,
};

struct StatusText { Status status; const char* name; const char* text; };

inline constexpr StatusText statusTexts[] = {
  {Success, "CUDA_SUCCESS", "no error"},
  {InvalidValue, "CUDA_ERROR_INVALID_VALUE", "invalid argument"},
  {OutOfMemory, "CUDA_ERROR_OUT_OF_MEMORY", "out of memory"},
  {NotInitialized, "CUDA_ERROR_NOT_INITIALIZED", "initialization error"},
  {NoDevice, "CUDA_ERROR_NO_DEVICE", "no CUDA-capable device is detected"},
  {InvalidDevice, "CUDA_ERROR_INVALID_DEVICE", "invalid device ordinal"},
  {InvalidContext, "CUDA_ERROR_INVALID_CONTEXT", "invalid device context"},
  {NoBinaryForDevice, "CUDA_ERROR_NO_BINARY_FOR_GPU", "no kernel image is available for execution on the device"},
  {InvalidPtx, "CUDA_ERROR_INVALID_PTX", "a PTX JIT compilation failed"},
  {InvalidHandle, "CUDA_ERROR_INVALID_HANDLE", "invalid resource handle"},
  {IllegalState, "CUDA_ERROR_ILLEGAL_STATE", "the operation cannot be performed in the present state"},
  {NotFound, "CUDA_ERROR_NOT_FOUND", "named symbol not found"},
  {NotReady, "CUDA_ERROR_NOT_READY", "device not ready"},
  {IllegalAddress, "CUDA_ERROR_ILLEGAL_ADDRESS", "an illegal memory access was encountered"},
  {LaunchOutOfResources, "CUDA_ERROR_LAUNCH_OUT_OF_RESOURCES", "too many resources requested for launch"},
  {CaptureUnsupported, "CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED", "operation not permitted when stream is capturing"},
  {CaptureInvalidated, "CUDA_ERROR_STREAM_CAPTURE_INVALIDATED", "operation failed due to a previous error during capture"},
  {CaptureMerge, "CUDA_ERROR_STREAM_CAPTURE_MERGE", "operation would result in a merge of separate capture sequences"},
  {CaptureUnmatched, "CUDA_ERROR_STREAM_CAPTURE_UNMATCHED", "capture was not ended in the same stream as it began"},
  {CaptureUnjoined, "CUDA_ERROR_STREAM_CAPTURE_UNJOINED", "capturing stream has unjoined work"},
  {CaptureIsolation, "CUDA_ERROR_STREAM_CAPTURE_ISOLATION", "dependency created on uncaptured work in another stream"},
  {CaptureImplicit, "CUDA_ERROR_STREAM_CAPTURE_IMPLICIT", "operation would make the legacy stream depend on a capturing blocking stream"},
  {CapturedEvent, "CUDA_ERROR_CAPTURED_EVENT", "operation not permitted on an event last recorded in a capturing stream"},
  {Unknown, "CUDA_ERROR_UNKNOWN", "unknown error"},
};

inline const StatusText* textOf(Status status) {
  for (const auto& entry : statusTexts)
    if (entry.status == status) return &entry;
  return nullptr;
}

// FOVEA_SIMULATED_FAIL = nodevice | oldversion | olddevice | oom | oom:<bytes of memory> | launch:<kernel> | lost | lost:<starts before>
struct Failure {
  std::string kind, detail;

  static Failure read() {
    const char* value = std::getenv("FOVEA_SIMULATED_FAIL");
    std::string text = value ? value : "";
    auto colon = text.find(':');
    return colon == std::string::npos ? Failure{text, ""} : Failure{text.substr(0, colon), text.substr(colon + 1)};
  }

  bool is(const char* name) const { return kind == name; }
  long long number(long long otherwise) const { return detail.empty() ? otherwise : std::atoll(detail.c_str()); }
};

}  // namespace simulator
