// SPDX-License-Identifier: Apache-2.0
#include "io/dataset/split.hpp"

#include <algorithm>
#include <map>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "base/file.hpp"
#include "tests/support/expect_error.hpp"
#include "tests/support/temporary_directory.hpp"

namespace yates::io {
namespace {

using testing::expect_error;
using testing::TemporaryDirectory;

std::vector<CaseRecord> cases_of(const std::vector<std::string>& ids) {
  std::vector<CaseRecord> cases;
  for (const std::string& id : ids) {
    CaseRecord record;
    record.id = id;
    record.patient = patient_of(id);
    cases.push_back(record);
  }
  return cases;
}

/// `count` patients; every third has a second examination, every ninth a third.
std::vector<CaseRecord> many_cases(int count) {
  std::vector<std::string> ids;
  for (int patient = 0; patient < count; ++patient) {
    const int visits = 1 + (patient % 3 == 0 ? 1 : 0) + (patient % 9 == 0 ? 1 : 0);
    for (int visit = 0; visit < visits; ++visit) {
      ids.push_back(fmt::format("BraTS-GLI-{:05}-{:03}", patient, visit));
    }
  }
  return cases_of(ids);
}

TEST(MakeSplit, KeepsPatientsTogetherAtTheRatios) {
  const std::vector<CaseRecord> cases = many_cases(500);
  const Split split = make_split(cases, {});
  std::map<std::string, int> part_of_patient;
  int part = 0;
  for (const auto* list : {&split.train, &split.validation, &split.test}) {
    ++part;
    EXPECT_TRUE(std::is_sorted(list->begin(), list->end()));
    for (const std::string& id : *list) {
      EXPECT_EQ(part_of_patient.emplace(patient_of(id), part).first->second, part) << id;
    }
  }
  const auto n = static_cast<double>(cases.size());
  EXPECT_EQ(split.train.size() + split.validation.size() + split.test.size(), cases.size());
  EXPECT_NEAR(static_cast<double>(split.test.size()), 0.2 * n, 1.5);
  EXPECT_NEAR(static_cast<double>(split.validation.size()), 0.1 * n, 1.5);
}

TEST(MakeSplit, DependsOnTheSeedAndNotOnTheOrder) {
  std::vector<CaseRecord> cases = many_cases(60);
  const Split first = make_split(cases, {.seed = 7});
  std::reverse(cases.begin(), cases.end());
  std::swap(cases[3], cases[40]);
  EXPECT_EQ(make_split(cases, {.seed = 7}).sha256, first.sha256);
  EXPECT_NE(make_split(cases, {.seed = 8}).sha256, first.sha256);
}

TEST(MakeSplit, FillsEveryPartItCan) {
  const auto sizes = [](const std::vector<std::string>& ids, const SplitOptions& options) {
    const Split split = make_split(cases_of(ids), options);
    return std::array{split.train.size(), split.validation.size(), split.test.size()};
  };
  using Sizes = std::array<std::size_t, 3>;
  EXPECT_EQ(sizes({"a"}, {}), (Sizes{1, 0, 0}));
  EXPECT_EQ(sizes({"a", "b"}, {}), (Sizes{1, 0, 1}));
  EXPECT_EQ(sizes({"a", "b", "c"}, {}), (Sizes{1, 1, 1}));
  EXPECT_EQ(sizes({"a", "b", "c", "d"}, {}), (Sizes{2, 1, 1}));
  EXPECT_EQ(sizes({"a", "b"}, {.ratios = {1, 0, 0}}), (Sizes{2, 0, 0}));
  EXPECT_EQ(sizes({"a", "b", "c"}, {.ratios = {0.8, 0, 0.2}}), (Sizes{2, 0, 1}));
  EXPECT_EQ(sizes({}, {}), (Sizes{0, 0, 0}));
  EXPECT_EQ(sizes({"BraTS-GLI-00001-000", "BraTS-GLI-00001-001"}, {}), (Sizes{2, 0, 0}));
}

TEST(MakeSplit, TakesATestListAndNamesPatientsOnBothSides) {
  const std::vector<CaseRecord> cases = many_cases(30);
  const Split split =
      make_split(cases, {.test_list = {"BraTS-GLI-00009-001", "BraTS-GLI-00001-000"}});
  EXPECT_EQ(split.test, (std::vector<std::string>{"BraTS-GLI-00001-000", "BraTS-GLI-00009-001"}));
  EXPECT_EQ(split.patients_on_both_sides, std::vector<std::string>{"00009"});
  EXPECT_EQ(split.train.size() + split.validation.size(), cases.size() - 2);
  EXPECT_NEAR(
      static_cast<double>(split.validation.size()), static_cast<double>(cases.size() - 2) / 8, 1.5);
}

TEST(MakeSplit, RefusesWrongTestListsAndRatios) {
  const std::vector<CaseRecord> cases = many_cases(4);
  expect_error(ExitCode::BadData, {"'x'", "'y'"}, [&] {
    make_split(cases, {.test_list = {"x", "y"}});
  });
  expect_error(ExitCode::BadData, {"stands twice"}, [&] {
    make_split(cases, {.test_list = {cases[0].id, cases[0].id}});
  });
  for (const std::array<double, 3> ratios : {std::array{0.7, 0.1, 0.3},
                                             std::array{0.0, 0.5, 0.5},
                                             std::array{1.2, -0.2, 0.0},
                                             std::array{std::nan(""), 0.5, 0.5}}) {
    expect_error(ExitCode::Usage, {"--ratios"}, [&] { make_split(cases, {.ratios = ratios}); });
  }
}

TEST(SplitFile, RoundTrips) {
  const TemporaryDirectory folder;
  const Split split = make_split(many_cases(20), {.seed = 3});
  write_split(folder / "split.json", split);
  const Split back = read_split(folder / "split.json");
  EXPECT_EQ(back.train, split.train);
  EXPECT_EQ(back.validation, split.validation);
  EXPECT_EQ(back.test, split.test);
  EXPECT_EQ(back.seed, 3);
  EXPECT_EQ(back.sha256, split.sha256);
}

TEST(SplitFile, RefusesChangesUnlessTheDigestIsRemoved) {
  const TemporaryDirectory folder;
  const auto path = folder / "split.json";
  write_split(path, make_split(many_cases(20), {}));
  Json json = read_json(path);
  json["test"].push_back("extra");
  write_json(path, json);
  expect_error(ExitCode::BadData, {"were changed", "split.json"}, [&] { read_split(path); });
  json.erase("sha256");
  write_json(path, json);
  EXPECT_EQ(read_split(path).test.back(), "extra");
  json["train"].push_back("extra");
  write_json(path, json);
  expect_error(ExitCode::BadData, {"'extra' is listed twice"}, [&] { read_split(path); });
  json["schema"] = 9;
  write_json(path, json);
  expect_error(ExitCode::BadData, {"schema 9"}, [&] { read_split(path); });
  expect_error(ExitCode::InputMissing, {"gone.json"}, [&] { read_split(folder / "gone.json"); });
}

TEST(IdList, SkipsBlankLinesAndComments) {
  const TemporaryDirectory folder;
  write_file_atomic(folder / "ids.txt", "# reference list\n\n  a\r\nb\n");
  EXPECT_EQ(read_id_list(folder / "ids.txt"), (std::vector<std::string>{"a", "b"}));
  write_file_atomic(folder / "ids.txt", "#\n");
  expect_error(ExitCode::BadData, {"no case ids"}, [&] { read_id_list(folder / "ids.txt"); });
}

}  // namespace
}  // namespace yates::io
