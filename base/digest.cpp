// SPDX-License-Identifier: Apache-2.0
#include "base/digest.hpp"

#include <array>
#include <vector>

#include <fmt/format.h>
#include <openssl/evp.h>

#include "base/error.hpp"
#include "base/file.hpp"

namespace yates {

struct Sha256::State {
  EVP_MD_CTX* context = EVP_MD_CTX_new();
  ~State() { EVP_MD_CTX_free(context); }
  State() = default;
  State(const State&) = delete;
  State& operator=(const State&) = delete;
};

Sha256::Sha256() : state_(std::make_unique<State>()) {
  YATES_ASSERT(EVP_DigestInit_ex(state_->context, EVP_sha256(), nullptr) == 1, "SHA-256 init");
}

Sha256::~Sha256() = default;

void Sha256::update(std::span<const std::byte> bytes) {
  YATES_ASSERT(EVP_DigestUpdate(state_->context, bytes.data(), bytes.size()) == 1, "SHA-256");
}

std::string Sha256::finish() {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned size = 0;
  YATES_ASSERT(EVP_DigestFinal_ex(state_->context, digest.data(), &size) == 1, "SHA-256 final");
  std::string hex;
  for (unsigned i = 0; i < size; ++i) {
    hex += fmt::format("{:02x}", digest[i]);
  }
  return hex;
}

std::string sha256_hex(std::string_view content) {
  Sha256 digest;
  digest.update(std::as_bytes(std::span(content.data(), content.size())));
  return digest.finish();
}

std::string sha256_file(const std::filesystem::path& path) {
  const InputFile file(path);
  constexpr std::size_t kBlockBytes = std::size_t{1} << 20;
  std::vector<std::byte> block(kBlockBytes);
  Sha256 digest;
  std::int64_t offset = 0;
  std::size_t count = kBlockBytes;
  while (count == kBlockBytes) {
    count = file.read(offset, block);
    digest.update(std::span(block).first(count));
    offset += static_cast<std::int64_t>(count);
  }
  return digest.finish();
}

}  // namespace yates
