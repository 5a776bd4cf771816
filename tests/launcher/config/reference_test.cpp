// SPDX-License-Identifier: Apache-2.0
// The printed reference names everything that the checks accept.
#include "launcher/config/reference.hpp"

#include <string>

#include <gtest/gtest.h>

#include "launcher/config/schema.hpp"
#include "launcher/config/study_schema.hpp"

namespace yates::config {
namespace {

TEST(ConfigReference, NamesEveryRunKeyWithDefaultAndRange) {
  const std::string text = reference_text();
  const Json json = reference_json();
  ASSERT_EQ(json["run"].size(), run_schema().size());
  for (std::size_t i = 0; i < run_schema().size(); ++i) {
    const KeySpec& spec = run_schema()[i];
    EXPECT_EQ(json["run"][i]["key"], spec.key);
    EXPECT_FALSE(json["run"][i]["type"].get<std::string>().empty());
    const std::string line = "\n" + spec.key + ": " + value_text(spec, RunConfig{}) + "\n";
    EXPECT_NE(text.find(line), std::string::npos) << line;
  }
  EXPECT_NE(text.find("\nmodel.width: 48\n    integer 8 to 512, multiple of 8, in channels\n"),
            std::string::npos);
}

TEST(ConfigReference, NamesEveryStudyKey) {
  const std::string text = reference_text();
  for (const StudyKey& key : study_schema()) {
    EXPECT_NE(text.find("\n" + key.full_name()), std::string::npos) << key.full_name();
    EXPECT_FALSE(key.meaning.empty());
  }
  EXPECT_EQ(study_keys("budget"), std::vector<std::string>{"gpu_days"});
  EXPECT_EQ(reference_json()["study"].size(), study_schema().size());
}

}  // namespace
}  // namespace yates::config
