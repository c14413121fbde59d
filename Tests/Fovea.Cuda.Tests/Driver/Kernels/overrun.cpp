// Writes one byte beyond an allocation of the simulated GPU, which must notice when the memory is given back.
#include <dlfcn.h>
#include <cstdint>
#include <cstdlib>

int main(int, char** arguments) {
  void* library = dlopen(arguments[1], RTLD_NOW);
  if (!library) return 0;
  void* context;
  uint64_t address;
  reinterpret_cast<int (*)(unsigned)>(dlsym(library, "cuInit"))(0);
  reinterpret_cast<int (*)(void**, int)>(dlsym(library, "cuDevicePrimaryCtxRetain"))(&context, 0);
  reinterpret_cast<int (*)(void*)>(dlsym(library, "cuCtxSetCurrent"))(context);
  reinterpret_cast<int (*)(uint64_t*, size_t)>(dlsym(library, "cuMemAlloc_v2"))(&address, 100);
  reinterpret_cast<char*>(address)[100] = 0;
  reinterpret_cast<int (*)(uint64_t)>(dlsym(library, "cuMemFree_v2"))(address);
}
