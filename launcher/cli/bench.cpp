// SPDX-License-Identifier: Apache-2.0
#include "launcher/cli/bench.hpp"

#include <algorithm>
#include <fstream>
#include <thread>

#include <fmt/format.h>

#include "base/clock.hpp"
#include "base/error.hpp"
#include "base/text.hpp"

namespace yates::cli {
namespace {

Json to_json(const Spread& spread) {
  return {{"median", json_number(spread.median)},
          {"min", json_number(spread.min)},
          {"max", json_number(spread.max)},
          {"n", spread.n}};
}

double seconds_of(const std::function<void()>& work) {
  const Stopwatch watch;
  work();
  return watch.seconds();
}

[[noreturn]] void throw_unknown_key(const std::string& key,
                                    const std::map<std::string, std::string>& known) {
  std::vector<std::string> names;
  for (const auto& [name, value] : known) {
    names.push_back(name);
  }
  throw Error(ExitCode::Usage,
              Problem{.what = "unknown setting '" + key + "'",
                      .where = "yates bench",
                      .allowed = join(names, ", "),
                      .fix = suggestion(key, names)});
}

/// The value of the first line `field : value` of /proc/cpuinfo; empty where there is none.
std::string cpu_field(const std::string& field) {
  std::ifstream file("/proc/cpuinfo");
  for (std::string line; std::getline(file, line);) {
    if (line.rfind(field, 0) == 0 && line.find(':') != std::string::npos) {
      return std::string(trim(line.substr(line.find(':') + 1)));
    }
  }
  return "";
}

constexpr double kLongCall = 0.25;  // Seconds.

/// Seconds of a call whose predecessor took `last_seconds`; what the other side's work left in
/// memory and caches is gone by then.
double seconds_of_turn(const std::function<void()>& work, double last_seconds) {
  if (last_seconds < kLongCall) {
    work();
  }
  return seconds_of(work);
}

}  // namespace

Spread Spread::scaled(double factor) const {
  return {.median = median * factor, .min = min * factor, .max = max * factor, .n = n};
}

Spread spread_of(std::vector<double> values) {
  YATES_ASSERT(!values.empty(), "no measurement");
  std::sort(values.begin(), values.end());
  const std::size_t middle = values.size() / 2;
  const double median =
      values.size() % 2 == 1 ? values[middle] : (values[middle - 1] + values[middle]) / 2;
  return {.median = median,
          .min = values.front(),
          .max = values.back(),
          .n = static_cast<std::int64_t>(values.size())};
}

std::optional<double> BenchResult::ratio() const {
  if (!peer) {
    return std::nullopt;
  }
  return higher_is_better ? ours.median / peer->spread.median : peer->spread.median / ours.median;
}

BenchSettings::BenchSettings(const std::vector<BenchKey>& keys,
                             const std::vector<std::string>& overrides) {
  for (const BenchKey& key : keys) {
    values_[key.name] = key.value;
  }
  for (const std::string& item : overrides) {
    const std::string key = item.substr(0, item.find('='));
    if (key.find('.') != std::string::npos) {
      configuration_.push_back(item);
      continue;
    }
    const auto found = values_.find(key);
    if (found == values_.end()) {
      throw_unknown_key(key, values_);
    }
    found->second = item.substr(key.size() + 1);
  }
}

const std::string& BenchSettings::text(const std::string& key) const {
  const auto found = values_.find(key);
  YATES_ASSERT(found != values_.end(), "the bench does not declare '{}'", key);
  return found->second;
}

std::int64_t BenchSettings::count(const std::string& key) const {
  const std::optional<std::int64_t> value = parse_integer(text(key));
  if (!value || *value < 1) {
    throw Error(ExitCode::Usage,
                Problem{.what = fmt::format("{} is '{}'", key, text(key)),
                        .where = "yates bench",
                        .allowed = "a whole number of at least 1",
                        .fix = text(key) == "default" ? "give it, too: " + key + "=N" : ""});
  }
  return *value;
}

Spread measure_seconds(std::int64_t repeats, const std::function<void()>& work) {
  work();
  std::vector<double> seconds;
  for (std::int64_t i = 0; i < repeats; ++i) {
    seconds.push_back(seconds_of(work));
  }
  return spread_of(seconds);
}

std::pair<Spread, Spread> measure_seconds_in_turn(std::int64_t repeats,
                                                  std::int64_t peer_repeats,
                                                  const std::function<void()>& ours,
                                                  const std::function<void()>& peer) {
  double our_last = seconds_of(ours);
  double peer_last = peer_repeats > 1 ? seconds_of(peer) : kLongCall;
  std::vector<double> our_seconds;
  std::vector<double> peer_seconds;
  for (std::int64_t i = 0; i < std::max(repeats, peer_repeats); ++i) {
    if (i < repeats) {
      our_last = seconds_of_turn(ours, our_last);
      our_seconds.push_back(our_last);
    }
    if (i < peer_repeats) {
      peer_last = seconds_of_turn(peer, peer_last);
      peer_seconds.push_back(peer_last);
    }
  }
  return {spread_of(our_seconds), spread_of(peer_seconds)};
}

Json to_json(const BenchResult& result, std::int64_t threads) {
  Json json = {{"name", result.name},
               {"size", result.size},
               {"unit", result.unit},
               {"ours", to_json(result.ours)},
               {"peer", nullptr},
               {"ratio", nullptr},
               {"machine", machine_in_words()},
               {"threads", threads},
               {"peak_rss_mb", json_number(peak_rss_mb())}};
  if (result.peer) {
    json["peer"] = {{"name", result.peer->name}};
    json["peer"].update(to_json(result.peer->spread));
    json["ratio"] = json_number(*result.ratio());
  }
  return json;
}

std::string machine_in_words() {
  const std::string flags = " " + cpu_field("flags") + " ";
  const char* vectors = flags.find(" avx512f ") != std::string::npos ? ", AVX-512"
                        : flags.find(" avx2 ") != std::string::npos  ? ", AVX2"
                                                                     : "";
  return fmt::format(
      "{}, {} cores{}", cpu_field("model name"), std::thread::hardware_concurrency(), vectors);
}

}  // namespace yates::cli
