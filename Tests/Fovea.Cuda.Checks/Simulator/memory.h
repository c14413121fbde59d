// Memory of the simulated GPU: the host's, with guard zones, fresh memory full of NaN, and a book of what is allocated.
#pragma once
#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <map>
#include "status.h"

namespace simulator {

class Memory {
 public:
  static constexpr size_t Guard = 256;
  static constexpr unsigned char Pattern = 0xA5;

  // Of larger blocks, which are scratch memory that hardly anything of is used, only so much is filled: touching all of it takes long.
  static constexpr size_t Filled = size_t(16) << 20;

  explicit Memory(const char* kind) : kind(kind) {}

  // Aligned to 256 bytes like cuMemAlloc's; null when the host has none left.
  void* allocate(size_t bytes) {
    size_t total = (bytes + 2 * Guard + 255) / 256 * 256;
    auto* block = static_cast<unsigned char*>(std::aligned_alloc(256, total));
    if (!block) return nullptr;
    std::memset(block, Pattern, Guard);
    std::memset(block + Guard, 0xFF, std::min(bytes, Filled));
    std::memset(block + Guard + bytes, Pattern, total - Guard - bytes);
    blocks[block + Guard] = {bytes, total, nextNumber++};
    used += bytes;
    return block + Guard;
  }

  bool release(void* address, const char* lastKernel) {
    auto found = blocks.find(static_cast<unsigned char*>(address));
    if (found == blocks.end()) return false;
    check(found->first, found->second, lastKernel);
    used -= found->second.bytes;
    std::free(found->first - Guard);
    blocks.erase(found);
    return true;
  }

  void releaseAll(const char* lastKernel) {
    while (!blocks.empty()) release(blocks.begin()->first, lastKernel);
  }

  // Whether a range lies in one allocation.
  bool holds(uint64_t address, size_t bytes) const {
    auto* first = reinterpret_cast<unsigned char*>(address);
    auto after = blocks.upper_bound(first);
    if (after == blocks.begin()) return false;
    auto& [start, block] = *std::prev(after);
    return first + bytes <= start + block.bytes;
  }

  void checkAll(const char* lastKernel) const {
    for (auto& [start, block] : blocks) check(start, block, lastKernel);
  }

  size_t bytesInUse() const { return used; }

 private:
  struct Block { size_t bytes, total; int number; };

  void check(const unsigned char* start, const Block& block, const char* lastKernel) const {
    for (const unsigned char* p = start - Guard; p < start - Guard + block.total; p++) {
      if (p == start) p += block.bytes;
      if (p < start - Guard + block.total && *p != Pattern) {
        std::fprintf(stderr, "simulated GPU: %s allocation %d of %zu bytes was overwritten at offset %td; last kernel started: %s\n",
                     kind, block.number, block.bytes, p - start, lastKernel);
        std::abort();
      }
    }
  }

  const char* kind;
  std::map<unsigned char*, Block> blocks;
  size_t used = 0;
  int nextNumber = 0;
};

}  // namespace simulator
