// SPDX-License-Identifier: Apache-2.0
// Exact selection: once the key of the last kept token is known, ordered compaction: how many
// before each block of tokens, then who stands where.
#include "kernels/prune/token_cut_cuda.cuh"
#include "kernels/prune/token_prune_cuda.hpp"

namespace yates::kernels {
namespace {

constexpr int kThreads = kSelectThreads;
constexpr int kWarps = kThreads / 32;

int ceil_divide(std::int64_t a, std::int64_t b) {
  return static_cast<int>((a + b - 1) / b);
}

constexpr int kMostLists = 3;

SelectPlan plan_of(const PruneShape& shape, void* workspace) {
  require_launch(shape.kept >= 1 && shape.kept <= shape.tokens, "prune: 1 <= kept <= tokens");
  SelectPlan plan{};
  plan.batch = static_cast<int>(shape.batch);
  plan.tokens = static_cast<int>(shape.tokens);
  plan.kept = static_cast<int>(shape.kept);
  plan.blocks = ceil_divide(shape.tokens, kThreads);
  plan.cuts = static_cast<Cut*>(workspace);
  plan.bins = reinterpret_cast<unsigned*>(plan.cuts + plan.batch);
  plan.before = reinterpret_cast<int*>(plan.bins + std::int64_t{plan.batch} * kCutBins);
  return plan;
}

/// Two flags of the element at a place of a list, as 0 or 1.
struct Flags {
  int first, second;
};

/// Lists = samples, places = tokens; first: above the cut, second: equal to it.
struct ByScore {
  const float* scores;
  __device__ Flags operator()(const SelectPlan& plan, int list, int place) const {
    const std::uint32_t key = sort_key(scores[std::int64_t{list} * plan.tokens + place]);
    return {key > plan.cuts[list].key ? 1 : 0, key == plan.cuts[list].key ? 1 : 0};
  }
};

/// Lists = samples and orders, places = positions; first: a kept token stands there.
struct ByRank {
  const std::int32_t* orders;
  const std::int32_t* rank;
  int order_count;
  __device__ std::int32_t rank_at(const SelectPlan& plan, int list, int place) const {
    const int sample = list / order_count;
    const int order = list % order_count;
    const std::int32_t token = orders[std::int64_t{order} * plan.tokens + place];
    return rank[std::int64_t{sample} * plan.tokens + token];
  }
  __device__ Flags operator()(const SelectPlan& plan, int list, int place) const {
    return {rank_at(plan, list, place) >= 0 ? 1 : 0, 0};
  }
};

/// How many flags stand before this thread's in the block; all threads call this. `totals` receives
/// those of the block.
__device__ inline Flags before_in_block(Flags flags, Flags& totals) {
  SIMT_SHARED(int, firsts, kWarps);
  SIMT_SHARED(int, seconds, kWarps);
  const int lane = static_cast<int>(threadIdx.x) % 32;
  const int warp = static_cast<int>(threadIdx.x) / 32;
  const unsigned first = __ballot_sync(0xFFFFFFFFU, flags.first);
  const unsigned second = __ballot_sync(0xFFFFFFFFU, flags.second);
  if (lane == 0) {
    firsts[warp] = __popc(first);
    seconds[warp] = __popc(second);
  }
  __syncthreads();
  const unsigned lower = (1U << lane) - 1;
  Flags before{__popc(first & lower), __popc(second & lower)};
  totals = {0, 0};
  for (int i = 0; i < kWarps; ++i) {
    before.first += i < warp ? firsts[i] : 0;
    before.second += i < warp ? seconds[i] : 0;
    totals.first += firsts[i];
    totals.second += seconds[i];
  }
  __syncthreads();
  return before;
}

/// Counts the flags of each block of places. blockIdx = (block, list).
template <typename Rule>
__global__ void block_count_kernel(const __grid_constant__ SelectPlan plan, Rule rule) {
  const int place = static_cast<int>(blockIdx.x) * kThreads + static_cast<int>(threadIdx.x);
  const int list = static_cast<int>(blockIdx.y);
  Flags totals{};
  before_in_block(place < plan.tokens ? rule(plan, list, place) : Flags{0, 0}, totals);
  if (threadIdx.x == 0) {
    int* out = plan.before + (std::int64_t{list} * plan.blocks + blockIdx.x) * 2;
    out[0] = totals.first;
    out[1] = totals.second;
  }
}

/// Turns counts into how many stand before each block. One warp per list; blockIdx.x = list.
__global__ void block_scan_kernel(const __grid_constant__ SelectPlan plan) {
  const int lane = static_cast<int>(threadIdx.x);
  int* counts = plan.before + std::int64_t{blockIdx.x} * plan.blocks * 2;
  int carry[2] = {0, 0};
  for (int first = 0; first < plan.blocks; first += 32) {
    for (int which = 0; which < 2; ++which) {
      const int block = first + lane;
      const int own = block < plan.blocks ? counts[block * 2 + which] : 0;
      int sum = own;
      for (unsigned delta = 1; delta < 32; delta *= 2) {
        const int other = __shfl_up_sync(0xFFFFFFFFU, sum, delta);
        sum += lane >= static_cast<int>(delta) ? other : 0;
      }
      if (block < plan.blocks) {
        counts[block * 2 + which] = carry[which] + sum - own;
      }
      carry[which] += __shfl_sync(0xFFFFFFFFU, sum, 31);
    }
  }
}

/// Writes the lists of the selection. blockIdx = (block, sample).
__global__ void write_selection_kernel(const __grid_constant__ SelectPlan plan,
                                       ByScore rule,
                                       std::int32_t* kept,
                                       std::int32_t* dropped,
                                       std::int32_t* rank) {
  const int token = static_cast<int>(blockIdx.x) * kThreads + static_cast<int>(threadIdx.x);
  const int sample = static_cast<int>(blockIdx.y);
  const bool there = token < plan.tokens;
  const Flags flags = there ? rule(plan, sample, token) : Flags{0, 0};
  Flags totals{};
  Flags before = before_in_block(flags, totals);
  const int* of_block = plan.before + (std::int64_t{sample} * plan.blocks + blockIdx.x) * 2;
  before.first += of_block[0];
  before.second += of_block[1];
  if (!there) {
    return;
  }
  const int equal = plan.cuts[sample].rank + 1;
  const bool keep = flags.first != 0 || (flags.second != 0 && before.second < equal);
  const int kept_before = before.first + (before.second < equal ? before.second : equal);
  if (keep) {
    kept[std::int64_t{sample} * plan.kept + kept_before] = token;
  } else {
    dropped[std::int64_t{sample} * (plan.tokens - plan.kept) + token - kept_before] = token;
  }
  rank[std::int64_t{sample} * plan.tokens + token] = keep ? kept_before : -1;
}

/// Writes one compact order. blockIdx = (block, sample and order).
__global__ void write_order_kernel(const __grid_constant__ SelectPlan plan,
                                   ByRank rule,
                                   std::int32_t* compact) {
  const int place = static_cast<int>(blockIdx.x) * kThreads + static_cast<int>(threadIdx.x);
  const int list = static_cast<int>(blockIdx.y);
  const bool there = place < plan.tokens;
  const std::int32_t row = there ? rule.rank_at(plan, list, place) : -1;
  Flags totals{};
  const Flags before = before_in_block({row >= 0 ? 1 : 0, 0}, totals);
  std::int32_t* out = compact + std::int64_t{list} * (plan.kept + 1);
  if (row >= 0) {
    out[plan.before[(std::int64_t{list} * plan.blocks + blockIdx.x) * 2] + before.first] = row;
  }
  if (place == 0) {
    out[plan.kept] = plan.kept;
  }
}

template <typename Rule>
void launch_counts(const SelectPlan& plan, int lists, const Rule& rule, Stream stream) {
  launch(block_count_kernel<Rule>,
         dim3(static_cast<unsigned>(plan.blocks), static_cast<unsigned>(lists)),
         dim3(kThreads),
         0,
         stream,
         plan,
         rule);
  launch(block_scan_kernel, dim3(static_cast<unsigned>(lists)), dim3(32), 0, stream, plan);
}

}  // namespace

std::int64_t prune_cuda_workspace(const PruneShape& shape) {
  const std::int64_t blocks = ceil_divide(shape.tokens, kThreads);
  return shape.batch *
         (static_cast<std::int64_t>(sizeof(Cut)) + 4 * kCutBins + 8 * kMostLists * blocks);
}

void select_tokens_cuda(const PruneShape& shape,
                        const float* scores,
                        std::int32_t* kept,
                        std::int32_t* dropped,
                        std::int32_t* rank,
                        void* workspace,
                        Stream stream) {
  const SelectPlan plan = plan_of(shape, workspace);
  find_cuts_cuda(plan, scores, stream);
  const ByScore rule{scores};
  launch_counts(plan, plan.batch, rule, stream);
  launch(write_selection_kernel,
         dim3(static_cast<unsigned>(plan.blocks), static_cast<unsigned>(plan.batch)),
         dim3(kThreads),
         0,
         stream,
         plan,
         rule,
         kept,
         dropped,
         rank);
}

void compact_orders_cuda(const PruneShape& shape,
                         const std::int32_t* orders,
                         int order_count,
                         const std::int32_t* rank,
                         std::int32_t* compact,
                         void* workspace,
                         Stream stream) {
  require_launch(order_count >= 1 && order_count <= kMostLists, "prune: 1 to 3 orders");
  const SelectPlan plan = plan_of(shape, workspace);
  const ByRank rule{orders, rank, order_count};
  const int lists = plan.batch * order_count;
  launch_counts(plan, lists, rule, stream);
  launch(write_order_kernel,
         dim3(static_cast<unsigned>(plan.blocks), static_cast<unsigned>(lists)),
         dim3(kThreads),
         0,
         stream,
         plan,
         rule,
         compact);
}

}  // namespace yates::kernels
