// SPDX-License-Identifier: Apache-2.0
// The LaTeX form of the report compiles. Registered where LaTeX is at hand.
#include <filesystem>

#include <gtest/gtest.h>

#include "base/file.hpp"
#include "tests/support/command.hpp"
#include "tests/support/temporary_directory.hpp"

namespace yates::testing {
namespace {

TEST(Latex, AReportWithAwkwardNamesCompiles) {
  const TemporaryDirectory folder;
  write_file_atomic(
      folder / "t.csv",
      "a_b,p%q,seed,dice\n$x,#1,1,10\ny^2,#1,1,11\n$x,~,1,12\ny^2,~,1,18\n$x,#1,2,20\n"
      "y^2,#1,2,21.1\n$x,~,2,22\ny^2,~,2,28.2\n$x,#1,3,30\ny^2,#1,3,30.9\n$x,~,3,32\n"
      "y^2,~,3,37.7\n");
  const CommandResult analyzed = run_yates({"analyze",
                                            "--table",
                                            "t.csv",
                                            "--factors",
                                            "a_b,p%q",
                                            "--response",
                                            "dice",
                                            "--contrast",
                                            "a_b:p%q",
                                            "--delta",
                                            "1",
                                            "--out",
                                            "report"},
                                           folder.path().string());
  ASSERT_EQ(analyzed.exit_code, 0) << analyzed.error;
  const CommandResult latex =
      run_command({YATES_PDFLATEX, "-interaction=nonstopmode", "-halt-on-error", "report.tex"},
                  (folder / "report").string());
  EXPECT_EQ(latex.exit_code, 0) << latex.output;
  EXPECT_TRUE(std::filesystem::exists(folder / "report" / "report.pdf"));
  EXPECT_EQ(latex.output.find("Missing character"), std::string::npos) << latex.output;
}

}  // namespace
}  // namespace yates::testing
