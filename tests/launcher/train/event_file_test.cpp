// SPDX-License-Identifier: Apache-2.0
#include "launcher/train/event_file.hpp"

#include <bit>
#include <cstdint>
#include <cstring>
#include <span>
#include <vector>

#include <gtest/gtest.h>

#include "base/digest.hpp"
#include "base/file.hpp"
#include "tests/support/temporary_directory.hpp"

namespace yates::train {
namespace {

template <typename T>
T number_at(const std::string& bytes, std::size_t at) {
  T value{};
  std::memcpy(&value, bytes.substr(at, sizeof(T)).data(), sizeof(T));
  return value;
}

/// The CRC32C under a mask of the framing, byte by byte.
std::uint32_t unmasked(std::uint32_t value) {
  const std::uint32_t rotated = value - 0xA282EAD8U;
  return (rotated >> 17) | (rotated << 15);
}

/// The events in a file; checks length and checksum of every record.
std::vector<std::string> events_in(const std::string& file) {
  std::vector<std::string> events;
  std::size_t at = 0;
  while (at < file.size()) {
    const std::string length = file.substr(at, 8);
    const auto size = static_cast<std::size_t>(number_at<std::uint64_t>(file, at));
    EXPECT_EQ(unmasked(number_at<std::uint32_t>(file, at + 8)),
              crc32c_reference(std::as_bytes(std::span(length))));
    const std::string event = file.substr(at + 12, size);
    EXPECT_EQ(unmasked(number_at<std::uint32_t>(file, at + 12 + size)),
              crc32c_reference(std::as_bytes(std::span(event))));
    events.push_back(event);
    at += 16 + size;
  }
  EXPECT_EQ(at, file.size());
  return events;
}

TEST(EventFile, BeginsWithTheVersion) {
  const auto events = events_in(event_file(""));
  ASSERT_EQ(events.size(), 1U);
  EXPECT_EQ(events[0],
            std::string("\x09\0\0\0\0\0\0\0\0\x1A\x0D"
                        "brain.Event:2",
                        24));
}

TEST(EventFile, HoldsAScalarPerNumber) {
  const auto events = events_in(event_file("{\"step\":300,\"loss\":0.5,\"step_s\":2.0}\n"));
  ASSERT_EQ(events.size(), 2U);
  const std::string& event = events[1];
  EXPECT_EQ(number_at<double>(event, 1), 2.0);
  // Step 300 as a varint, then a summary of two values.
  EXPECT_EQ(event.substr(9, 3), "\x10\xAC\x02");
  EXPECT_EQ(event.substr(12, 2), std::string("\x2A\x1C"));
  EXPECT_EQ(event.substr(14, 8), std::string("\x0A\x0B\x0A\x04loss"));
  EXPECT_EQ(event[22], '\x15');
  EXPECT_EQ(number_at<float>(event, 23), 0.5F);
}

TEST(EventFile, JoinsNestedNamesAndLeavesOutWhatIsNoNumber) {
  const std::string file =
      event_file("{\"step\":1,\"loss\":\"nan\",\"dice\":{\"wt\":0.25}}\n{\"step\":2,\"los");
  const auto events = events_in(file);
  ASSERT_EQ(events.size(), 2U);
  EXPECT_NE(events[1].find("dice/wt"), std::string::npos);
  EXPECT_EQ(events[1].find("loss"), std::string::npos);
}

TEST(EventFile, IsPublishedUnderATensorBoardName) {
  const testing::TemporaryDirectory folder;
  write_file_atomic(folder / "metrics.jsonl", "{\"step\":1,\"loss\":1.5}\n");
  write_event_file(folder / "metrics.jsonl", folder / "tensorboard");
  const std::string file = read_file(folder / "tensorboard" / "events.out.tfevents.0.yates");
  EXPECT_EQ(events_in(file).size(), 2U);
}

}  // namespace
}  // namespace yates::train
