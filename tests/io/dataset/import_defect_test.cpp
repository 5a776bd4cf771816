// SPDX-License-Identifier: Apache-2.0
// Every row of the table in io/dataset/FORMAT.md: a synthetic case with that very defect, imported.
#include <gtest/gtest.h>

#include "base/file.hpp"
#include "io/dataset/import.hpp"
#include "io/phantom/defect.hpp"
#include "io/phantom/phantom_case.hpp"
#include "io/phantom/phantom_set.hpp"
#include "io/shard/case_reader.hpp"
#include "tests/support/expect_error.hpp"
#include "tests/support/temporary_directory.hpp"

namespace yates::io {
namespace {

using testing::TemporaryDirectory;

const PhantomOptions kSmall{.seed = 17, .shape = {20, 26, 24}, .difficulty = 0};

/// Case 0 whole.
const CaseRecord& whole_case() {
  static const CaseRecord record = [] {
    const TemporaryDirectory folder;
    write_phantom_set(folder / "raw", {.phantom = kSmall, .cases = 1});
    return import_cases({.in = folder / "raw", .out = folder / "out"}).manifest.cases.at(0);
  }();
  return record;
}

class ImportDefect : public ::testing::TestWithParam<Defect> {
 protected:
  ImportDefect() {
    write_phantom_set(folder_ / "raw",
                      {.phantom = kSmall, .cases = 2, .defects = {GetParam().name}});
  }
  /// Imports both cases and returns what went to stderr.
  std::string import() {
    ::testing::internal::CaptureStderr();
    try {
      manifest_ = import_cases({.in = folder_ / "raw", .out = folder_ / "out"}).manifest;
    } catch (...) {
      ::testing::internal::GetCapturedStderr();
      throw;
    }
    return ::testing::internal::GetCapturedStderr();
  }
  void expect_stored(const std::string& log) const {
    const Defect& defect = GetParam();
    const CaseRecord& record = manifest_.at(phantom_case_id(0));
    CaseReader(folder_ / "out", manifest_, record.id).verify();
    EXPECT_EQ(record.storage,
              defect.outcome == DefectOutcome::Converted ? Storage::Float32 : Storage::Int16);
    if (defect.outcome == DefectOutcome::Taken) {
      EXPECT_EQ(record.crc32c.modality, whole_case().crc32c.modality);
      EXPECT_EQ(record.crc32c.labels, whole_case().crc32c.labels);
      EXPECT_EQ(record.crop, whole_case().crop);
      EXPECT_EQ(log.find("case " + record.id), std::string::npos) << log;
    }
    if (defect.outcome == DefectOutcome::Warned) {
      EXPECT_NE(log.find("case " + record.id), std::string::npos) << log;
      EXPECT_NE(log.find(defect.words), std::string::npos) << log;
    }
  }

  TemporaryDirectory folder_;
  Manifest manifest_;
};

TEST_P(ImportDefect, IsTreatedAsDocumented) {
  const Defect& defect = GetParam();
  if (defect.outcome == DefectOutcome::Refused) {
    testing::expect_error(ExitCode::BadData,
                          {"case " + phantom_case_id(0), defect.words, "1 of 2 cases"},
                          [&] { import(); });
    EXPECT_FALSE(std::filesystem::exists(manifest_path(folder_ / "out")));
    return;
  }
  expect_stored(import());
}

std::string test_name(const ::testing::TestParamInfo<Defect>& info) {
  std::string name;
  bool capital = true;
  for (const char letter : std::string(info.param.name)) {
    if (letter != '-') {
      name += capital ? static_cast<char>(std::toupper(letter)) : letter;
    }
    capital = letter == '-';
  }
  return name;
}

INSTANTIATE_TEST_SUITE_P(All,
                         ImportDefect,
                         ::testing::ValuesIn(defects().begin(), defects().end()),
                         test_name);

TEST(Defects, AllStandInTheTableOfTheDocumentation) {
  const std::string text =
      read_file(std::filesystem::path(YATES_SOURCE_DIR) / "io/dataset/FORMAT.md");
  for (const Defect& defect : defects()) {
    EXPECT_NE(text.find("`" + std::string(defect.name) + "`"), std::string::npos) << defect.name;
  }
}

TEST(Defects, AreNamedWhenUnknownOrTooMany) {
  const TemporaryDirectory folder;
  testing::expect_error(ExitCode::Usage, {"unknown defect 'label-5'", "label-4"}, [&] {
    write_phantom_set(folder / "a", {.phantom = kSmall, .cases = 1, .defects = {"label-5"}});
  });
  testing::expect_error(ExitCode::Usage, {"2 defects in 1 cases"}, [&] {
    write_phantom_set(folder / "a",
                      {.phantom = kSmall, .cases = 1, .defects = {"label-4", "two-axes"}});
  });
  EXPECT_FALSE(std::filesystem::exists(folder / "a"));
}

}  // namespace
}  // namespace yates::io
