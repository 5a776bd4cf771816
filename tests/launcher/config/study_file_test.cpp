// SPDX-License-Identifier: Apache-2.0
// Reading study files: arms, external commands, and everything that can be wrong, at once.
#include "launcher/config/study_file.hpp"

#include <filesystem>
#include <set>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "base/error.hpp"
#include "base/file.hpp"
#include "tests/support/temporary_directory.hpp"

namespace yates::config {
namespace {

constexpr const char* kStudy =
    "schema: 1\n"
    "study: {name: relocate-prune, base: base.yaml, out: campaign}\n"
    "factors:\n"
    "  relocate: {\"-\": {model.mamba_stages: [2, 3]}, \"+\": {model.mamba_stages: [0, 1]}}\n"
    "  prune:    {\"-\": {model.prune.enabled: false}, \"+\": {model.prune.enabled: true}}\n"
    "  width:    {\"48\": {model.width: 48}, \"32\": {model.width: 32}}\n"
    "design: {type: full, exclude: [], seeds: [1, 2, 3, 4, 5]}\n"
    "analysis:\n"
    "  convention: segmamba\n"
    "  primary: {metric: dice, region: mean, contrast: \"relocate:prune\", at: {width: \"32\"},\n"
    "            target: seeds, alpha: 0.05, delta: 1.0}\n"
    "  sequential: {spending: obf, looks: [3, 4, 5], futility: 0.2}\n"
    "budget: {gpu_days: 96}\n"
    "slurm: {partition: gpu, gpus_per_node: 4, cpus_per_rank: 8, time_limit: 24h, account: null,\n"
    "        ranks_per_run: 1, extra: []}\n";

class StudyFileTest : public ::testing::Test {
 protected:
  StudyFileTest() { write_file_atomic(directory_ / "base.yaml", "train: {epochs: 7, seed: 99}\n"); }

  StudyFile load(const std::string& text, const std::vector<std::string>& overrides = {}) {
    write_file_atomic(directory_ / "study.yaml", text);
    return load_study_file(directory_ / "study.yaml", overrides);
  }

  void expect_refused(const std::string& text,
                      const std::vector<std::string>& parts,
                      const std::vector<std::string>& overrides = {}) {
    try {
      (void)load(text, overrides);
      FAIL() << "accepted:\n" << text;
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ExitCode::BadConfig);
      for (const std::string& part : parts) {
        EXPECT_NE(std::string(error.what()).find(part), std::string::npos)
            << "no '" << part << "' in:\n"
            << error.what();
      }
    }
  }

  /// A study of one factor `f` with these levels.
  static std::string one_factor(const std::string& levels, const std::string& more = "") {
    return "study: {name: s}\nfactors: {f: " + levels + "}\ndesign: {seeds: [1]}\n" + more;
  }

