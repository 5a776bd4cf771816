// SPDX-License-Identifier: Apache-2.0
#include "io/dataset/split.hpp"

#include <algorithm>
#include <cmath>
#include <map>
#include <set>

#include <fmt/format.h>

#include "base/digest.hpp"
#include "base/error.hpp"
#include "base/file.hpp"
#include "base/random.hpp"
#include "base/text.hpp"

namespace yates::io {
namespace {

constexpr std::int64_t kSplitSchema = 1;
constexpr const char* kSplitAgain = "make it again: yates data split --data DIR --out FILE";

struct Patient {
  double place = 0;  // In [0, 1): the order in which parts are filled.
  std::string name;
  std::vector<std::string> cases;
};

/// Patients in the order of the draw; cases sorted.
std::vector<Patient> order_patients(const std::vector<CaseRecord>& cases,
                                    const std::set<std::string>& left_out,
                                    std::int64_t seed) {
  std::map<std::string, std::vector<std::string>> by_name;
  for (const CaseRecord& record : cases) {
    if (!left_out.contains(record.id)) {
      by_name[record.patient].push_back(record.id);
    }
  }
  std::vector<Patient> patients;
  for (auto& [name, ids] : by_name) {
    std::sort(ids.begin(), ids.end());
    RandomStream stream(static_cast<std::uint64_t>(seed), "split", hash_name(name));
    patients.push_back({.place = stream.uniform(), .name = name, .cases = ids});
  }
  std::sort(patients.begin(), patients.end(), [](const Patient& a, const Patient& b) {
    return a.place != b.place ? a.place < b.place : a.name < b.name;
  });
  return patients;
}

/// Hands out patients from the front of the order.
class Dealer {
 public:
  explicit Dealer(std::vector<Patient> patients) : patients_(std::move(patients)) {}

  [[nodiscard]] std::size_t left() const { return patients_.size() - next_; }

  /// Takes patients until their cases are nearest to `target`; at least `least` patients, and at
  /// least `reserve` stay.
  std::vector<std::string> take(double target, std::size_t least, std::size_t reserve) {
    std::vector<std::string> ids;
    for (std::size_t taken = 0; left() > reserve; ++taken) {
      const std::vector<std::string>& cases = patients_[next_].cases;
      const auto with = static_cast<double>(ids.size() + cases.size());
      const auto without = static_cast<double>(ids.size());
      if (taken >= least && std::abs(with - target) >= std::abs(without - target)) {
        break;
      }
      ids.insert(ids.end(), cases.begin(), cases.end());
      ++next_;
    }
    std::sort(ids.begin(), ids.end());
    return ids;
  }

