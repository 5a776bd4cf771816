// SPDX-License-Identifier: Apache-2.0
// Shards as another program reads them.
#include <gtest/gtest.h>

#include "base/file.hpp"
#include "io/shard/case_reader.hpp"
#include "tests/support/command.hpp"
#include "tests/support/small_data_set.hpp"
#include "tests/support/temporary_directory.hpp"

namespace yates::io {
namespace {

class H5Dump : public ::testing::Test {
 protected:
  /// The bytes of a dataset by h5dump, little-endian.
  [[nodiscard]] std::string dump(const std::string& dataset) const {
    const std::string out = folder_ / "dump.bin";
    const std::string shard = folder_ / "shard-0000.h5";
    const testing::CommandResult result =
        testing::run_command({YATES_H5DUMP, "-d", dataset, "-b", "LE", "-o", out, shard});
    EXPECT_EQ(result.exit_code, 0) << result.error;
    return read_file(out);
  }

  testing::TemporaryDirectory folder_;
};

TEST_F(H5Dump, ReadsTheSameValues) {
  const std::array<std::int64_t, 3> shape = {7, 5, 11};
  const Manifest manifest = testing::write_small_data_set(folder_.path(), {{"case-a", shape}});
  const std::vector<std::int16_t> counts = testing::small_counts(shape);
  const std::vector<std::uint8_t> labels = testing::small_labels(shape);
  EXPECT_EQ(dump("/case-a/image"),
            std::string(reinterpret_cast<const char*>(counts.data()), 2 * counts.size()));
  EXPECT_EQ(dump("/case-a/labels"), std::string(labels.begin(), labels.end()));
}

TEST_F(H5Dump, ShowsTheAttributesOfFormatMd) {
  testing::write_small_data_set(folder_.path(), {{"case-a", {2, 3, 4}}});
  const testing::CommandResult result =
      testing::run_command({YATES_H5DUMP, "-A", (folder_ / "shard-0000.h5").string()});
  for (const char* name : {"yates_schema",
                           "t2w,t2f,t1n,t1c",
                           "mean",
                           "sd",
                           "crop",
                           "source_shape",
                           "spacing_mm",
                           "origin",
                           "direction",
                           "crc32c",
                           "H5T_STD_I16LE",
                           "( 4, 2, 3, 4 )"}) {
    EXPECT_NE(result.output.find(name), std::string::npos) << name;
  }
}

}  // namespace
}  // namespace yates::io
