// SPDX-License-Identifier: Apache-2.0
#include "launcher/study/cell_table.hpp"

#include <algorithm>
#include <filesystem>

#include <gtest/gtest.h>

#include "base/error.hpp"
#include "launcher/study/pair_noise.hpp"

namespace yates::study {
namespace {

StudyData read(const std::string& text, const CellTableOptions& options) {
  return read_cell_table(parse_csv(text, "t.csv"), options);
}

std::string error_of(const std::string& text, const CellTableOptions& options) {
  try {
    (void)read(text, options);
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ExitCode::BadData);
    return error.what();
  }
  return "";
}

const CellTableOptions kAB{.factors = {"a", "b"}, .responses = {"y"}};

TEST(CellTable, NumericLevelsAscendAndTextLevelsAppearInOrder) {
  const StudyData data = read("a,b,y\n48,on,1\n8,on,2\n48,off,3\n8,off,4\n", kAB);
  EXPECT_EQ(data.design.factors()[0].levels, (std::vector<std::string>{"8", "48"}));
  EXPECT_EQ(data.design.factors()[1].levels, (std::vector<std::string>{"on", "off"}));
  EXPECT_EQ(data.responses[0].run_values, (std::vector<double>{2, 1, 4, 3}));
  EXPECT_FALSE(data.seeds_are_blocks);
}

TEST(CellTable, FixedLevelsOrderAndSelect) {
  CellTableOptions options = kAB;
  options.levels = {{"a", {"3", "1"}}};
  const StudyData data = read("a,b,y\n1,x,1\n2,x,2\n3,x,3\n1,z,4\n3,z,6\n", options);
  EXPECT_EQ(data.design.factors()[0].levels, (std::vector<std::string>{"3", "1"}));
  EXPECT_EQ(data.responses[0].run_values, (std::vector<double>{3, 1, 6, 4}));
  ASSERT_EQ(data.warnings.size(), 1U);
  EXPECT_NE(data.warnings[0].find("1 rows"), std::string::npos);
}

TEST(CellTable, RowOrderDoesNotMatter) {
  const StudyData one = read("a,b,y\n1,1,5\n1,1,7\n2,1,1\n1,2,2\n2,2,3\n", kAB);
  const StudyData two = read("a,b,y\n2,2,3\n1,1,7\n1,2,2\n1,1,5\n2,1,1\n", kAB);
  EXPECT_EQ(one.responses[0].run_values, two.responses[0].run_values);
}

TEST(CellTable, SeedColumnMakesBlocks) {
  const StudyData data = read("a,b,seed,y\n1,1,1,5\n1,1,2,7\n2,1,1,1\n1,2,1,2\n2,2,1,3\n", kAB);
  EXPECT_TRUE(data.seeds_are_blocks);
  EXPECT_NE(error_of("a,b,seed,y\n1,1,1,5\n2,2,1,7\n1,1,1,6\n", kAB).find("t.csv:4"),
            std::string::npos);
}

TEST(CellTable, BlocksOfTextAreNumberedByTheirNamesAlsoBesideNumbers) {
  CellTableOptions options = kAB;
  options.block = "centre";
  const std::string header = "a,b,centre,y\n";
  const std::string rows = "1,1,zurich,5\n1,1,1,7\n2,1,berne,1\n1,2,1,2\n2,2,zurich,3\n";
  const StudyData data = read(header + rows, options);
  EXPECT_TRUE(data.seeds_are_blocks);
  EXPECT_EQ(data.responses[0].run_values.size(), 5U);
}

TEST(CellTable, AnAskedBlockMustBeAColumnThatIsNoFactor) {
  CellTableOptions options = kAB;
  options.block = "seeds";
  EXPECT_EQ(error_of("a,b,seed,y\n1,1,1,5\n2,2,1,7\n", options), "");
  options.block_required = true;
  EXPECT_NE(error_of("a,b,seed,y\n1,1,1,5\n2,2,1,7\n", options).find("no column 'seeds'"),
            std::string::npos);
  options.block = "a";
  EXPECT_NE(error_of("a,b,seed,y\n1,1,1,5\n2,2,1,7\n", options).find("factor and as block"),
            std::string::npos);
}

TEST(CellTable, MissingCellsAreNotRun) {
  const StudyData data = read("a,b,y\n1,1,5\n2,1,1\n1,2,2\n", kAB);
  EXPECT_EQ(data.design.run_count(), 3U);
}

TEST(CellTable, WrongTablesAreExplained) {
  EXPECT_NE(error_of("a,b,y\n1,1,high\n2,2,1\n", kAB).find("'high'"), std::string::npos);
  EXPECT_NE(error_of("a,b,y\n1,1,nan\n2,1,1\n1,2,1\n", kAB).find("t.csv:2"), std::string::npos);
  EXPECT_NE(error_of("a,b,y\n1,1,\n2,2,1\n", kAB).find("t.csv:2"), std::string::npos);
  EXPECT_NE(error_of("a,b,y\n1,1,1\n1,2,1\n", kAB).find("only the level '1'"), std::string::npos);
  EXPECT_NE(error_of("a,b,y\n1,,1\n2,1,1\n", kAB).find("no level here"), std::string::npos);
  EXPECT_NE(error_of("a,bb,y\n1,1,1\n2,2,1\n", kAB).find("no column 'b'"), std::string::npos);
  EXPECT_NE(error_of("a,b,y\n1,1,1\n1.0,2,1\n", kAB).find("one number"), std::string::npos);
  EXPECT_NE(error_of("a,b,y\n", kAB).find("no row"), std::string::npos);
}

TEST(CellTable, AForgottenFactorIsPointedAt) {
  const StudyData data = read("a,b,c,y\n1,1,0,5\n1,1,1,7\n2,1,0,1\n1,2,0,2\n2,2,0,3\n", kAB);
  ASSERT_EQ(data.warnings.size(), 1U);
  EXPECT_NE(data.warnings[0].find("column 'c'"), std::string::npos);
}

TEST(CellTable, DirectionComesFromTheNameOrTheCaller) {
  const CellTableOptions options{
      .factors = {"a"}, .responses = {"dice_et", "hd95_mean", "cost"}, .lower_is_better = {"cost"}};
  const StudyData data = read("a,dice_et,hd95_mean,cost\n1,1,1,1\n2,1,1,1\n", options);
  EXPECT_TRUE(data.responses[0].higher_is_better);
  EXPECT_EQ(data.responses[0].region, "ET");
  EXPECT_FALSE(data.responses[1].higher_is_better);
  EXPECT_FALSE(data.responses[2].higher_is_better);
}

// Table 14 of the paper: sigma 2.717 Dice points with 3 degrees of freedom, HD95 7.63.
TEST(CellTable, PairsOfTheReseededRunsGiveTheRunNoise) {
  const CsvTable table =
      read_csv(std::filesystem::path(YATES_GOLDEN_DIR) / "study/reseeded_runs.csv");
  EXPECT_NEAR(read_pair_noise(table, "dice_mean").sd, 2.717, 5e-4);
  EXPECT_EQ(read_pair_noise(table, "dice_mean").df, 3);
  EXPECT_NEAR(read_pair_noise(table, "hd95_mean").sd, 7.63, 5e-3);
  EXPECT_THROW(read_pair_noise(table, "dice_wt"), Error);
}

}  // namespace
}  // namespace yates::study
