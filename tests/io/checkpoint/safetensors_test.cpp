// SPDX-License-Identifier: Apache-2.0
#include "io/checkpoint/safetensors.hpp"

#include <array>
#include <bit>
#include <fstream>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "base/error.hpp"
#include "base/file.hpp"
#include "tests/support/temporary_directory.hpp"

namespace yates::io {
namespace {

const std::vector<float> kFloats = {1.5F, -2.0F, 0.25F, 4.0F, 5.0F, -6.0F};
const std::vector<std::uint8_t> kBytes = {1, 2, 3};
const std::vector<std::int64_t> kWide = {-7};

std::vector<TensorEntry> sample_entries() {
  return {{"labels", Dtype::U8, {3}, std::as_bytes(std::span(kBytes))},
          {"weight", Dtype::F32, {2, 3}, std::as_bytes(std::span(kFloats))},
          {"empty", Dtype::F32, {4, 0}, {}},
          {"scalar", Dtype::I64, {}, std::as_bytes(std::span(kWide))}};
}

/// A file with this header text and this many zero bytes of data.
std::string raw_file(const std::string& text, std::size_t data_bytes) {
  const auto length = std::bit_cast<std::array<char, 8>>(std::uint64_t{text.size()});
  return std::string(length.data(), 8) + text + std::string(data_bytes, '\0');
}

std::string tensor(const std::string& name, int elements, int begin, int end) {
  return "\"" + name + R"(":{"dtype":"F32","shape":[)" + std::to_string(elements) +
         R"(],"data_offsets":[)" + std::to_string(begin) + "," + std::to_string(end) + "]}";
}

/// What the reader says about a file of these bytes; empty if it accepts them.
std::string refusal(const std::string& content) {
  const testing::TemporaryDirectory folder;
  std::ofstream(folder / "x.safetensors", std::ios::binary) << content;
  try {
    const SafetensorsFile file(folder / "x.safetensors");
    return "";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ExitCode::BadData);
    return error.what();
  }
}

void expect_refused(const std::string& content, const std::string& because) {
  const std::string said = refusal(content);
  EXPECT_NE(said.find(because), std::string::npos) << "said: " << said << "\nexpected: " << because;
}

TEST(Safetensors, ReadsBackWhatWasWritten) {
  const testing::TemporaryDirectory folder;
  const Metadata metadata = {{"step", "12"}, {"note", "quote \" and \xC3\xA9"}};
  write_safetensors(folder / "a.safetensors", sample_entries(), metadata);

  const SafetensorsFile file(folder / "a.safetensors");
  EXPECT_EQ(file.metadata(), metadata);
  ASSERT_EQ(file.entries().size(), 4U);
  for (const TensorEntry& expected : sample_entries()) {
    const TensorEntry* found = file.find(expected.name);
    ASSERT_NE(found, nullptr) << expected.name;
    EXPECT_EQ(found->dtype, expected.dtype);
    EXPECT_EQ(found->shape, expected.shape);
    EXPECT_TRUE(std::equal(
        found->data.begin(), found->data.end(), expected.data.begin(), expected.data.end()));
  }
  EXPECT_EQ(file.find("absent"), nullptr);
}

TEST(Safetensors, PutsWiderElementsFirstAndOtherwiseKeepsTheOrder) {
  const testing::TemporaryDirectory folder;
  write_safetensors(folder / "a.safetensors", sample_entries());
  const SafetensorsFile file(folder / "a.safetensors");
  std::vector<std::string> names;
  for (const TensorEntry& entry : file.entries()) {
    names.push_back(entry.name);
  }
  EXPECT_EQ(names, (std::vector<std::string>{"scalar", "weight", "empty", "labels"}));
  EXPECT_EQ(file.header().size() % 8, 0U);
}

TEST(Safetensors, WritesTheSameBytesForTheSameInput) {
  const testing::TemporaryDirectory folder;
  const Metadata metadata = {{"b", "2"}, {"a", "1"}};
  write_safetensors(folder / "a.safetensors", sample_entries(), metadata);
  write_safetensors(folder / "b.safetensors", sample_entries(), metadata);
  EXPECT_EQ(read_file(folder / "a.safetensors"), read_file(folder / "b.safetensors"));
}

// The file that tests/io/checkpoint/open_in_python.py opens with the public package.
TEST(Safetensors, WritesTheBytesThatThePublicPackageOpened) {
  const testing::TemporaryDirectory folder;
  const Metadata metadata = {{"step", "12"}, {"note", "quote \" and \xC3\xA9"}};
  write_safetensors(folder / "a.safetensors", sample_entries(), metadata);
  EXPECT_EQ(read_file(folder / "a.safetensors"),
            read_file(YATES_GOLDEN_DIR "/checkpoint/sample.safetensors"));
}

TEST(Safetensors, HoldsNoTensorAtAll) {
  const testing::TemporaryDirectory folder;
  write_safetensors(folder / "a.safetensors", {});
  EXPECT_TRUE(SafetensorsFile(folder / "a.safetensors").entries().empty());
}

TEST(Safetensors, NamesAMissingFile) {
  for (const char* path : {"/nonexistent/w.safetensors", "/"}) {
    try {
      const SafetensorsFile file(path);
      FAIL() << path;
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ExitCode::InputMissing);
      EXPECT_NE(std::string(error.what()).find(path), std::string::npos);
    }
  }
}

TEST(Safetensors, RefusesTruncationAtEveryByte) {
  const testing::TemporaryDirectory folder;
  write_safetensors(folder / "a.safetensors", sample_entries(), {{"step", "12"}});
  const std::string whole = read_file(folder / "a.safetensors");
  EXPECT_EQ(refusal(whole), "");
  for (std::size_t size = 0; size < whole.size(); ++size) {
    EXPECT_NE(refusal(whole.substr(0, size)), "") << "cut at " << size;
  }
}

TEST(Safetensors, SurvivesEveryFlippedBitOfTheHeader) {
  const testing::TemporaryDirectory folder;
  write_safetensors(folder / "a.safetensors", sample_entries(), {{"step", "12"}});
  const std::string whole = read_file(folder / "a.safetensors");
  const std::size_t header = SafetensorsFile(folder / "a.safetensors").header().size();
  std::size_t refused = 0;
  for (std::size_t bit = 0; bit < header * 8; ++bit) {
    std::string damaged = whole;
    damaged[bit / 8] = static_cast<char>(damaged[bit / 8] ^ (1 << (bit % 8)));
    refused += refusal(damaged).empty() ? 0U : 1U;
  }
  // A flip inside a name, a text or the padding can give another valid header.
  EXPECT_GT(refused, header * 8 / 2);
}

TEST(Safetensors, RefusesImpossibleLengths) {
  expect_refused("", "header length");
  expect_refused(std::string(8, '\0'), "header length 0");
  expect_refused(std::string(8, '\xFF') + "{}", "header length 18446744073709551615");
  expect_refused(raw_file(std::string(kMaxHeaderBytes + 1, ' '), 0), "is impossible");
}

TEST(Safetensors, RefusesMalformedHeaders) {
  expect_refused(raw_file(" {}", 0), "does not begin with '{'");
  expect_refused(raw_file("[]", 0), "does not begin with '{'");
  expect_refused(raw_file("{\"a\":", 0), "not valid JSON");
  expect_refused(raw_file("{}x", 0), "not valid JSON");
  expect_refused(raw_file(std::string("{}\0", 3), 0), "holds a NUL");
  expect_refused(raw_file("{\"\xFF\":1}", 0), "not valid JSON");
  expect_refused(raw_file("{" + tensor("a", 1, 0, 4) + "," + tensor("a", 1, 0, 4) + "}", 4),
                 "'a' stands twice");
  expect_refused(
      raw_file(R"({"a":{"dtype":"F32","dtype":"F32","shape":[],"data_offsets":[0,4]}})", 4),
      "'dtype' stands twice");
  expect_refused(raw_file(R"({"__metadata__":{"a":1}})", 0), "metadata 'a' is not text");
  expect_refused(raw_file(R"({"__metadata__":["a"]})", 0), "metadata '0' is not text");
}

TEST(Safetensors, RefusesMalformedTensors) {
  const auto one = [](const std::string& body) { return raw_file("{\"t\":" + body + "}", 4); };
  expect_refused(one("3"), "tensor 't': unknown dtype");
  expect_refused(one(R"({"dtype":"F31","shape":[1],"data_offsets":[0,4]})"), "dtype 'F31'");
  expect_refused(one(R"({"dtype":"F32","shape":[-1],"data_offsets":[0,4]})"), "'t': shape");
  expect_refused(one(R"({"dtype":"F32","shape":[1.0],"data_offsets":[0,4]})"), "'t': shape");
  expect_refused(one(R"({"dtype":"F32","shape":{},"data_offsets":[0,4]})"), "'t': shape");
  expect_refused(one(R"({"dtype":"F32","data_offsets":[0,4]})"), "'t': shape");
  expect_refused(one(R"({"dtype":"F32","shape":[1],"data_offsets":[0]})"), "malformed entry");
  expect_refused(one(R"({"dtype":"F32","shape":[1],"data_offsets":[4,0]})"), "malformed entry");
  expect_refused(one(R"({"dtype":"F32","shape":[1],"data_offsets":[0,4],"x":1})"),
                 "malformed entry");
  expect_refused(one(R"({"dtype":"F32","shape":[2],"data_offsets":[0,4]})"),
                 "do not hold its shape");
  expect_refused(one(R"({"dtype":"F32","shape":[1],"data_offsets":[-4,0]})"), "'t': data_offsets");
}

TEST(Safetensors, RefusesShapesThatOverflow) {
  const std::string huge = R"({"t":{"dtype":"F32","shape":[4294967296,4294967296,4294967296],)"
                           R"("data_offsets":[0,0]}})";
  expect_refused(raw_file(huge, 0), "a shape whose size fits in 63 bits");
  const std::string wraps = R"({"t":{"dtype":"F32","shape":[4611686018427387905],)"
                            R"("data_offsets":[0,4]}})";
  expect_refused(raw_file(wraps, 4), "a shape whose size fits in 63 bits");
  const std::string beyond = R"({"t":{"dtype":"U8","shape":[18446744073709551615],)"
                             R"("data_offsets":[0,18446744073709551615]}})";
  expect_refused(raw_file(beyond, 4), "0 to 2^63 - 1");
}

TEST(Safetensors, RefusesHolesOverlapAndBytesOfNobody) {
  const auto two = [](const std::string& a, const std::string& b, std::size_t bytes) {
    return raw_file("{" + a + "," + b + "}", bytes);
  };
  EXPECT_EQ(refusal(two(tensor("b", 1, 4, 8), tensor("a", 1, 0, 4), 8)), "");
  expect_refused(two(tensor("a", 1, 0, 4), tensor("b", 1, 8, 12), 12), "'b' leaves a hole");
  expect_refused(two(tensor("a", 2, 0, 8), tensor("b", 1, 4, 8), 8), "'b' overlaps");
  expect_refused(two(tensor("a", 1, 0, 4), tensor("b", 1, 0, 4), 8), "'b' overlaps");
  expect_refused(raw_file("{" + tensor("a", 1, 4, 8) + "}", 8), "'a' leaves a hole");
  expect_refused(raw_file("{" + tensor("a", 1, 0, 4) + "}", 5), "1 bytes at the end");
  expect_refused(raw_file("{" + tensor("a", 2, 0, 8) + "}", 7), "ends inside tensor 'a'");
}

TEST(Safetensors, RefusesToWriteWhatItCouldNotRead) {
  const testing::TemporaryDirectory folder;
  const auto path = folder / "a.safetensors";
  const auto bytes = std::as_bytes(std::span(kFloats));
  const std::vector<std::vector<TensorEntry>> wrong = {
      {{"a", Dtype::F32, {5}, bytes}},
      {{"__metadata__", Dtype::F32, {6}, bytes}},
      {{"a", Dtype::F32, {6}, bytes}, {"a", Dtype::F32, {6}, bytes}}};
  for (const auto& entries : wrong) {
    EXPECT_THROW(write_safetensors(path, entries), Error);
  }
  EXPECT_FALSE(std::filesystem::exists(path));
}

}  // namespace
}  // namespace yates::io