  testing::TemporaryDirectory directory_;
};

TEST_F(StudyFileTest, ContractExampleGivesEightArmsInYatesOrder) {
  const StudyFile study = load(kStudy);
  ASSERT_EQ(study.arms.size(), 8U);
  EXPECT_EQ(study.arms[0].id, "relocate.minus_prune.minus_width.48");
  EXPECT_EQ(study.arms[1].id, "relocate.plus_prune.minus_width.48");
  EXPECT_EQ(study.arms[2].id, "relocate.minus_prune.plus_width.48");
  const StudyArm& last = study.arms[7];
  EXPECT_EQ(last.levels, (study::Levels{{"relocate", "+"}, {"prune", "+"}, {"width", "32"}}));
  EXPECT_EQ(last.config.model.width, 32);
  EXPECT_TRUE(last.config.model.prune.enabled);
  EXPECT_EQ(last.config.model.mamba_stages, (std::vector<std::int64_t>{0, 1}));
  EXPECT_EQ(last.config.train.epochs, 7);
  EXPECT_NE(last.config.origins.at("model.width").find("study.yaml:6:59 (width=32)"),
            std::string::npos)
      << last.config.origins.at("model.width");
  EXPECT_EQ(study.spec.seeds.size(), 5U);
  EXPECT_EQ(study.spec.primary->at, (study::Levels{{"width", "32"}}));
  EXPECT_EQ(study.spec.sequential->looks, (std::vector<std::int64_t>{3, 4, 5}));
  EXPECT_EQ(study.slurm.time_limit_s, 86'400);
  EXPECT_FALSE(study.slurm.account.has_value());
  EXPECT_EQ(study.gpu_days, 96.0);
}

TEST_F(StudyFileTest, ExclusionsLeaveTheOtherCells) {
  const StudyFile study = load(
      "study: {name: s}\n"
      "factors:\n"
      "  a: {\"0\": {}, \"1\": {model.conv_lt: true}}\n"
      "  b: {low: {}, high: {model.prune.enabled: true}}\n"
      "design: {exclude: [{a: \"1\", b: high}], seeds: [1]}\n");
  ASSERT_EQ(study.arms.size(), 3U);
  EXPECT_EQ(study.arms[2].id, "a.0_b.high");
}

TEST_F(StudyFileTest, ExternalCommandStandsInALevelOrInTheBase) {
  write_file_atomic(directory_ / "fake.sh", "");
  write_file_atomic(directory_ / "ext.yaml", "command: [./fake.sh, \"--x=1 2\"]\ndata: {dir: d}\n");
  const StudyFile study = load(
      "study: {name: s, base: ext.yaml}\nfactors: {f: {a: {}, b: {}}}\ndesign: {seeds: [1]}\n");
  ASSERT_EQ(study.arms.size(), 2U);
  EXPECT_EQ(study.arms[0].command, (std::vector<std::string>{"./fake.sh", "--x=1 2"}));
  EXPECT_EQ(study.arms[0].program, (directory_ / "fake.sh").string());
  EXPECT_NE(run_identity(study.arms[0], 1), run_identity(study.arms[1], 1));
  const StudyFile mixed = load(one_factor("{ours: {model.width: 8}, theirs: {command: [nnunet]}}"));
  EXPECT_FALSE(mixed.arms[0].is_external());
  EXPECT_EQ(mixed.arms[1].command, std::vector<std::string>{"nnunet"});
}

TEST_F(StudyFileTest, CommandAndModelKeysExcludeEachOther) {
  expect_refused(one_factor("{a: {command: [x], model.width: 8}, b: {}}"), {"beside a command"});
  write_file_atomic(directory_ / "ext.yaml", "command: [x]\nmodel: {width: 8}\n");
  expect_refused(
      "study: {name: s, base: ext.yaml}\nfactors: {f: {a: {}, b: {}}}\ndesign: {seeds: [1]}\n",
      {"ext.yaml:2:9", "beside a command"});
  expect_refused(
      "study: {name: s}\n"
      "factors: {t: {ours: {}, theirs: {command: [x]}}, w: {a: {}, b: {model.width: 8}}}\n"
      "design: {seeds: [1]}\n",
      {"'model.width' has no meaning in arm t=theirs, w=b", "exclude the arm"});
  expect_refused(one_factor("{a: {command: x}, b: {}}"), {"not a list of program and arguments"});
  expect_refused(one_factor("{a: {command: []}, b: {}}"), {"not a list of program and arguments"});
}

TEST_F(StudyFileTest, LevelsThatYamlReadersMistakeNeedQuotes) {
  expect_refused(one_factor("{48: {model.width: 48}, \"32\": {model.width: 32}}"),
                 {":2:15", "the level 48 is not in quotes", "write \"48\""});
  expect_refused(one_factor("{on: {}, off: {model.conv_lt: true}}"),
                 {"the level on is not in quotes"});
  expect_refused(one_factor("{a: , b: {}}"), {"level 'a' is empty", "write {}"});
}

TEST_F(StudyFileTest, FindingsOfAllSectionsComeAtOnce) {
  write_file_atomic(directory_ / "base.yaml", "train: {epoch: 7}\n");
  expect_refused(
      "study: {name: \"a b\", base: base.yaml, outt: x}\n"
      "factors:\n"
      "  relocate: {\"-\": {model.mamba_stages: [2, 3]}, \"+\": {model.mamba_stage: [0, 1]}}\n"
      "  prune: {\"-\": {}, \"+\": {model.mamba_stages: [0, 1], train.seed: 4}}\n"
      "  t: {a: {}, b: {train.threads: 2}}\n"
      "  Prune: {x: {}}\n"
      "  seed: {a: {}, b: {model.width: 33}}\n"
      "design: {type: frac, exclude: [{relocat: \"-\"}, {prune: \"x\"}, {}], seeds: [1, 2, 2, x]}\n"
      "analysis:\n"
      "  primary: {metric: dicee, contrast: 3, at: {prune: a}, delta: 0, target: now}\n"
      "  sequential: {looks: [5, 3]}\n"
      "budget: {gpu_days: 0}\n"
      "retry: {attempts: 0}\n"
      "slurm: {time_limit: 24, extra: [exclusive]}\n"
      "sluurm: {}\n",
      {"unknown key 'epoch' in 'train'",
       "did you mean 'epochs'?",
       "unknown key 'outt' in 'study'",
       "'study.name' is 'a b'",
       "unknown key 'mamba_stage' in 'model'",
       "'model.mamba_stages' is set by factor 'prune' and by factor 'relocate'",
       "a level cannot set the seed",
       "'train.threads' is how a run is executed",
       "differ in upper and lower case only",
       "'Prune' has fewer than two levels",
       "'seed' is a column of the results table",
       "'model.width' is 33",
       "'design.type' is 'frac'",
       "names the factor 'relocat'",
       "names a level of 'prune'",
       "an empty map, which would exclude everything",
       "'design.seeds' has 2 twice",
       "'design.seeds' has the item 'x'",
       "'analysis.primary.metric' is 'dicee'",
       "did you mean 'dice'?",
       "'analysis.primary.target' is 'now'",
       "'analysis.primary.delta' is 0",
       "'analysis.sequential.looks' is not ascending",
       "'budget.gpu_days' is 0",
       "'retry.attempts' is 0",
       "'slurm.time_limit' is '24'",
       "'slurm.extra' has the item",
       "unknown key 'sluurm'"});
}

TEST_F(StudyFileTest, PrimaryContrastMustExistInTheDesign) {
  const std::string levels = "{a: {}, b: {model.conv_lt: true}}";
  expect_refused(one_factor(levels, "analysis: {primary: {contrast: g}}\n"),
                 {"'analysis.primary.contrast' is 'g'"});
  expect_refused(one_factor(levels, "analysis: {primary: {contrast: f, at: {f: a}}}\n"),
                 {"uses factor 'f' twice"});
  expect_refused(one_factor(levels, "analysis: {primary: {metric: dice}}\n"),
                 {"'analysis.primary.contrast' is missing"});
  expect_refused(one_factor(levels, "analysis: {sequential: {looks: [2, 3]}}\n"),
                 {"without 'analysis.primary'", "asks for 3 seeds, 'design.seeds' has 1"});
}

TEST_F(StudyFileTest, MissingSectionsAreNamed) {
  expect_refused("schema: 1\n",
                 {"'study' is missing", "'factors' is missing", "'design' is missing"});
  expect_refused(
      "study: {base: base.yaml}\nfactors: {f: {a: {}, b: {model.conv_lt: true}}}\ndesign: {}\n",
      {"'study.name' is missing", "'design.seeds' is missing"});
  expect_refused("study: 3\nfactors: [1]\ndesign: {seeds: 3}\n",
                 {"'study' is '3', not a map", "'factors' is a list", "'design.seeds' is '3'"});
}

TEST_F(StudyFileTest, ArmsMustDifferAndFitTogether) {
  expect_refused(one_factor("{a: {}, b: {}}"),
                 {"arms 'f.a' and 'f.b' have the same configuration"});
  expect_refused(one_factor("{a: {}, b: {model.mamba_stages: [1], model.prune.enabled: true}}"),
                 {"'model.prune.keep_rates' has 2 items", "(arm f=b)"});
}

std::string factors_that_change_nothing(int count) {
  std::string text = "study: {name: s}\nfactors:\n";
  for (int i = 0; i < count; ++i) {
    text += "  f" + std::to_string(i) + ": {a: {}, b: {}}\n";
  }
  return text + "design: {seeds: [1]}\n";
}

TEST_F(StudyFileTest, ManyEqualArmsAreToldAtOnceAndNotAllOfThem) {
  try {
    (void)load(factors_that_change_nothing(11));
    FAIL() << "accepted";
  } catch (const Error& error) {
    EXPECT_EQ(error.problems().size(), 20U);
  }
}

TEST_F(StudyFileTest, MoreArmsThanAnybodyTrainsAreRefused) {
  expect_refused(factors_that_change_nothing(13), {"8192 arms", "at most 4096"});
}

TEST_F(StudyFileTest, OverridesReplaceTheBaseButNeverAFactor) {
  const StudyFile study = load(kStudy, {"train.epochs=3", "data.dir=elsewhere"});
  EXPECT_EQ(study.arms[0].config.train.epochs, 3);
  expect_refused(kStudy, {"'model.width' is set by factor 'width'"}, {"model.width=8"});
}

TEST_F(StudyFileTest, LongAndCollidingNamesStayDistinctFileNames) {
  const std::string longest(70, 'x');
  const StudyFile study = load(one_factor("{\"a/b\": {}, \"a b\": {model.conv_lt: true}, " +
                                          longest + ": {model.width: 8}}"));
  std::set<std::string> ids;
  for (const StudyArm& arm : study.arms) {
    ids.insert(arm.id);
    EXPECT_LE(arm.id.size(), 64U);
    EXPECT_EQ(arm.id.find_first_of("/ "), std::string::npos);
  }
  EXPECT_EQ(ids.size(), 3U);
}

TEST_F(StudyFileTest, FilesAreToldApart) {
  write_file_atomic(directory_ / "study.yaml", kStudy);
  EXPECT_TRUE(is_study_file(directory_ / "study.yaml"));
  EXPECT_FALSE(is_study_file(directory_ / "base.yaml"));
  expect_refused("study: {name: s, base: absent.yaml}\n",
                 {":1:24: error: 'study.base' names no file", "'factors' is missing"});
}

TEST(ShippedConfigs, AllStudiesAreAccepted) {
  int files = 0;
  for (const auto& entry :
       std::filesystem::directory_iterator(YATES_SOURCE_DIR "/configs/studies")) {
    if (entry.is_regular_file()) {
      ++files;
      EXPECT_NO_THROW((void)load_study_file(entry.path())) << entry.path();
    }
  }
  EXPECT_GE(files, 8);
}

}  // namespace
}  // namespace yates::config
