// Streams, events, capture and graphs. A stream's work runs at once, in the order of its issue; captured work is kept and replayed.
#pragma once
#include <algorithm>
#include <chrono>
#include <functional>
#include <memory>
#include <set>
#include <thread>
#include <vector>
#include "status.h"

namespace simulator {

using Work = std::function<Status()>;

struct Node { Work run; std::vector<int> after; };

struct Stream;

struct Capture {
  Stream* origin;
  int mode;
  std::thread::id thread;
  std::vector<Node> nodes;
  std::set<Stream*> members;
  bool invalid = false, ended = false;

  // Whether calls that reach around streams (allocate, synchronise) are forbidden to this thread; such a call spoils the capture.
  bool forbids() const { return mode == 0 || (mode == 1 && thread == std::this_thread::get_id()); }
};

struct Stream { std::shared_ptr<Capture> capture; std::vector<int> tail; };

struct Event {
  explicit Event(bool timing) : timing(timing) {}

  bool timing, recorded = false;
  std::chrono::steady_clock::time_point time;
  std::shared_ptr<Capture> capture;
  std::vector<int> tail;
};

struct Graph { std::vector<Node> nodes; };

// A graph ready to run: the nodes and the order in which they run.
struct ReadyGraph { std::vector<Node> nodes; std::vector<int> order; };

inline void merge(std::vector<int>& into, const std::vector<int>& from) {
  for (int node : from)
    if (std::find(into.begin(), into.end(), node) == into.end()) into.push_back(node);
}

inline Status submit(Stream& stream, Work work) {
  if (!stream.capture) return work();
  if (stream.capture->invalid) return CaptureInvalidated;
  stream.capture->nodes.push_back({std::move(work), stream.tail});
  stream.tail = {static_cast<int>(stream.capture->nodes.size()) - 1};
  return Success;
}

inline void record(Event& event, Stream& stream) {
  event.recorded = true;
  event.capture = stream.capture;
  event.tail = stream.tail;
  event.time = std::chrono::steady_clock::now();
}

inline Status wait(Stream& stream, const Event& event) {
  if (!event.recorded) return Success;
  if (!event.capture) {
    if (!stream.capture) return Success;  // Earlier work has run already.
    stream.capture->invalid = true;
    return CaptureIsolation;
  }
  if (event.capture->ended) return CapturedEvent;
  if (stream.capture && stream.capture != event.capture) return CaptureMerge;
  if (!stream.capture) {
    stream.capture = event.capture;
    stream.capture->members.insert(&stream);
    stream.tail.clear();
  }
  merge(stream.tail, event.tail);
  return Success;
}

// Nodes from which no path leads to the origin's end are work that the graph's end would not wait for.
inline bool isJoined(const Capture& capture) {
  std::vector<bool> reached(capture.nodes.size());
  std::vector<int> open = capture.origin->tail;
  while (!open.empty()) {
    int node = open.back();
    open.pop_back();
    if (reached[node]) continue;
    reached[node] = true;
    open.insert(open.end(), capture.nodes[node].after.begin(), capture.nodes[node].after.end());
  }
  return std::all_of(reached.begin(), reached.end(), [](bool r) { return r; });
}

inline Status endCapture(Stream& stream, Graph*& graph) {
  graph = nullptr;
  auto capture = stream.capture;
  if (!capture) return IllegalState;
  if (capture->origin != &stream) {
    capture->invalid = true;
    return CaptureUnmatched;
  }
  Status status = capture->invalid ? CaptureInvalidated : isJoined(*capture) ? Success : CaptureUnjoined;
  capture->ended = true;
  for (Stream* member : capture->members) {
    member->capture = nullptr;
    member->tail.clear();
  }
  if (status == Success) graph = new Graph{std::move(capture->nodes)};
  return status;
}

// A stream that goes away while it is captured takes the capture with it.
inline void abandonCapture(Stream& stream) {
  if (!stream.capture) return;
  stream.capture->invalid = true;
  stream.capture->ended |= stream.capture->origin == &stream;
  stream.capture->members.erase(&stream);
}

// FOVEA_SIMULATED_ORDER=reverse runs, of the nodes that are ready, the one issued last: a missing edge then changes results.
inline ReadyGraph* instantiate(const Graph& graph) {
  const char* wish = std::getenv("FOVEA_SIMULATED_ORDER");
  bool reverse = wish && std::strcmp(wish, "reverse") == 0;
  size_t count = graph.nodes.size();
  std::vector<int> waitsFor(count);
  std::vector<std::vector<int>> before(count);
  std::set<int> ready;
  for (size_t i = 0; i < count; i++) {
    waitsFor[i] = static_cast<int>(graph.nodes[i].after.size());
    for (int node : graph.nodes[i].after) before[node].push_back(static_cast<int>(i));
    if (waitsFor[i] == 0) ready.insert(static_cast<int>(i));
  }
  auto* result = new ReadyGraph{graph.nodes, {}};
  while (!ready.empty()) {
    int node = reverse ? *ready.rbegin() : *ready.begin();
    ready.erase(node);
    result->order.push_back(node);
    for (int next : before[node])
      if (--waitsFor[next] == 0) ready.insert(next);
  }
  return result;
}

}  // namespace simulator
