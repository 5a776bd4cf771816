// SPDX-License-Identifier: Apache-2.0
// The kernel table: our scan, convolution, gate, pruning and InstanceNorm kernels on the GPU that
// is here, at the sizes of SegMamba-V2 at 128^3 (64^3 down to 8^3 tokens; widths 48 and 32),
// batch 2.
#include <exception>

#include <fmt/format.h>

#include "kernels/prune/token_prune_cuda.hpp"
#include "tools/bench/gpu_norm_problem.hpp"
#include "tools/bench/gpu_problem.hpp"
#include "tools/bench/gpu_timer.hpp"

namespace {

using yates::bench::KernelTable;
using yates::bench::median_ms;
using yates::bench::MixerProblem;
using yates::kernels::DeviceArray;

struct Size {
  std::int64_t tokens, channels;
};

void time_mixer(KernelTable& table, const Size& size) {
  MixerProblem problem(size.tokens, size.channels);
  const std::string shape = fmt::format("L {} D {} x 3 orders", size.tokens, size.channels);
  const bool repeats = problem.repeats();
  const double elements = problem.elements();
  const double forward = median_ms([&] { problem.scan_forward(); });
  table.add({"scan forward", shape, forward, problem.scan_forward_bytes(), elements, repeats});
  const double backward = median_ms([&] { problem.scan_backward(); });
  table.add({"scan backward", shape, backward, problem.scan_backward_bytes(), elements, repeats});
  const double conv = median_ms([&] { problem.conv_forward(); });
  table.add({"conv1d forward", shape, conv, problem.conv_forward_bytes(), elements, repeats});
  const double conv_back = median_ms([&] { problem.conv_backward(); });
  table.add(
      {"conv1d backward", shape, conv_back, 2 * problem.conv_forward_bytes(), elements, repeats});
  const double gate = median_ms([&] { problem.gate_forward(); });
  table.add({"sum of orders + gate", shape, gate, problem.gate_bytes(), elements, true});
}

/// Score, selection, orders, gather with summary, and back.
struct PruneProblem {
  yates::kernels::PruneShape shape;
  std::int64_t channels;
  DeviceArray<float> x, norms, rows, workspace, out;
  DeviceArray<std::int32_t> orders, kept, dropped, rank, compact;
  DeviceArray<unsigned char> select_workspace;

  PruneProblem(const yates::kernels::PruneShape& s, std::int64_t c)
      : shape(s),
        channels(c),
        x(yates::bench::random_values(s.batch * s.tokens * c, -1, 1)),
        norms(static_cast<std::size_t>(s.batch * s.tokens)),
        rows(static_cast<std::size_t>(s.batch * (s.kept + 1) * c)),
        workspace(static_cast<std::size_t>(yates::kernels::pool_cuda_workspace(s, c))),
        out(x.size()),
        orders(yates::bench::three_orders(s.tokens)),
        kept(static_cast<std::size_t>(s.batch * s.kept)),
        dropped(static_cast<std::size_t>(s.batch * (s.tokens - s.kept))),
        rank(norms.size()),
        compact(static_cast<std::size_t>(3 * s.batch * (s.kept + 1))),
        select_workspace(static_cast<std::size_t>(yates::kernels::prune_cuda_workspace(s))) {}

  void score() {
    yates::kernels::token_norms_cuda(
        x.data(), shape.batch * shape.tokens, channels, norms.data(), nullptr);
  }
  void select() {
    yates::kernels::select_tokens_cuda(shape,
                                       norms.data(),
                                       kept.data(),
                                       dropped.data(),
                                       rank.data(),
                                       select_workspace.data(),
                                       nullptr);
    yates::kernels::compact_orders_cuda(
        shape, orders.data(), 3, rank.data(), compact.data(), select_workspace.data(), nullptr);
  }
  void pool() {
    yates::kernels::pool_tokens_cuda(shape,
                                     channels,
                                     x.data(),
                                     kept.data(),
                                     dropped.data(),
                                     nullptr,
                                     1.0F / static_cast<float>(shape.tokens - shape.kept),
                                     rows.data(),
                                     workspace.data(),
                                     nullptr);
  }
  void unpool() {
    yates::kernels::unpool_tokens_cuda(
        shape, channels, rows.data(), rank.data(), nullptr, 1.0F, x.data(), out.data(), nullptr);
  }
  void run() {
    score();
    select();
    pool();
    unpool();
  }
};

void time_prune(KernelTable& table, const Size& size, std::int64_t kept) {
  PruneProblem problem({.batch = 2, .tokens = size.tokens, .kept = kept}, size.channels);
  const std::string shape = fmt::format("L {} K {} C {}", size.tokens, kept, size.channels);
  problem.run();
  const std::vector<float> first = problem.out.host();
  const std::vector<std::int32_t> first_orders = problem.compact.host();
  problem.run();
  const bool repeats = problem.out.host() == first && problem.compact.host() == first_orders;
  const double tokens = 2 * static_cast<double>(size.tokens);
  const double bytes = 4 * tokens * static_cast<double>(size.channels);
  table.add({"prune: score", shape, median_ms([&] { problem.score(); }), bytes, 0, repeats});
  table.add({"prune: select + 3 orders",
             shape,
             median_ms([&] { problem.select(); }),
             4 * tokens * 12,
             0,
             repeats});
  table.add({"prune: gather + summary",
             shape,
             median_ms([&] { problem.pool(); }),
             1.5 * bytes,
             0,
             repeats});
  table.add(
      {"prune: un-pool", shape, median_ms([&] { problem.unpool(); }), 2.5 * bytes, 0, repeats});
  table.add({"prune: all four", shape, median_ms([&] { problem.run(); }), 5 * bytes, 0, repeats});
}

template <typename V>
void time_norm(KernelTable& table, const char* type, yates::kernels::VolumeLayout layout) {
  constexpr std::int64_t kVoxels = 262144;
  constexpr std::int64_t kChannels = 48;
  yates::bench::NormProblem<V> problem(kVoxels, kChannels, layout);
  const bool last = layout == yates::kernels::VolumeLayout::ChannelsLast;
  const std::string shape =
      fmt::format("64^3 C {} {} {}", kChannels, type, last ? "last" : "first");
  const bool repeats = problem.repeats();
  const double bytes = problem.volume_bytes();
  table.add({"InstanceNorm forward",
             shape,
             median_ms([&] { problem.forward(); }),
             3 * bytes,
             0,
             repeats});
  table.add({"InstanceNorm backward",
             shape,
             median_ms([&] { problem.backward(); }),
             5 * bytes,
             0,
             repeats});
}

void time_norms(KernelTable& table) {
  using yates::kernels::VolumeLayout;
  for (const VolumeLayout layout : {VolumeLayout::ChannelsFirst, VolumeLayout::ChannelsLast}) {
    time_norm<float>(table, "fp32", layout);
    time_norm<yates::kernels::Float16>(table, "fp16", layout);
  }
}

}  // namespace

int main() {
  try {
    KernelTable table;
    for (const Size& size : {Size{512, 768},
                             Size{4096, 384},
                             Size{32768, 192},
                             Size{262144, 96},
                             Size{262144, 64},
                             Size{131073, 96}}) {
      time_mixer(table, size);
    }
    time_prune(table, {262144, 48}, 131072);
    time_prune(table, {32768, 96}, 22938);
    time_norms(table);
    return table.failures() == 0 ? 0 : 1;
  } catch (const std::exception& error) {
    fmt::print(stderr, "gpu_kernel_table: {}\n", error.what());
    return 70;
  }
}
