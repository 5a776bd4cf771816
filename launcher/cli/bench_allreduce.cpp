// SPDX-License-Identifier: Apache-2.0
// yates bench allreduce: the fp32 sum over ranks beside MPI_Allreduce of the same bytes.
#include <algorithm>
#include <functional>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "dist/communication_thread.hpp"
#include "dist/raw_all_reduce.hpp"
#include "launcher/cli/benches.hpp"
#include "launcher/cli/rank_jobs.hpp"

namespace yates::cli {
namespace {

/// KiB that one measurement sends at least: small messages go several times, so that it is not one
/// turn of the scheduler.
constexpr std::int64_t kMeasuredKib = 8192;

std::vector<BenchResult> run(const BenchSettings& settings) {
  const std::int64_t ranks = settings.count("ranks");
  const Json result = run_rank_job(
      "allreduce",
      ranks,
      {{"repeats", settings.count("repeats")}, {"largest_mib", settings.count("largest_mib")}});
  std::vector<BenchResult> results;
  for (const Json& row : result) {
    results.push_back(
        {.name = json_get<std::string>(row, "name", "rank"),
         .size = fmt::format("ranks={} KiB={}", ranks, json_get<std::int64_t>(row, "kib", "rank")),
         .unit = "ms",
         .ours = spread_from(row.at("ours")).scaled(1e3),
         .peer = PeerResult{.name = "MPI_Allreduce, " + json_get<std::string>(row, "mpi", "rank"),
                            .spread = spread_from(row.at("peer")).scaled(1e3)}});
  }
  return results;
}

/// One way of summing, in turn with the raw call, for messages of every size.
void measure(const std::string& name,
             std::int64_t repeats,
             std::int64_t largest_kib,
             const std::function<void(std::span<float>)>& sum,
             Json& rows) {
  for (std::int64_t kib = 16; kib <= largest_kib; kib *= 8) {
    std::vector<float> values(static_cast<std::size_t>(kib * 256));
    const std::int64_t calls = std::max<std::int64_t>(1, kMeasuredKib / kib);
    const auto often = [&](const auto& call) {
      return [&values, calls, call] {
        for (std::int64_t i = 0; i < calls; ++i) {
          call(values);
        }
      };
    };
    const auto [ours, peer] =
        measure_seconds_in_turn(repeats, repeats, often(sum), often([](std::span<float> all) {
                                  dist::raw_all_reduce(all);
                                }));
    const double each = 1.0 / static_cast<double>(calls);
    rows.push_back({{"name", name},
                    {"kib", kib},
                    {"ours", to_json(ours.scaled(each))},
                    {"peer", to_json(peer.scaled(each))},
                    {"mpi", dist::mpi_library()}});
  }
}

}  // namespace

Json allreduce_on_rank(const Json& arguments, dist::Communicator& communicator) {
  const auto repeats = json_get<std::int64_t>(arguments, "repeats", "arguments");
  const auto largest = json_get<std::int64_t>(arguments, "largest_mib", "arguments") * 1024;
  dist::CommunicationThread thread;
  Json rows = Json::array();
  measure(
      "allreduce fp32 sum",
      repeats,
      largest,
      [&](std::span<float> values) {
        thread.wait_and_do([&] { communicator.all_reduce_sum(values); });
      },
      rows);
  measure(
      "allreduce handed over",
      repeats,
      largest,
      [&](std::span<float> values) {
        thread.submit([&] { communicator.all_reduce_sum(values); });
        thread.wait();
      },
      rows);
  return rows;
}

Bench bench_allreduce() {
  return {.name = "allreduce",
          .description =
              "the fp32 sum over ranks against MPI_Allreduce of the same bytes: first as training "
              "sums what it waits for, on the caller's thread; then handed over to the "
              "communication thread, as training sums what backward hides, with nothing to hide "
              "behind. Starts its ranks itself",
          .keys = {{"ranks", "2", "ranks"}, {"largest_mib", "64", "largest message, MiB"}},
          .run = run};
}

}  // namespace yates::cli
