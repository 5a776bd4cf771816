// SPDX-License-Identifier: Apache-2.0
#include "launcher/train/metrics_log.hpp"

#include <fstream>

#include <gtest/gtest.h>

#include "base/error.hpp"
#include "base/file.hpp"
#include "tests/support/temporary_directory.hpp"

namespace yates::train {
namespace {

TEST(MetricsLog, AppendsWholeLines) {
  const testing::TemporaryDirectory folder;
  MetricsLog log(folder / "m.jsonl", 0);
  log.append(Json{{"step", 1}, {"loss", 0.5}});
  log.append(Json{{"step", 2}});
  log.sync();
  EXPECT_EQ(read_file(folder / "m.jsonl"), "{\"step\":1,\"loss\":0.5}\n{\"step\":2}\n");
}

TEST(MetricsLog, DropsTheLinesAfterTheCheckpoint) {
  const testing::TemporaryDirectory folder;
  const auto path = folder / "m.jsonl";
  const std::string kept = "{\"step\":1}\n{\"step\":2}\n{\"step\":2,\"dice\":{}}\n";
  std::ofstream(path) << kept << "{\"step\":3}\n{\"step\":4}\n";
  { MetricsLog log(path, 2); }
  EXPECT_EQ(read_file(path), kept);
  { MetricsLog log(path, 7); }
  EXPECT_EQ(read_file(path), kept);
  { MetricsLog log(path, 0); }
  EXPECT_EQ(read_file(path), "");
}

TEST(MetricsLog, DropsATornLastLineAndWhatIsNoMetric) {
  const testing::TemporaryDirectory folder;
  const auto path = folder / "m.jsonl";
  for (const char* torn :
       {"{\"step\":2", "{\"step\":2}", "{\"st\n", "[]\n", "{}\n", "\n", "{\"step\":1.5}\n"}) {
    std::ofstream(path) << "{\"step\":1}\n" << torn;
    { MetricsLog log(path, 9); }
    EXPECT_EQ(read_file(path), "{\"step\":1}\n") << torn;
  }
}

TEST(MetricsLog, AttemptThatWasTakenOverAppendsToAFileNobodyReads) {
  const testing::TemporaryDirectory folder;
  const auto path = folder / "m.jsonl";
  MetricsLog older(path, 0);
  older.append(Json{{"step", 1}});
  MetricsLog newer(path, 1);
  older.append(Json{{"step", 2}, {"by", "older"}});
  newer.append(Json{{"step", 2}, {"by", "newer"}});
  EXPECT_EQ(read_file(path), "{\"step\":1}\n{\"step\":2,\"by\":\"newer\"}\n");
}

TEST(MetricsLog, NamesAPlaceItCannotWrite) {
  EXPECT_THROW(MetricsLog("/nonexistent/m.jsonl", 0), Error);
}

}  // namespace
}  // namespace yates::train
