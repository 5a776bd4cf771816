// SPDX-License-Identifier: Apache-2.0
// yates bench prune: score, selection and summary of token pruning against LibTorch's operators.
#include <functional>
#include <string>
#include <vector>

#include <ATen/core/grad_mode.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/index_select.h>
#include <ATen/ops/linalg_vector_norm.h>
#include <ATen/ops/mean.h>
#include <ATen/ops/rand.h>
#include <ATen/ops/sort.h>
#include <ATen/ops/topk.h>

#include "kernels/prune/token_prune_cpu.hpp"
#include "kernels/simd/parallel_torch.hpp"
#include "launcher/cli/benches.hpp"

namespace yates::cli {
namespace {

/// Tokens of one sample with their scores, and the lists that the selection fills.
struct Tokens {
  at::Tensor rows;    ///< (token, channel)
  at::Tensor scores;  ///< (token)
  std::vector<std::int32_t> kept, dropped;
  at::Tensor dropped_indices;  ///< The same list for the peer, int64.

  Tokens(std::int64_t tokens, std::int64_t channels, double keep_rate)
      : rows(at::rand({tokens, channels})),
        scores(at::rand({tokens})),
        kept(static_cast<std::size_t>(static_cast<double>(tokens) * keep_rate)),
        dropped(static_cast<std::size_t>(tokens) - kept.size()) {}

  void select() {
    kernels::select_tokens_cpu(
        {scores.const_data_ptr<float>(), static_cast<std::size_t>(scores.numel())}, kept, dropped);
  }

  /// The same two ascending lists: all tokens ranked, then each part sorted by index.
  void select_by_libtorch() {
    const at::Tensor ranked = std::get<1>(at::topk(scores, scores.size(0)));
    const auto count = static_cast<std::int64_t>(kept.size());
    at::sort(ranked.narrow(0, 0, count));
    dropped_indices = std::get<0>(at::sort(ranked.slice(0, count)));
  }
};

BenchResult measure(const BenchSettings& settings,
                    const std::string& name,
                    const std::string& size,
                    const PeerResult& peer,
                    const std::function<void()>& ours,
                    const std::function<void()>& theirs) {
  constexpr double kMilliseconds = 1e3;
  const auto [our_time, peer_time] = measure_seconds_in_turn(
      settings.count("repeats"), settings.count("peer_repeats"), ours, theirs);
  return {.name = name,
          .size = size,
          .unit = "ms",
          .ours = our_time.scaled(kMilliseconds),
          .peer = PeerResult{peer.name, peer_time.scaled(kMilliseconds)}};
}

void measure_size(const BenchSettings& settings,
                  std::int64_t tokens,
                  std::int64_t channels,
                  double keep_rate,
                  std::vector<BenchResult>& results) {
  Tokens data(tokens, channels, keep_rate);
  const std::string size =
      fmt::format("tokens={} channels={} keep={}", tokens, channels, keep_rate);
  std::vector<float> norms(static_cast<std::size_t>(tokens));
  results.push_back(measure(
      settings,
      "prune score",
      size,
      {"LibTorch linalg_vector_norm", {}},
      [&] {
        kernels::token_norms_cpu(data.rows.const_data_ptr<float>(),
                                 tokens,
                                 channels,
                                 norms.data(),
                                 kernels::run_on_torch_threads);
      },
      [&] { at::linalg_vector_norm(data.rows, 2, at::IntArrayRef{1}); }));
  results.push_back(measure(
      settings,
      "prune select",
      size,
      {"LibTorch topk + sort", {}},
      [&] { data.select(); },
      [&] { data.select_by_libtorch(); }));
  std::vector<float> mean(static_cast<std::size_t>(channels));
  results.push_back(measure(
      settings,
      "prune summary",
      size,
      {"LibTorch index_select + mean", {}},
      [&] {
        kernels::mean_of_rows_cpu(
            data.rows.const_data_ptr<float>(), channels, data.dropped, mean.data());
      },
      [&] { at::mean(at::index_select(data.rows, 0, data.dropped_indices), at::IntArrayRef{0}); }));
}

std::vector<BenchResult> run(const BenchSettings& settings) {
  const at::NoGradGuard no_gradients;
  std::vector<BenchResult> results;
  measure_size(settings, 32768, 96, 0.7, results);
  measure_size(settings, 262144, 48, 0.5, results);
  return results;
}

}  // namespace

Bench bench_prune() {
  return {.name = "prune",
          .description = "token pruning: score, exact selection, summary, against LibTorch's",
          .keys = {},
          .run = run};
}

}  // namespace yates::cli
