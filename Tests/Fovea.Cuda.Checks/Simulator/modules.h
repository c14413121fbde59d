// Modules and kernels: a module is a shared library with the kernels built for the host.
#pragma once
#include <dlfcn.h>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>
#include "status.h"

namespace simulator {

using HostKernel = void (*)(int gx, int gy, int gz, int bx, int by, int bz, unsigned shared, void** arguments);

struct Function {
  std::string name;
  HostKernel run;
  const char* sizes;  // Bytes of each argument, then 0.
  int allowedShared = 48 * 1024;
};

struct Module {
  void* library = nullptr;
  std::map<std::string, std::unique_ptr<Function>> functions;

  ~Module() {
    if (library) dlclose(library);
  }
};

// Arguments as they were when the kernel was started: the caller's may be gone when a graph is replayed.
class Arguments {
 public:
  Arguments(const char* sizes, void** source) {
    for (const char* size = sizes; *size; size++) {
      auto bytes = static_cast<unsigned char>(*size);
      values.emplace_back((bytes + 7) / 8);
      std::memcpy(values.back().data(), source[size - sizes], bytes);
    }
    for (auto& value : values) pointers.push_back(value.data());
  }

  void** data() { return pointers.data(); }

 private:
  std::vector<std::vector<uint64_t>> values;
  std::vector<void*> pointers;
};

// pointwise.bf16 in "// fovea module=pointwise.bf16 arch=sm_80 source-sha256=…"; empty if the first line is another.
inline std::string moduleName(const char* ptx) {
  const char prefix[] = "// fovea module=";
  if (std::strncmp(ptx, prefix, sizeof prefix - 1) != 0) return "";
  const char* start = ptx + sizeof prefix - 1;
  return std::string(start, std::strcspn(start, " \r\n"));
}

inline Status loadModule(const char* ptx, Module*& module, std::string& log) {
  auto name = moduleName(ptx);
  if (name.empty() || name.find('/') != std::string::npos) {
    log = "line 1: expected '// fovea module=<source>.<variant> …'";
    return InvalidPtx;
  }
  const char* folder = std::getenv("FOVEA_SIMULATED_KERNELS");
  auto path = std::string(folder ? folder : ".") + "/" + name + ".so";
  auto* library = dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (!library) {
    log = std::string("no kernels for the host:\n") + dlerror();
    return NoBinaryForDevice;
  }
  module = new Module;
  module->library = library;
  return Success;
}

inline Status findFunction(Module& module, const char* name, Function*& function) {
  auto& entry = module.functions[name];
  if (!entry) {
    auto symbol = std::string("host_") + name;
    auto run = reinterpret_cast<HostKernel>(dlsym(module.library, symbol.c_str()));
    auto sizes = static_cast<const char*>(dlsym(module.library, (symbol + "_sizes").c_str()));
    if (!run || !sizes) return NotFound;
    entry.reset(new Function{name, run, sizes});
  }
  function = entry.get();
  return Success;
}

}  // namespace simulator
