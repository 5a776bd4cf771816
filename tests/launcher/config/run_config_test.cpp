// SPDX-License-Identifier: Apache-2.0
// Loading, overriding, resolving and checking run configurations.
#include "launcher/config/run_config.hpp"

#include <filesystem>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "base/error.hpp"
#include "base/file.hpp"
#include "launcher/config/schema.hpp"
#include "tests/support/temporary_directory.hpp"

namespace yates::config {
namespace {

using ::testing::Test;

class RunConfigFile : public Test {
 protected:
  /// Loads `text` as a file and returns the message, or "" if it is accepted.
  std::string message(const std::string& text, const std::vector<std::string>& overrides = {}) {
    try {
      (void)load(text, overrides);
      return "";
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ExitCode::BadConfig);
      return error.what();
    }
  }

  RunConfig load(const std::string& text, const std::vector<std::string>& overrides = {}) {
    const std::filesystem::path path = directory_ / "arm.yaml";
    write_file_atomic(path, text);
    return load_run_config(path, overrides);
  }

  /// Expects that `text` is refused and that the message holds every one of `parts`.
  void expect_refused(const std::string& text, const std::vector<std::string>& parts) {
    const std::string found = message(text);
    EXPECT_NE(found, "") << "accepted: " << text.substr(0, 200);
    for (const std::string& part : parts) {
      EXPECT_NE(found.find(part), std::string::npos) << "no '" << part << "' in:\n" << found;
    }
  }

