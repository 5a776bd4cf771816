// SPDX-License-Identifier: Apache-2.0
#include "launcher/train/event_file.hpp"

#include <array>
#include <bit>
#include <cmath>
#include <cstdint>
#include <span>
#include <vector>

#include "base/digest.hpp"
#include "base/file.hpp"
#include "base/json.hpp"
#include "base/text.hpp"

namespace yates::train {
namespace {

// Tags of protocol buffers: field number * 8 + wire type.
constexpr char kEventWallTime = 0x09;
constexpr char kEventStep = 0x10;
constexpr char kEventFileVersion = 0x1A;
constexpr char kEventSummary = 0x2A;
constexpr char kSummaryValue = 0x0A;
constexpr char kValueTag = 0x0A;
constexpr char kValueSimple = 0x15;

/// Little-endian bytes of a number.
template <typename T>
std::string bytes_of(T value) {
  const auto bytes = std::bit_cast<std::array<char, sizeof(T)>>(value);
  return {bytes.begin(), bytes.end()};
}

std::string varint(std::uint64_t value) {
  std::string text;
  for (; value >= 0x80; value >>= 7) {
    text += static_cast<char>(value | 0x80);
  }
  return text + static_cast<char>(value);
}

std::string field(char tag, const std::string& content) {
  return tag + varint(content.size()) + content;
}

std::string masked_crc(const std::string& bytes) {
  const std::uint32_t crc = crc32c(std::as_bytes(std::span(bytes)));
  return bytes_of(std::rotr(crc, 15) + 0xA282EAD8U);
}

std::string record(const std::string& event) {
  const std::string length = bytes_of(std::uint64_t{event.size()});
  return length + masked_crc(length) + event + masked_crc(event);
}

/// Appends the scalars in `json` to a summary.
void add_scalars(const Json& json, const std::string& name, std::string& summary) {
  if (json.is_object()) {
    for (const auto& [key, value] : json.items()) {
      if (!name.empty() || key != "step") {
        add_scalars(value, name.empty() ? key : name + "/" + key, summary);
      }
    }
    return;
  }
  const auto value = static_cast<float>(json.is_number() ? json.get<double>() : std::nan(""));
  if (std::isfinite(value)) {
    summary += field(kSummaryValue, field(kValueTag, name) + kValueSimple + bytes_of(value));
  }
}

}  // namespace

std::string event_file(std::string_view metrics) {
  double wall_s = 0;
  const auto time = [&] { return kEventWallTime + bytes_of(wall_s); };
  std::string file = record(time() + field(kEventFileVersion, "brain.Event:2"));
  for (const std::string& text : split(std::string(metrics), '\n')) {
    const Json line = Json::parse(text, nullptr, false);
    if (!line.is_object() || !line.contains("step") || !line["step"].is_number_integer()) {
      continue;
    }
    if (line.contains("step_s") && line["step_s"].is_number()) {
      wall_s += line["step_s"].get<double>();
    }
    std::string summary;
    add_scalars(line, "", summary);
    file += record(time() + kEventStep + varint(line["step"].get<std::uint64_t>()) +
                   field(kEventSummary, summary));
  }
  return file;
}

void write_event_file(const std::filesystem::path& metrics,
                      const std::filesystem::path& directory) {
  make_directories(directory);
  write_file_atomic(directory / "events.out.tfevents.0.yates", event_file(read_file(metrics)));
}

}  // namespace yates::train
