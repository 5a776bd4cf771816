// SPDX-License-Identifier: Apache-2.0
// yates bench allreduce: the sum over ranks on the communication thread, beside MPI_Allreduce.
#include <algorithm>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "dist/communication_thread.hpp"
#include "dist/raw_all_reduce.hpp"
#include "launcher/cli/benches.hpp"
#include "launcher/cli/rank_jobs.hpp"

namespace yates::cli {
namespace {

std::vector<BenchResult> run(const BenchSettings& settings) {
  const std::int64_t ranks = settings.count("ranks");
  const Json result = run_rank_job(
      "allreduce",
      ranks,
      {{"repeats", settings.count("repeats")}, {"largest_mib", settings.count("largest_mib")}});
  std::vector<BenchResult> results;
  for (const Json& row : result) {
    results.push_back(
        {.name = "allreduce fp32 sum",
         .size = fmt::format("ranks={} KiB={}", ranks, json_get<std::int64_t>(row, "kib", "rank")),
         .unit = "ms",
         .ours = spread_from(row.at("ours")).scaled(1e3),
         .peer = PeerResult{.name = "MPI_Allreduce, " + json_get<std::string>(row, "mpi", "rank"),
                            .spread = spread_from(row.at("peer")).scaled(1e3)}});
  }
  return results;
}

}  // namespace

Json allreduce_on_rank(const Json& arguments, dist::Communicator& communicator) {
  const auto repeats = json_get<std::int64_t>(arguments, "repeats", "arguments");
  const auto largest = json_get<std::int64_t>(arguments, "largest_mib", "arguments") * 1024;
  dist::CommunicationThread thread;
  Json rows = Json::array();
  for (std::int64_t kib = 16; kib <= largest; kib *= 8) {
    std::vector<float> values(static_cast<std::size_t>(kib * 256));
    // Small messages several times, so that a measurement is not one turn of the scheduler.
    const std::int64_t calls = std::max<std::int64_t>(1, 2048 / kib);
    const auto ours = [&] {
      for (std::int64_t call = 0; call < calls; ++call) {
        thread.submit([&] { communicator.all_reduce_sum(values); });
        thread.wait();
      }
    };
    const auto peer = [&] {
      for (std::int64_t call = 0; call < calls; ++call) {
        dist::raw_all_reduce(values);
      }
    };
    const auto [our_time, peer_time] = measure_seconds_in_turn(repeats, repeats, ours, peer);
    rows.push_back({{"kib", kib},
                    {"ours", to_json(our_time.scaled(1.0 / static_cast<double>(calls)))},
                    {"peer", to_json(peer_time.scaled(1.0 / static_cast<double>(calls)))},
                    {"mpi", dist::mpi_library()}});
  }
  return rows;
}

Bench bench_allreduce() {
  return {.name = "allreduce",
          .description =
              "the fp32 sum over ranks as training does it, against MPI_Allreduce of the "
              "same bytes; starts its ranks under mpirun",
          .keys = {{"ranks", "2", "ranks"}, {"largest_mib", "64", "largest message, MiB"}},
          .run = run};
}

}  // namespace yates::cli
