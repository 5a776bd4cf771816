// SPDX-License-Identifier: Apache-2.0
#include "dist/placement.hpp"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <filesystem>
#include <map>
#include <sched.h>
#include <set>
#include <span>

#include <fmt/format.h>
#include <unistd.h>

#include "base/error.hpp"
#include "base/json.hpp"
#include "base/text.hpp"

namespace yates::dist {
namespace {

namespace fs = std::filesystem;

std::vector<int> allowed_cores() {
  cpu_set_t set;
  CPU_ZERO(&set);
  std::vector<int> cores;
  if (::sched_getaffinity(0, sizeof(set), &set) == 0) {
    for (int core = 0; core < CPU_SETSIZE; ++core) {
      if (CPU_ISSET(static_cast<std::size_t>(core), &set)) {
        cores.push_back(core);
      }
    }
  }
  return cores;
}

/// "0,1" from the kernel's folders node0/cpu17.
std::string numa_of(const std::vector<int>& cores) {
  std::set<std::int64_t> nodes;
  std::error_code ignored;
  for (const auto& entry : fs::directory_iterator("/sys/devices/system/node", ignored)) {
    const std::string name = entry.path().filename().string();
    const auto node = name.starts_with("node") ? parse_integer(name.substr(4)) : std::nullopt;
    if (node && std::any_of(cores.begin(), cores.end(), [&](int core) {
          return fs::exists(entry.path() / fmt::format("cpu{}", core), ignored);
        })) {
      nodes.insert(*node);
    }
  }
  std::vector<std::string> words;
  for (const std::int64_t node : nodes) {
    words.push_back(std::to_string(node));
  }
  return words.empty() ? "-" : join(words, ",");
}

}  // namespace

RankPlace place_of_this_rank(std::int64_t threads) {
  std::array<char, 256> host{};
  ::gethostname(host.data(), host.size() - 1);
  const std::vector<int> cores = allowed_cores();
  return {.host = host.data(),
          .device = "cpu",
          .numa = numa_of(cores),
          .cores = std::ssize(cores),
          .threads = threads};
}

std::string placement_table(const std::vector<RankPlace>& places) {
  std::size_t width = 4;
  std::size_t device_width = 7;
  for (const RankPlace& place : places) {
    width = std::max(width, place.host.size());
    device_width = std::max(device_width, place.device.size());
  }
  std::string text = fmt::format("{:>5}  {:<{}}  {:<{}} {:<6} {:>5} {:>7}",
                                 "rank",
                                 "host",
                                 width,
                                 "device",
                                 device_width,
                                 "NUMA",
                                 "cores",
                                 "threads");
  for (std::size_t rank = 0; rank < places.size(); ++rank) {
    const RankPlace& place = places[rank];
    text += fmt::format("\n{:>5}  {:<{}}  {:<{}} {:<6} {:>5} {:>7}",
                        rank,
                        place.host,
                        width,
                        place.device,
                        device_width,
                        place.numa,
                        place.cores,
                        place.threads);
  }
  return text;
}

std::vector<std::string> placement_warnings(const std::vector<RankPlace>& places) {
  std::vector<std::string> warnings;
  std::map<std::string, std::int64_t> threads;
  std::map<std::string, std::int64_t> cores;
  for (const RankPlace& place : places) {
    threads[place.host] += place.threads;
    cores[place.host] = std::max(cores[place.host], place.cores);
  }
  for (const auto& [host, count] : threads) {
    // Bound ranks see their own cores only, and then their sum is not known here.
    const bool bound = std::any_of(places.begin(), places.end(), [&, name = host](auto& place) {
      return place.host == name && place.cores < cores[name];
    });
    if (!bound && count > cores[host] && cores[host] > 1) {
      warnings.push_back(fmt::format(
          "{} threads on {} cores of {}: each step waits for the slowest; start fewer ranks or "
          "lower train.threads",
          count,
          cores[host],
          host));
    }
  }
  return warnings;
}

void refuse_shared_devices(const std::vector<RankPlace>& places) {
  std::map<std::string, std::size_t> owner;
  for (std::size_t rank = 0; rank < places.size(); ++rank) {
    const RankPlace& place = places[rank];
    const auto [found, first] = owner.emplace(place.host + " " + place.device, rank);
    if (place.device != "cpu" && !first) {
      throw Error(
          ExitCode::BadConfig,
          Problem{
              .what = fmt::format(
                  "ranks {} and {} share {} of {}", found->second, rank, place.device, place.host),
              .where = "train.device",
              .allowed = "one GPU per rank",
              .fix = "give every rank a GPU of its own: srun --gpus-per-task=1, or leave all "
                     "GPUs of a host visible to all of its ranks"});
    }
  }
}

int local_rank(Communicator& communicator) {
  const std::vector<RankPlace> places = gather_places(communicator, place_of_this_rank(1));
  const auto mine = places.begin() + communicator.rank();
  return static_cast<int>(std::count_if(
      places.begin(), mine, [&](const RankPlace& place) { return place.host == mine->host; }));
}

std::vector<RankPlace> gather_places(Communicator& communicator, const RankPlace& mine) {
  const std::string text = Json{
      {"host", mine.host},
      {"device", mine.device},
      {"numa", mine.numa},
      {"cores", mine.cores},
      {"threads",
       mine.threads}}.dump();
  std::vector<RankPlace> places;
  for (const auto& bytes : communicator.all_gather(std::as_bytes(std::span(text)))) {
    const Json json =
        parse_json(std::string(reinterpret_cast<const char*>(bytes.data()), bytes.size()), "rank");
    places.push_back({.host = json_get<std::string>(json, "host", "rank"),
                      .device = json_get<std::string>(json, "device", "rank"),
                      .numa = json_get<std::string>(json, "numa", "rank"),
                      .cores = json_get<std::int64_t>(json, "cores", "rank"),
                      .threads = json_get<std::int64_t>(json, "threads", "rank")});
  }
  return places;
}

std::optional<std::string> launch_mismatch(
    int mpi_size, const std::function<std::string(const char*)>& environment) {
  const std::optional<std::int64_t> tasks = parse_integer(environment("SLURM_NTASKS"));
  if (!tasks || *tasks == mpi_size) {
    return std::nullopt;
  }
  if (*tasks > mpi_size) {
    return fmt::format(
        "Slurm has {} tasks (SLURM_NTASKS) and MPI {} ranks: {} tasks stay idle. Start with srun "
        "--mpi=pmix, or mpirun without -np, to use all; or ask for --ntasks={}",
        *tasks,
        mpi_size,
        *tasks - mpi_size,
        mpi_size);
  }
  return fmt::format(
      "MPI has {} ranks and Slurm {} tasks (SLURM_NTASKS): ranks share cores. Ask Slurm for "
      "--ntasks={}",
      mpi_size,
      *tasks,
      mpi_size);
}

}  // namespace yates::dist
