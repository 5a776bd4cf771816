// SPDX-License-Identifier: Apache-2.0
// The frame of `yates bench`: what a measurement is, how it is taken and shown. Each measurement
// lives in its own file bench_NAME.cpp and stands in the table of benches.hpp.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/json.hpp"

namespace yates::cli {

/// Spread of repeated measurements of one quantity.
struct Spread {
  double median = 0;
  double min = 0;
  double max = 0;
  std::int64_t n = 0;

  /// The same in another unit: every value times `factor`.
  [[nodiscard]] Spread scaled(double factor) const;
};

/// Median, smallest and largest. Precondition: not empty.
Spread spread_of(std::vector<double> values);

/// What somebody else's code needed for the same work.
struct PeerResult {
  std::string name;  ///< Product and version, e.g. "MedPy 0.5.2".
  Spread spread;
};

/// One measured size; an object of the JSON list.
struct BenchResult {
  std::string name;  ///< What was measured, e.g. "scan forward".
  std::string size;  ///< Of what size, e.g. "tokens=4096 channels=384".
  std::string unit;  ///< Of `ours` and the peer, e.g. "ms".
  Spread ours;
  std::optional<PeerResult> peer;
  bool higher_is_better = false;  ///< For rates; times are better low.

  /// How many times better than the peer; nothing without a peer.
  [[nodiscard]] std::optional<double> ratio() const;
};

/// A setting of a measurement, given as key=value.
struct BenchKey {
  std::string name;
  std::string value;  ///< Default.
  std::string meaning;
};

/// The settings of one call. Keys were checked before the measurement starts.
class BenchSettings {
 public:
  /// Takes the defaults of `keys`, then `overrides`. Keys with a dot belong to the configuration
  /// and are kept apart. Throws Error{Usage} listing the keys there are.
  BenchSettings(const std::vector<BenchKey>& keys, const std::vector<std::string>& overrides);

  [[nodiscard]] const std::string& text(const std::string& key) const;
  /// Throws Error{Usage} unless the value is a whole number of at least 1.
  [[nodiscard]] std::int64_t count(const std::string& key) const;
  /// The overrides of the configuration, e.g. "model.width=16", as given.
  [[nodiscard]] const std::vector<std::string>& configuration() const { return configuration_; }

 private:
  std::map<std::string, std::string> values_;
  std::vector<std::string> configuration_;
};

/// One measurement of `yates bench`.
struct Bench {
  std::string name;
  std::string description;
  std::vector<BenchKey> keys;  ///< Beside threads, repeats and peer_repeats, which all have.
  std::function<std::vector<BenchResult>(const BenchSettings&)> run;
};

/// Seconds of `repeats` calls of `work`, after one call that is not counted. Large memory is
/// touched and caches are warm by then.
Spread measure_seconds(std::int64_t repeats, const std::function<void()>& work);

/// Two works in turn, so that both meet the same disturbances of the machine. Seconds. A turn
/// begins with a call that is not counted unless calls are long (a quarter of a second), for the
/// other side has taken the caches. Where the peer is slow its repetitions may be fewer, at least
/// one.
std::pair<Spread, Spread> measure_seconds_in_turn(std::int64_t repeats,
                                                  std::int64_t peer_repeats,
                                                  const std::function<void()>& ours,
                                                  const std::function<void()>& peer);

/// The JSON object of one result.
Json to_json(const BenchResult& result, std::int64_t threads);

/// Processor, cores and vector instructions of this machine, in words.
std::string machine_in_words();

}  // namespace yates::cli
