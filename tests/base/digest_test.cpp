// SPDX-License-Identifier: Apache-2.0
#include "base/digest.hpp"

#include <string>

#include <gtest/gtest.h>

namespace yates {
namespace {

std::span<const std::byte> bytes(const std::string& text) {
  return std::as_bytes(std::span(text.data(), text.size()));
}

// RFC 3720, appendix B.4, and the customary check value of "123456789".
TEST(Crc32c, MatchesThePublishedValues) {
  EXPECT_EQ(crc32c(bytes("123456789")), 0xE3069283U);
  EXPECT_EQ(crc32c(bytes(std::string(32, '\0'))), 0x8A9136AAU);
  EXPECT_EQ(crc32c(bytes(std::string(32, '\xff'))), 0x62A8AB43U);
}

TEST(Crc32c, ContinuesOverPieces) {
  EXPECT_EQ(crc32c(bytes("56789"), crc32c(bytes("1234"))), crc32c(bytes("123456789")));
}

TEST(Crc32c, InstructionEqualsTableAtAwkwardLengths) {
  std::string text;
  for (int length = 0; length < 70; ++length) {
    EXPECT_EQ(crc32c(bytes(text)), crc32c_reference(bytes(text))) << length;
    text += static_cast<char>(37 * length + 11);
  }
}

// FIPS 180-4 examples.
TEST(Sha256, MatchesThePublishedValues) {
  EXPECT_EQ(sha256_hex("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(sha256_hex(""), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
}

}  // namespace
}  // namespace yates
