// SPDX-License-Identifier: Apache-2.0
#include "launcher/eval/nnunet_summary.hpp"

#include <cmath>
#include <filesystem>
#include <optional>
#include <string>

#include <gtest/gtest.h>

#include "base/csv.hpp"
#include "base/error.hpp"
#include "base/file.hpp"
#include "launcher/eval/summary.hpp"
#include "tests/support/expect_error.hpp"
#include "tests/support/temporary_directory.hpp"

namespace yates::eval {
namespace {

class NnunetSummary : public ::testing::Test {
 protected:
  [[nodiscard]] std::filesystem::path write(const std::string& core, const std::string& et) const {
    const std::string metrics = R"({"Dice": 0.5, "FN": 1, "FP": 1, "TP": 1, "n_pred": 2, )"
                                R"("n_ref": 2})";
    const std::string empty = R"({"Dice": NaN, "FN": 0, "FP": 0, "TP": 0, "n_pred": 0, )"
                              R"("n_ref": 0})";
    const std::string regions = "\"(1, 2, 3)\": " + metrics + ", \"" + core + "\": " + metrics +
                                ", \"" + et + "\": " + empty;
    write_file_atomic(folder_ / "summary.json",
                      R"j({"mean": {}, "metric_per_case": [{"metrics": {)j" + regions +
                          R"j(}, "prediction_file": "/x/fold_0/NaN_1.nii.gz"}]})j");
    return folder_ / "summary.json";
  }

 private:
  testing::TemporaryDirectory folder_;
};

TEST_F(NnunetSummary, BecomesATableOfCases) {
  const CsvTable table = parse_csv(
      nnunet_summary_csv(write("(2, 3)", "(3,)"), std::nullopt, {{"seed", "7"}}), "table");
  ASSERT_EQ(table.rows.size(), 4U);
  EXPECT_EQ(table.header[0], "seed");
  EXPECT_EQ(table.rows[0][table.column("case")], "NaN_1");
  EXPECT_EQ(table.rows[1][table.column("region")], "TC");
  EXPECT_EQ(table.number(1, table.column("dice")), 0.5);
  EXPECT_TRUE(std::isnan(table.number(2, table.column("dice"))));
  EXPECT_TRUE(std::isnan(table.number(3, table.column("dice"))));
  EXPECT_EQ(table.number(0, table.column("pred_voxels")), 2);
}

TEST_F(NnunetSummary, OfUnknownRegionsOrAnotherLabelSetIsRefused) {
  testing::expect_error(ExitCode::BadData, {"scores labels"}, [&] {
    (void)nnunet_summary_csv(write("1", "2"), std::nullopt, {});
  });
  testing::expect_error(ExitCode::BadData, {"nnunet (1 ED"}, [&] {
    (void)nnunet_summary_csv(write("(2, 3)", "3"), LabelSet::Brats2023, {});
  });
}

TEST(Distribution, LeavesUndefinedValuesOutAndSaysSo) {
  const Distribution values = distribution({4.0, std::nan(""), 1.0, 3.0, 2.0});
  EXPECT_EQ(values.n, 4);
  EXPECT_EQ(values.undefined, 1);
  EXPECT_DOUBLE_EQ(values.mean, 2.5);
  EXPECT_DOUBLE_EQ(values.sd, std::sqrt(1.25));
  EXPECT_DOUBLE_EQ(values.q25, 1.75);
  EXPECT_DOUBLE_EQ(values.q75, 3.25);
  EXPECT_TRUE(std::isnan(distribution({}).mean));
  EXPECT_DOUBLE_EQ(distribution({7.0}).q75, 7.0);
}

}  // namespace
}  // namespace yates::eval