 private:
  std::vector<Patient> patients_;
  std::size_t next_ = 0;
};

void check_ratios(const std::array<double, 3>& ratios) {
  const double sum = ratios[0] + ratios[1] + ratios[2];
  const bool fine = std::all_of(ratios.begin(), ratios.end(), [](double r) { return r >= 0; });
  if (!fine || ratios[0] <= 0 || !(std::abs(sum - 1) <= 1e-6)) {
    throw Error(ExitCode::Usage,
                Problem{.what = fmt::format("ratios {}, {}, {}", ratios[0], ratios[1], ratios[2]),
                        .where = "--ratios",
                        .allowed = "train, validation, test: at least 0, train above 0, sum 1",
                        .fix = "--ratios 0.7,0.1,0.2"});
  }
}

/// The test list as a set of cases that exist.
std::set<std::string> check_test_list(const std::vector<CaseRecord>& cases,
                                      const std::vector<std::string>& list) {
  std::set<std::string> known;
  for (const CaseRecord& record : cases) {
    known.insert(record.id);
  }
  const std::vector<std::string> names(known.begin(), known.end());
  std::set<std::string> chosen;
  std::vector<Problem> problems;
  for (const std::string& id : list) {
    if (!known.contains(id)) {
      problems.push_back({.what = "case '" + id + "' of the test list is not in the data set",
                          .where = "--test-list",
                          .allowed = fmt::format("ids of the {} cases there", known.size()),
                          .fix = suggestion(id, names)});
    } else if (!chosen.insert(id).second) {
      problems.push_back({.what = "case '" + id + "' stands twice in the test list",
                          .where = "--test-list",
                          .allowed = "",
                          .fix = ""});
    }
  }
  if (!problems.empty()) {
    throw Error(ExitCode::BadData, problems);
  }
  return chosen;
}

std::vector<std::string> straddling_patients(const std::vector<CaseRecord>& cases,
                                             const std::set<std::string>& test) {
  std::map<std::string, std::array<bool, 2>> sides;
  for (const CaseRecord& record : cases) {
    sides[record.patient][test.contains(record.id) ? 1 : 0] = true;
  }
  std::vector<std::string> names;
  for (const auto& [name, side] : sides) {
    if (side[0] && side[1]) {
      names.push_back(name);
    }
  }
  return names;
}

/// No case may stand in two lists, or twice in one.
void check_lists(const Split& split, const std::string& origin) {
  std::set<std::string> seen;
  std::vector<Problem> problems;
  for (const auto* list : {&split.train, &split.validation, &split.test}) {
    for (const std::string& id : *list) {
      if (!seen.insert(id).second) {
        problems.push_back({.what = "case '" + id + "' is listed twice",
                            .where = origin,
                            .allowed = "each case in one of train, validation, test",
                            .fix = kSplitAgain});
      }
    }
  }
  if (!problems.empty()) {
    throw Error(ExitCode::BadData, problems);
  }
}

}  // namespace

Split make_split(const std::vector<CaseRecord>& cases, const SplitOptions& options) {
  check_ratios(options.ratios);
  const auto [train_ratio, validation_ratio, test_ratio] = options.ratios;
  const std::set<std::string> given = check_test_list(cases, options.test_list);
  const bool drawn = given.empty();
  Split split;
  split.seed = options.seed;
  Dealer dealer(order_patients(cases, given, options.seed));
  const auto rest = static_cast<double>(cases.size() - given.size());
  if (drawn && test_ratio > 0) {
    const std::size_t least = dealer.left() >= 2 ? 1 : 0;
    const std::size_t reserve = 1 + (validation_ratio > 0 && dealer.left() >= 3 ? 1U : 0U);
    split.test = dealer.take(rest * test_ratio, least, reserve);
  } else if (!drawn) {
    split.test.assign(given.begin(), given.end());
    split.patients_on_both_sides = straddling_patients(cases, given);
  }
  if (validation_ratio > 0) {
    const double share =
        drawn ? validation_ratio : validation_ratio / (train_ratio + validation_ratio);
    split.validation = dealer.take(rest * share, dealer.left() >= 2 ? 1 : 0, 1);
  }
  split.train = dealer.take(rest, dealer.left(), 0);
  split.sha256 = split_digest(split);
  return split;
}

std::string split_digest(const Split& split) {
  std::string text;
  const std::pair<const char*, const std::vector<std::string>*> lists[] = {
      {"train ", &split.train}, {"validation ", &split.validation}, {"test ", &split.test}};
  for (const auto& [part, ids] : lists) {
    for (const std::string& id : *ids) {
      text += part + id + "\n";
    }
  }
  return sha256_hex(text);
}

Split read_split(const std::filesystem::path& path) {
  const Json json = read_json(path);
  const std::string origin = path.string();
  const auto schema = json_get<std::int64_t>(json, "schema", origin);
  if (schema != kSplitSchema) {
    throw Error(ExitCode::BadData,
                Problem{.what = fmt::format("schema {}", schema),
                        .where = origin,
                        .allowed = "schema 1",
                        .fix = kSplitAgain});
  }
  Split split;
  split.seed = json.contains("seed") ? json_get<std::int64_t>(json, "seed", origin) : 0;
  split.train = json_get<std::vector<std::string>>(json, "train", origin);
  split.validation = json_get<std::vector<std::string>>(json, "validation", origin);
  split.test = json_get<std::vector<std::string>>(json, "test", origin);
  if (json.contains("patients_on_both_sides")) {
    split.patients_on_both_sides =
        json_get<std::vector<std::string>>(json, "patients_on_both_sides", origin);
  }
  split.sha256 = split_digest(split);
  check_lists(split, origin);
  if (json.contains("sha256") && json["sha256"] != split.sha256) {
    throw Error(
        ExitCode::BadData,
        Problem{
            .what =
                "the lists were changed after the split was made: their SHA-256 is " + split.sha256,
            .where = origin,
            .allowed = "sha256 " + json["sha256"].dump(),
            .fix = std::string(kSplitAgain) + "; if the change is meant, remove the key sha256"});
  }
  return split;
}

void write_split(const std::filesystem::path& path, const Split& split) {
  Json json = {{"schema", kSplitSchema},
               {"seed", split.seed},
               {"train", split.train},
               {"validation", split.validation},
               {"test", split.test},
               {"sha256", split_digest(split)}};
  if (!split.patients_on_both_sides.empty()) {
    json["patients_on_both_sides"] = split.patients_on_both_sides;
  }
  write_json(path, json);
}

std::vector<std::string> read_id_list(const std::filesystem::path& path) {
  std::vector<std::string> ids;
  for (const std::string& line : yates::split(read_file(path), '\n')) {
    const std::string_view id = trim(line);
    if (!id.empty() && id.front() != '#') {
      ids.emplace_back(id);
    }
  }
  if (ids.empty()) {
    throw Error(ExitCode::BadData,
                Problem{.what = "no case ids",
                        .where = path.string(),
                        .allowed = "one case id per line",
                        .fix = ""});
  }
  return ids;
}

}  // namespace yates::io
