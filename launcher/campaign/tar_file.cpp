// SPDX-License-Identifier: Apache-2.0
#include "launcher/campaign/tar_file.hpp"

#include <algorithm>
#include <array>
#include <cstdio>
#include <numeric>
#include <utility>

#include "base/error.hpp"

namespace yates::campaign {
namespace {

constexpr std::size_t kBlock = 512;
constexpr std::size_t kNameBytes = 100;
constexpr std::size_t kPrefixBytes = 155;

using Header = std::array<char, kBlock>;

void put(Header& header, std::size_t offset, std::string_view text) {
  std::copy(text.begin(), text.end(), header.begin() + static_cast<std::ptrdiff_t>(offset));
}

/// Octal digits and a NUL in a field of `size` bytes.
void put_octal(Header& header, std::size_t offset, std::size_t size, std::uint64_t value) {
  std::array<char, 32> text{};
  std::snprintf(text.data(),
                text.size(),
                "%0*llo",
                static_cast<int>(size - 1),
                static_cast<unsigned long long>(value));
  put(header, offset, text.data());
}

/// Prefix and name as ustar holds them.
std::pair<std::string, std::string> cut(const std::string& name) {
  if (name.size() <= kNameBytes) {
    return {"", name};
  }
  for (std::size_t slash = name.rfind('/'); slash != std::string::npos && slash > 0;
       slash = name.rfind('/', slash - 1)) {
    if (name.size() - slash - 1 > kNameBytes) {
      break;
    }
    if (slash <= kPrefixBytes) {
      return {name.substr(0, slash), name.substr(slash + 1)};
    }
  }
  throw Error(ExitCode::BadData,
              Problem{.what = "a name too long for a tar archive",
                      .where = name,
                      .allowed = "155 bytes of folders, '/', 100 bytes",
                      .fix = ""});
}

}  // namespace

void TarFile::add(const std::string& name, std::string_view content, bool executable) {
  const auto [prefix, last] = cut(name);
  Header header{};
  put(header, 0, last);
  put_octal(header, 100, 8, executable ? 0755 : 0644);
  put_octal(header, 108, 8, 0);
  put_octal(header, 116, 8, 0);
  put_octal(header, 124, 12, content.size());
  put_octal(header, 136, 12, 0);
  put(header, 148, "        ");  // The checksum counts its own field as blanks.
  header[156] = '0';
  put(header,
      257,
      std::string_view("ustar\0"
                       "00",
                       8));
  put(header, 345, prefix);
  const unsigned sum =
      std::accumulate(header.begin(), header.end(), 0U, [](unsigned total, char c) {
        return total + static_cast<unsigned char>(c);
      });
  put_octal(header, 148, 7, sum);
  file_.write(std::string_view(header.data(), header.size()));
  file_.write(content);
  file_.write(std::string((kBlock - content.size() % kBlock) % kBlock, '\0'));
}

void TarFile::commit() {
  file_.write(std::string(2 * kBlock, '\0'));
  file_.commit();
}

}  // namespace yates::campaign
