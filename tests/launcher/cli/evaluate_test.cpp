// SPDX-License-Identifier: Apache-2.0
// yates evaluate as a user meets it: every stored voxel type, all refusals at once, several runs.
#include <cmath>
#include <functional>

#include <gtest/gtest.h>

#include "base/csv.hpp"
#include "base/file.hpp"
#include "base/json.hpp"
#include "tests/support/command.hpp"
#include "tests/support/nifti_bytes.hpp"
#include "tests/support/temporary_directory.hpp"

namespace yates::testing {
namespace {

constexpr std::array<std::int16_t, 3> kShape = {8, 7, 6};  // x, y, z
constexpr std::size_t kVoxels = 8 * 7 * 6;

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

/// Labels 0..3 in stripes that begin at `shift`.
std::vector<std::uint8_t> stripes(std::size_t shift) {
  std::vector<std::uint8_t> labels(kVoxels, 0);
  for (std::size_t i = 60 + shift; i < 240; ++i) {
    labels[i] = static_cast<std::uint8_t>(i / 45 % 4);
  }
  return labels;
}

template <typename T>
NiftiBytes stored_as(std::int16_t code,
                     const std::vector<std::uint8_t>& labels,
                     double slope = 1,
                     double intercept = 0) {
  std::vector<T> values;
  for (const std::uint8_t label : labels) {
    values.push_back(static_cast<T>((static_cast<double>(label) - intercept) / slope));
  }
  NiftiBytes file(kShape, code, values);
  file.put(112, static_cast<float>(slope)).put(116, static_cast<float>(intercept));
  return file;
}

NiftiBytes big_endian(NiftiBytes file, std::size_t bytes) {
  file.swap(0, 4).swap(40, 2, 8).swap(70, 2, 2).swap(76, 4, 8).swap(108, 4, 3).swap(252, 2, 2);
  file.swap(256, 4, 18).swap(352, bytes, kVoxels);
  return file;
}

struct Stored {
  const char* name;
  std::function<NiftiBytes(const std::vector<std::uint8_t>&)> make;
};

const std::vector<Stored>& stored_types() {
  using Labels = std::vector<std::uint8_t>;
  static const std::vector<Stored> types = {
      {"uint8", [](const Labels& l) { return stored_as<std::uint8_t>(2, l); }},
      {"int8", [](const Labels& l) { return stored_as<std::int8_t>(256, l); }},
      {"int16", [](const Labels& l) { return stored_as<std::int16_t>(4, l); }},
      {"uint16", [](const Labels& l) { return stored_as<std::uint16_t>(512, l); }},
      {"int32", [](const Labels& l) { return stored_as<std::int32_t>(8, l); }},
      {"uint32", [](const Labels& l) { return stored_as<std::uint32_t>(768, l); }},
      {"int64", [](const Labels& l) { return stored_as<std::int64_t>(1024, l); }},
      {"uint64", [](const Labels& l) { return stored_as<std::uint64_t>(1280, l); }},
      {"float32", [](const Labels& l) { return stored_as<float>(16, l); }},
      {"float64", [](const Labels& l) { return stored_as<double>(64, l); }},
      {"int16 x 0.5 + 1", [](const Labels& l) { return stored_as<std::int16_t>(4, l, 0.5, 1); }},
      {"float32 x 2 - 3", [](const Labels& l) { return stored_as<float>(16, l, 2, -3); }},
      {"int16, other byte order",
       [](const Labels& l) { return big_endian(stored_as<std::int16_t>(4, l), 2); }},
      {"float64, other byte order",
       [](const Labels& l) { return big_endian(stored_as<double>(64, l), 8); }}};
  return types;
}

class EvaluateVerb : public ::testing::Test {
 protected:
  EvaluateVerb() {
    make_directories(folder_ / "pred");
    make_directories(folder_ / "ref");
  }
  void write(const std::string& name, const NiftiBytes& file) const { file.write(folder_ / name); }
  void write_pair(const std::string& id) const {
    write("pred/" + id + ".nii.gz", stored_as<std::uint8_t>(2, stripes(7)));
    write("ref/" + id + ".nii.gz", stored_as<std::uint8_t>(2, stripes(0)));
  }
  [[nodiscard]] CommandResult evaluate(std::vector<std::string> more = {}) const {
    std::vector<std::string> words = {
        "evaluate", "--predictions", "pred", "--references", "ref", "--out", "cases.csv"};
    words.insert(words.end(), more.begin(), more.end());
    return run_yates(words, folder_.path().string());
  }
  [[nodiscard]] std::string table() const { return read_file(folder_ / "cases.csv"); }

