// What the simulated GPU remembers between calls.
#pragma once
#include <mutex>
#include "memory.h"
#include "modules.h"
#include "streams.h"

namespace simulator {

// Everything below is used by one source file, which holds the entry points.
namespace {

std::recursive_mutex gate;
Failure failure;
bool initialized = false;
Memory device("device"), host("host");
std::set<Stream*> streams;
std::set<Event*> events;
std::set<Module*> modules;
std::set<Graph*> graphs;
std::set<ReadyGraph*> readyGraphs;
std::vector<std::weak_ptr<Capture>> captures;
Stream defaultStream;
int retained = 0;
long long starts = 0;
Status pending = Success;  // A fault that happened and that nobody has seen.
Status sticky = Success;   // A fault that was seen: every call answers with it until the context is released.
std::string lastKernel = "none";
thread_local void* current = nullptr;

void* const theContext = &gate;

Status enter() {
  if (!initialized) return NotInitialized;
  if (!current || retained == 0) return InvalidContext;
  return sticky;
}

// Calls that reach around streams are not allowed during a capture, and ruin it.
bool spoilCapture() {
  bool spoiled = false;
  for (auto& weak : captures)
    if (auto capture = weak.lock(); capture && !capture->ended && capture->forbids()) capture->invalid = spoiled = true;
  return spoiled;
}

void rememberCapture(const std::shared_ptr<Capture>& capture) {
  captures.erase(std::remove_if(captures.begin(), captures.end(), [](auto& weak) { return weak.expired(); }), captures.end());
  captures.push_back(capture);
}

Status synchronize() {
  device.checkAll(lastKernel.c_str());
  if (pending) sticky = pending;
  return sticky;
}

void countStart() {
  if (failure.is("lost") && ++starts > failure.number(0)) pending = Unknown;
}

size_t memoryBytes() { return failure.is("oom") ? static_cast<size_t>(failure.number(0)) : size_t(16) << 30; }

int capability() {
  const char* value = std::getenv("FOVEA_SIMULATED_CAPABILITY");
  return failure.is("olddevice") ? 61 : value ? std::atoi(value) : 90;
}

Stream* find(Stream* stream) { return !stream ? &defaultStream : streams.count(stream) ? stream : nullptr; }

template <typename T>
Status destroy(std::set<T*>& all, T* one) {
  if (!all.erase(one)) return InvalidHandle;
  delete one;
  return Success;
}

template <typename T>
void destroyAll(std::set<T*>& all) {
  for (T* one : all) delete one;
  all.clear();
}

// What the release of the last reference to a primary context does.
void resetDevice() {
  device.releaseAll(lastKernel.c_str());
  host.releaseAll(lastKernel.c_str());
  destroyAll(readyGraphs);
  destroyAll(graphs);
  destroyAll(events);
  destroyAll(streams);
  destroyAll(modules);
  captures.clear();
  defaultStream = {};
  pending = sticky = Success;
  starts = 0;
  lastKernel = "none";
}

}  // namespace
}  // namespace simulator