  testing::TemporaryDirectory directory_;
};

TEST_F(RunConfigFile, EmptyFileGivesTheDefaultsOfTheOptionsStructs) {
  const RunConfig config = load("");
  EXPECT_TRUE(same_values(config, RunConfig{}));
  EXPECT_EQ(config.model.width, 48);
  EXPECT_EQ(config.train.epochs, 300);
  EXPECT_DOUBLE_EQ(config.train.weight_decay, 1.0e-5);
  EXPECT_TRUE(same_values(load_run_config({}), RunConfig{}));
}

TEST_F(RunConfigFile, ShippedDefaultFileEqualsTheDefaultsAndNamesEveryKey) {
  const RunConfig config = load_run_config(YATES_SOURCE_DIR "/configs/default.yaml");
  EXPECT_TRUE(same_values(config, RunConfig{}));
  EXPECT_EQ(config.origins.size(), run_schema().size());
}

TEST_F(RunConfigFile, ReadsNestedAndDottedKeys) {
  const RunConfig config = load(
      "schema: 1\n"
      "model: {width: 32, prune: {enabled: true, keep_rates: [0.3, 1.0]}}\n"
      "model.mamba_stages: [0, 1]\n"
      "train: {watchdog_s: 90, precision: 'fp32'}\n"
      "data: {dir: \"my shards\", patch: [16, 16, 32]}\n");
  EXPECT_EQ(config.model.width, 32);
  EXPECT_TRUE(config.model.prune.enabled);
  EXPECT_EQ(config.model.prune.keep_rates, (std::vector<double>{0.3, 1.0}));
  EXPECT_EQ(config.model.mamba_stages, (std::vector<std::int64_t>{0, 1}));
  EXPECT_EQ(config.train.watchdog_s, "90");
  EXPECT_EQ(config.train.precision, "fp32");
  EXPECT_EQ(config.data.dir, "my shards");
  EXPECT_EQ(config.data.patch, (std::array<std::int64_t, 3>{16, 16, 32}));
}

TEST_F(RunConfigFile, UnknownKeyIsShownWithCaretAndSuggestion) {
  const std::string found = message(
      "schema: 1\n"
      "model:\n"
      "  prune:\n"
      "    keep_rate: [0.5, 0.7]\n");
  EXPECT_EQ(found,
            (directory_ / "arm.yaml").string() +
                ":4:5: error: unknown key 'keep_rate' in 'model.prune'\n"
                "    4 |     keep_rate: [0.5, 0.7]\n"
                "      |     ^~~~~~~~~ did you mean 'keep_rates'?");
}

TEST_F(RunConfigFile, KeyInTheWrongGroupNamesTheRightOne) {
  expect_refused("width: 32\n", {"unknown key 'width'", "did you mean 'model.width'?"});
  expect_refused("modle: {width: 32}\n", {"unknown key 'modle'", "did you mean 'model'?"});
}

TEST_F(RunConfigFile, AllFindingsComeAtOnce) {
  expect_refused(
      "model: {width: 20, conv_lt: yes, network: segmamba_v1}\n"
      "train: {epochs: 0, lr: nan, threads: 1.5}\n"
      "data: {patch: [64, 64], foreground_fraction: 1.01}\n",
      {"'model.width' is 20, not a multiple of 8",
       "'model.conv_lt' is 'yes'",
       "did you mean 'segmamba_v2'?",
       "'train.epochs' is 0, out of range",
       "'train.lr' is 'nan'",
       "'train.threads' is '1.5'",
       "'data.patch' has 2 items",
       "'data.foreground_fraction' is 1.01, out of range",
       "8 errors."});
}

TEST_F(RunConfigFile, NumbersAreStrictDecimals) {
  for (const char* bad : {"010",
                          "0x10",
                          "1_000",
                          "+1",
                          "1e3",
                          "2.0",
                          "'4'",
                          "true",
                          "~",
                          "[1]",
                          "",
                          "99999999999999999999",
                          "-0x1",
                          "1 000"}) {
    expect_refused(std::string("train: {epochs: ") + bad + "}\n", {"'train.epochs' is"});
  }
  for (const char* bad :
       {"0x1p-3", "nan", ".nan", ".inf", "inf", "-.inf", "1e999", "01.5", "'0.1'"}) {
    expect_refused(std::string("train: {lr: ") + bad + "}\n", {"'train.lr' is"});
  }
  EXPECT_DOUBLE_EQ(load("train: {lr: 1e-3}\n").train.lr, 1e-3);
  EXPECT_DOUBLE_EQ(load("train: {lr: 1}\n").train.lr, 1.0);
}

TEST_F(RunConfigFile, RepeatedKeysAreRefused) {
  expect_refused("train: {seed: 1, seed: 2}\n", {":1:18:", "'seed' stands here twice"});
  expect_refused("train: {seed: 1}\ntrain: {epochs: 2}\n", {":2:1:", "'train' stands here twice"});
  expect_refused("train: {seed: 1}\ntrain.seed: 2\n", {":2:1:", "'train.seed' is set here and at"});
}

TEST_F(RunConfigFile, PartsOfYamlThatReadersTakeDifferentlyAreRefused) {
  expect_refused("train: &t {seed: 1}\n", {":1:8:", "anchors are not allowed"});
  expect_refused("train: {seed: &s 1, epochs: *s}\n", {"anchors", "aliases", "2 errors."});
  expect_refused("train: {seed: !!int 1}\n", {"the tag 'tag:yaml.org,2002:int' is not allowed"});
  expect_refused("a: &a {seed: 1}\ntrain: {<<: *a}\n", {"merge keys are not allowed"});
  expect_refused("train: {seed: 1}\n---\ntrain: {seed: 2}\n", {"a second document begins here"});
  expect_refused("? [a, b]\n: 1\n", {"a key must be a text"});
  expect_refused("run: {dir: 'runs/x}\n", {"never closed"});
  expect_refused("run:\n  dir: \"runs/x\n", {":2:8:", "never closed"});
  expect_refused("train: [seed, 1\n", {"not valid YAML"});
  expect_refused("just a text\n", {"expected a map of keys"});
  expect_refused("- 1\n", {"expected a map of keys, found a list"});
  expect_refused("model: 3\n", {"'model' is '3', not a map of keys"});
  expect_refused("model:\n", {"'model' is empty, not a map of keys"});
  expect_refused(std::string("run: {dir: a\x04") + "b}\n", {"neither printable UTF-8"});
  expect_refused("run: {dir: \xff}\n", {"neither printable UTF-8"});
  EXPECT_EQ(load("---\nrun: {dir: 'it''s'}\n...\n").run_dir, "it's");
}

TEST_F(RunConfigFile, BudgetsEndHostileFiles) {
  expect_refused(std::string(40, '[') + std::string(40, ']'), {"nested more than 32 deep"});
  expect_refused(std::string(200'000, '['), {"nested more than 32 deep"});
  expect_refused(std::string(200'000, '{'), {"error"});
  std::string many = "x: [0";
  for (int i = 0; i < 10'000; ++i) {
    many += ",0";
  }
  expect_refused(many + "]", {"more than 10000 values"});
  expect_refused("x: " + std::string(1 << 20, 'a'), {"1048579 bytes", "at most 1048576 bytes"});
  const std::string long_line = message("run: {dir: x, " + std::string(100'000, 'a') + ": 1}");
  EXPECT_LT(long_line.size(), 1000U);
}

TEST_F(RunConfigFile, SchemaNumberIsChecked) {
  expect_refused("schema: 2\n", {":1:9:", "this version of yates reads schema 1"});
  expect_refused("schema:\n", {"the schema is empty"});
}

TEST_F(RunConfigFile, ValuesThatDoNotFitTogetherAreRefused) {
  expect_refused("model: {mamba_stages: [1], prune: {enabled: true}}\n",
                 {":1:23:", "'model.prune.keep_rates' has 2 items, 'model.mamba_stages' has 1"});
  expect_refused("model: {prune: {keep_rates: [0.5]}}\n", {"has 1 item,"});
  expect_refused("model: {mamba_stages: [1, 0]}\n", {"must be ascending"});
  expect_refused("model: {mamba_stages: [1, 1]}\n", {"must be ascending"});
  expect_refused("model: {mamba_stages: [4]}\n", {"'model.mamba_stages' is 4, out of range"});
  expect_refused("data: {patch: [16, 16, 16]}\n", {"one voxel at the deepest stage"});
  expect_refused("data: {patch: [64, 64, 40]}\n", {"not a multiple of 16"});
  expect_refused("model: {prune: {enabled: true, scorer: r3}}\n", {"set model.fce.enabled: true"});
  expect_refused("model: {fce: {pretrain_epochs: 3}}\n", {"without 'model.fce.enabled'"});
  expect_refused("model: {fce: {enabled: true, pretrain_epochs: 3}}\ntrain: {epochs: 3}\n",
                 {"leave epochs for the whole network"});
  expect_refused("train: {device: cpu, precision: fp16}\n", {"the CPU computes in fp32"});
  EXPECT_EQ(message("model: {mamba_stages: [1]}\n"), "");
  EXPECT_EQ(message("data: {patch: [16, 16, 32]}\n"), "");
}

TEST_F(RunConfigFile, RulesDoNotSpeakOfValuesThatWereRefused) {
  const std::string found = message("model: {mamba_stages: [7], prune: {enabled: true}}\n");
  EXPECT_EQ(found.find("keep_rates"), std::string::npos) << found;
}

TEST_F(RunConfigFile, OverridesReplaceFileValuesInOrder) {
  const RunConfig config = load("model: {width: 32}\n",
                                {"model.width=40",
                                 "model.width=16",
                                 "data.patch=[64,64,64]",
                                 "model.prune={enabled: true, keep_rates: [0.1, 0.2]}",
                                 "run.dir=runs/a b"});
  EXPECT_EQ(config.model.width, 16);
  EXPECT_EQ(config.data.patch, (std::array<std::int64_t, 3>{64, 64, 64}));
  EXPECT_EQ(config.model.prune.keep_rates, (std::vector<double>{0.1, 0.2}));
  EXPECT_EQ(config.run_dir, "runs/a b");
  EXPECT_EQ(config.origins.at("model.width"), "command line (model.width=16)");
}

TEST_F(RunConfigFile, WrongOverridesShowTheirText) {
  const std::string found =
      message("", {"model.widht=32", "train.lr=fast", "nonsense", "run.dir="});
  EXPECT_NE(found.find("command line: error: unknown key 'widht' in 'model'\n"
                       "      | model.widht=32\n"
                       "      | ^~~~~~~~~~~ did you mean 'width'?"),
            std::string::npos)
      << found;
  EXPECT_NE(found.find("      | train.lr=fast\n      |          ^~~~ allowed: number"),
            std::string::npos)
      << found;
  EXPECT_NE(found.find("an override has the form key=value"), std::string::npos) << found;
  EXPECT_NE(found.find("'run.dir' is empty"), std::string::npos) << found;
}

TEST_F(RunConfigFile, ResolvedFileKeepsValuesAndOrigins) {
  const RunConfig config = load(
      "model: {width: 32, prune: {keep_rates: [0.25, 1]}}\n"
      "train: {lr: 1e-7, seed: 9007199254740992}\n"
      "data: {dir: \"a \\\"b\\\"  # c\", split: 'null'}\n"
      "run: {dir: -x}\n",
      {"train.epochs=7"});
  const std::string text = resolved_yaml(config);
  const RunConfig again = load(text);
  EXPECT_TRUE(same_values(config, again)) << text;
  EXPECT_EQ(again.data.dir, "a \"b\"  # c");
  EXPECT_EQ(again.data.split, "null");
  EXPECT_EQ(again.run_dir, "-x");
  EXPECT_EQ(resolved_yaml(again), text);
  EXPECT_NE(text.find("  epochs: 7  # command line (train.epochs=7)\n"), std::string::npos) << text;
  EXPECT_NE(text.find("  momentum: 0.99  # default\n"), std::string::npos) << text;
  EXPECT_NE(text.find("arm.yaml:1:16\n"), std::string::npos) << text;
}

TEST_F(RunConfigFile, IdentityIsWhatDecidesTheResult) {
  const std::string base = identity_text(RunConfig{});
  EXPECT_EQ(identity_text(load("run: {dir: elsewhere}\ntrain: {threads: 4, device: cpu}\n"
                               "data: {workers: 9, queue: 9}\n")),
            base);
  EXPECT_NE(identity_text(load("train: {seed: 2}\n")), base);
  EXPECT_NE(identity_text(load("train: {global_batch: 4}\n")), base);
}

TEST_F(RunConfigFile, MissingFileIsInputMissing) {
  try {
    (void)load_run_config(directory_ / "absent.yaml");
    FAIL() << "accepted";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ExitCode::InputMissing);
  }
}

TEST_F(RunConfigFile, LongLinesAndWideCharactersKeepTheCaretInPlace) {
  const std::string found = message("run: {dir: \"\xc3\xa4\xc3\xb6\", dri: 1}\n");
  EXPECT_NE(found.find(":1:18: error"), std::string::npos) << found;
  EXPECT_NE(found.find("      |                  ^~~ did you mean 'dir'?"), std::string::npos)
      << found;
}

}  // namespace
}  // namespace yates::config
