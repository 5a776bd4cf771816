// SPDX-License-Identifier: Apache-2.0
// Damaged files are refused with places that exist, or accepted; nothing else happens.
#include <fstream>
#include <string>
#include <string_view>

#include <gtest/gtest.h>

#include "base/error.hpp"
#include "base/file.hpp"
#include "base/random.hpp"
#include "launcher/config/run_config.hpp"
#include "launcher/config/study_file.hpp"
#include "tests/support/temporary_directory.hpp"

namespace yates::config {
namespace {

constexpr std::uint64_t kRounds = 500;

constexpr std::string_view kPieces[] = {"{",
                                        "}",
                                        "[",
                                        "]",
                                        ": ",
                                        ",",
                                        "\n",
                                        "  ",
                                        "- ",
                                        "'",
                                        "\"",
                                        "#",
                                        "&a ",
                                        "*a",
                                        "!!str ",
                                        "<<: ",
                                        "|\n",
                                        ">\n",
                                        "? ",
                                        "---\n",
                                        "...\n",
                                        "%YAML 1.1\n",
                                        "\t",
                                        "~",
                                        "null",
                                        "0x1",
                                        "1e999",
                                        "-",
                                        "\xc3\xa4",
                                        "\xef\xbb\xbf",
                                        "model.width: 8",
                                        "\\",
                                        "@",
                                        "`"};

/// Some insertions, deletions and repetitions at places drawn from `stream`.
std::string damage(std::string text, RandomStream& stream) {
  const std::int64_t changes = stream.integer(1, 4);
  for (std::int64_t i = 0; i < changes; ++i) {
    const std::size_t at = stream.below(text.size() + 1);
    const std::size_t length = stream.below(12);
    switch (stream.below(3)) {
      case 0: text.insert(at, kPieces[stream.below(std::size(kPieces))]); break;
      case 1: text.erase(at, length); break;
      default: text.insert(at, text.substr(stream.below(text.size() + 1), length)); break;
    }
  }
  return text;
}

template <typename Load>
void expect_only_errors_of_ours(const std::string& original, const std::string& name, Load load) {
  testing::TemporaryDirectory directory;
  write_file_atomic(directory / "default.yaml", "");
  int refused = 0;
  for (std::uint64_t round = 0; round < kRounds; ++round) {
    RandomStream stream(round, "damage");
    const std::string text = damage(original, stream);
    std::ofstream(directory / name, std::ios::binary) << text;
    try {
      load(directory / name);
    } catch (const Error& error) {
      ++refused;
      EXPECT_EQ(error.code(), ExitCode::BadConfig) << text;
      EXPECT_LT(std::string(error.what()).size(), 100'000U);
    } catch (const std::exception& error) {
      ADD_FAILURE() << error.what() << " for round " << round << ":\n" << text;
    }
  }
  EXPECT_GT(refused, static_cast<int>(kRounds) / 2) << "the damage is too small to test anything";
}

TEST(DamagedFiles, RunFilesAreRefusedCleanly) {
  expect_only_errors_of_ours(read_file(YATES_SOURCE_DIR "/configs/default.yaml"),
                             "run.yaml",
                             [](const auto& path) { (void)load_run_config(path); });
}

TEST(DamagedFiles, StudyFilesAreRefusedCleanly) {
  std::string study = read_file(YATES_SOURCE_DIR "/configs/studies/table01.yaml");
  study.replace(study.find("../default.yaml"), 15, "default.yaml");
  expect_only_errors_of_ours(
      study, "study.yaml", [](const auto& path) { (void)load_study_file(path); });
}

}  // namespace
}  // namespace yates::config