  TemporaryDirectory folder_;
};

TEST_F(EvaluateVerb, ReadsEveryStoredVoxelType) {
  write_pair("A");
  ASSERT_EQ(evaluate({"--convention", "all"}).exit_code, 0);
  const std::string expected = table();
  EXPECT_LT(parse_csv(expected, "cases.csv").number(0, 3), 1);
  for (const Stored& type : stored_types()) {
    write("pred/A.nii.gz", type.make(stripes(7)));
    write("ref/A.nii.gz", type.make(stripes(0)));
    const CommandResult result = evaluate({"--convention", "all"});
    EXPECT_EQ(result.exit_code, 0) << type.name << ": " << result.error;
    EXPECT_EQ(table(), expected) << type.name;
  }
}

TEST_F(EvaluateVerb, ListsEveryRefusalAtOnceAndWritesNothing) {
  const auto labels = stripes(0);
  const NiftiBytes whole = stored_as<std::uint8_t>(2, labels);
  for (const char* id :
       {"absent", "half", "nan", "origin", "shape", "twice", "unknown", "vector"}) {
    write("ref/" + std::string(id) + ".nii.gz", whole);
    if (std::string(id) != "absent") {
      write("pred/" + std::string(id) + ".nii.gz", whole);
    }
  }
  write("pred/extra.nii.gz", whole);
  write("pred/twice-seg.nii.gz", whole);
  NiftiBytes moved = whole;
  write("pred/origin.nii.gz", moved.put(268, 5.0F).put(292, 5.0F));
  write("pred/shape.nii.gz", NiftiBytes({7, 7, 6}, 2, std::vector<std::uint8_t>(7 * 7 * 6, 1)));
  NiftiBytes vector({8, 7, 6}, 2, std::vector<std::uint8_t>(kVoxels * 3, 1));
  vector.put(40, std::array<std::int16_t, 8>{5, 8, 7, 6, 1, 3, 1, 1});
  write("pred/vector.nii.gz", vector);
  std::vector<std::uint8_t> seven = labels;
  seven[0] = 7;
  write("pred/unknown.nii.gz", stored_as<std::uint8_t>(2, seven));
  write("pred/half.nii.gz", NiftiBytes(kShape, 16, std::vector<float>(kVoxels, 0.5F)));
  write("pred/nan.nii.gz", NiftiBytes(kShape, 16, std::vector<float>(kVoxels, std::nanf(""))));

  const CommandResult result = evaluate();
  EXPECT_EQ(result.exit_code, 65);
  for (const char* finding : {"no prediction of case absent",
                              "prediction of case extra has no reference",
                              "two label maps of case twice",
                              "origin.nii.gz: error: prediction and reference lie on different",
                              "shape.nii.gz: error: prediction and reference lie on different",
                              "vector.nii.gz",
                              "unknown labels: 7 (1 voxels)",
                              "half.nii.gz: error: 336 voxels are no label, e.g. 0.5",
                              "nan.nii.gz: error: 336 voxels are no label, e.g. nan",
                              "9 errors."}) {
    EXPECT_TRUE(contains(result.error, finding)) << finding << "\n" << result.error;
  }
  EXPECT_FALSE(std::filesystem::exists(folder_ / "cases.csv"));
}

TEST_F(EvaluateVerb, RefusesEmptyAndMissingFolders) {
  const CommandResult empty = evaluate();
  EXPECT_EQ(empty.exit_code, 65);
  EXPECT_TRUE(contains(empty.error, "no predictions in this folder")) << empty.error;
  EXPECT_TRUE(contains(empty.error, "no references in this folder")) << empty.error;
  std::filesystem::remove(folder_ / "ref");
  EXPECT_EQ(evaluate().exit_code, 66);
  EXPECT_EQ(run_yates({"evaluate", "--out", "x.csv"}).exit_code, 2);
}

TEST_F(EvaluateVerb, SaysCountsAndFailuresBesideEveryMean) {
  write_pair("A");
  write_pair("B");
  write("pred/B.nii.gz", stored_as<std::uint8_t>(2, std::vector<std::uint8_t>(kVoxels, 0)));
  const CommandResult result = evaluate({"--json", "-"});
  ASSERT_EQ(result.exit_code, 0) << result.error;
  const Json wt = parse_json(result.output, "json")["conventions"][0]["regions"][0];
  EXPECT_EQ(wt["dice"]["n"], 2);
  EXPECT_EQ(wt["pred_empty"], 1);
  EXPECT_EQ(wt["both_empty"], 0);
  EXPECT_EQ(wt["failed"], 1);
  EXPECT_TRUE(wt["hd95_mm"]["q75"].is_number());
  const std::string text = evaluate().output;
  for (const char* part : {"median",
                           "quartiles",
                           "undefined",
                           "both",
                           "pred",
                           "ref",
                           "1 (50.0 %) above 20 mm or undefined",
                           "lowest mean Dice: B, A"}) {
    EXPECT_TRUE(contains(text, part)) << part << "\n" << text;
  }
}

/// Two runs of one arm and one of another, each scored on cases A and B.
class EvaluateRuns : public EvaluateVerb {
 protected:
  EvaluateRuns() {
    write_run("base-s1", 0);
    write_run("base-s2-0a1b2c3d", 20);
    write_run("prune-s1", 7);
  }
  void write_run(const std::string& run, std::size_t shift) const {
    write_pair("A");
    write_pair("B");
    write("pred/A.nii.gz", stored_as<std::uint8_t>(2, stripes(shift)));
    ASSERT_EQ(evaluate({"--convention", "all"}).exit_code, 0);
    make_directories(folder_ / "runs" / run);
    std::filesystem::rename(folder_ / "cases.csv", folder_ / "runs" / run / "cases.csv");
  }
  [[nodiscard]] CommandResult sum_up(std::vector<std::string> words) const {
    words.insert(words.begin(), {"evaluate", "--out", "arms.csv", "--runs"});
    return run_yates(words, folder_.path().string());
  }
  /// Dice of a region of a case in a run, first convention.
  [[nodiscard]] double dice(const std::string& run, std::size_t row) const {
    return read_csv(folder_ / "runs" / run / "cases.csv").number(row, 3);
  }
};

TEST_F(EvaluateRuns, AreSummedUpByArm) {
  const CommandResult result = sum_up({"runs", "--json", "arms.json"});
  ASSERT_EQ(result.exit_code, 0) << result.error;
  EXPECT_TRUE(contains(result.output, "arm base, convention segmamba: 2 runs of 2 cases"))
      << result.output;
  const Json arms = read_json(folder_ / "arms.json")["arms"];
  ASSERT_EQ(arms.size(), 10U);  // Two arms, five conventions.
  const auto segmamba = std::find_if(arms.begin(), arms.end(), [](const Json& arm) {
    return arm["arm"] == "base" && arm["convention"] == "segmamba";
  });
  const Json& wt = (*segmamba)["regions"][0];
  // Rows of a table: A in five conventions, four regions each, then B.
  const double first = (dice("base-s1", 0) + dice("base-s1", 20)) / 2;
  const double second = (dice("base-s2-0a1b2c3d", 0) + dice("base-s2-0a1b2c3d", 20)) / 2;
  EXPECT_NE(first, second);
  EXPECT_EQ(wt["dice"]["n"], 4);
  EXPECT_NEAR(wt["dice"]["mean"].get<double>(), (first + second) / 2, 1e-12);
  EXPECT_EQ(wt["run_dice"]["n"], 2);
  EXPECT_NEAR(wt["run_dice"]["sd"].get<double>(), std::abs(first - second) / 2, 1e-12);
  EXPECT_EQ((*segmamba)["regions"].size(), 4U);
  const CsvTable table = read_csv(folder_ / "arms.csv");
  EXPECT_EQ(table.rows.size(), 10U * 4 * 4);
  EXPECT_EQ(table.rows[0][table.column("arm")], "base");
  EXPECT_EQ(table.number(0, table.column("runs")), 2);
}

TEST_F(EvaluateRuns, OnOtherCasesAreRefusedTogether) {
  const auto path = folder_ / "runs" / "base-s2-0a1b2c3d" / "cases.csv";
  std::string text = read_file(path);
  write_file_atomic(path, text.substr(0, text.find("B,WT")));
  const CommandResult result = sum_up({"runs"});
  EXPECT_EQ(result.exit_code, 65);
  EXPECT_TRUE(contains(result.error,
                       "other cases or conventions (5) than the first run of arm "
                       "base (10)"))
      << result.error;
  EXPECT_FALSE(std::filesystem::exists(folder_ / "arms.csv"));
  EXPECT_EQ(sum_up({"gone"}).exit_code, 66);
  EXPECT_EQ(sum_up({"pred"}).exit_code, 65);
}

}  // namespace
}  // namespace yates::testing
