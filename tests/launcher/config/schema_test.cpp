// SPDX-License-Identifier: Apache-2.0
#include "launcher/config/schema.hpp"

#include <filesystem>
#include <string>

#include <gtest/gtest.h>

#include "launcher/config/run_config.hpp"

namespace yates::config {
namespace {

TEST(RunSchema, EveryKeyHasMeaningAndDefaultInsideItsRange) {
  for (const KeySpec& spec : run_schema()) {
    EXPECT_GT(spec.meaning.size(), 5U) << spec.key;
    EXPECT_EQ(find_key(spec.key), &spec) << "twice: " << spec.key;
    const std::string text = spec.key + "=" + value_text(spec, RunConfig{});
    EXPECT_NO_THROW((void)load_run_config({}, {text})) << text;
  }
  EXPECT_EQ(find_key("model"), nullptr);
}

TEST(ShippedConfigs, AllRunFilesAreAccepted) {
  int files = 0;
  for (const auto& entry : std::filesystem::directory_iterator(YATES_SOURCE_DIR "/configs")) {
    if (entry.is_regular_file()) {
      ++files;
      EXPECT_NO_THROW((void)load_run_config(entry.path())) << entry.path();
    }
  }
  EXPECT_GE(files, 2);
}

}  // namespace
}  // namespace yates::config
