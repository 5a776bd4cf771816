// SPDX-License-Identifier: Apache-2.0
#include "io/shard/equal_images.hpp"

#include <map>
#include <optional>
#include <tuple>
#include <utility>

#include <fmt/format.h>

#include "base/text.hpp"
#include "io/shard/modality.hpp"

namespace yates::io {
namespace {

constexpr std::size_t kChannels = kModalityNames.size();

/// What equal images have in common; different ones practically never.
using Content = std::tuple<std::array<std::int64_t, 3>, double, double, std::uint32_t>;

Content content_of(const CaseRecord& record, std::size_t channel) {
  return {record.shape, record.mean[channel], record.sd[channel], record.crc32c.modality[channel]};
}

std::optional<EqualImages> within(const CaseRecord& record) {
  EqualImages found{.first = record.id, .second = record.id, .modalities = {}};
  for (std::size_t i = 0; i < kChannels; ++i) {
    for (std::size_t j = 0; j < kChannels; ++j) {
      if (i != j && record.sd[i] > 0 && content_of(record, i) == content_of(record, j)) {
        found.modalities.emplace_back(kModalityNames[i]);
        break;
      }
    }
  }
  return found.modalities.empty() ? std::nullopt : std::optional(std::move(found));
}

}  // namespace

std::string EqualImages::text() const {
  if (first == second) {
    return fmt::format("case {}: {} are the same image", first, join(modalities, " and "));
  }
  return whole() ? fmt::format("cases {} and {} have the same images", first, second)
                 : fmt::format("cases {} and {} share {}", first, second, join(modalities, ", "));
}

std::vector<EqualImages> find_equal_images(const Manifest& manifest) {
  std::array<std::map<Content, const CaseRecord*>, kChannels> seen;
  std::vector<EqualImages> all;
  for (const CaseRecord& record : manifest.cases) {
    if (auto found = within(record)) {
      all.push_back(std::move(*found));
    }
    std::map<std::string, EqualImages> pairs;
    for (std::size_t channel = 0; channel < kChannels; ++channel) {
      if (!(record.sd[channel] > 0)) {
        continue;
      }
      const auto [place, fresh] = seen[channel].emplace(content_of(record, channel), &record);
      if (!fresh) {
        const CaseRecord& other = *place->second;
        EqualImages& pair = pairs[other.id];
        pair.first = other.id;
        pair.second = record.id;
        pair.other_patient = other.patient != record.patient;
        pair.modalities.emplace_back(kModalityNames[channel]);
      }
    }
    for (auto& [id, pair] : pairs) {
      all.push_back(std::move(pair));
    }
  }
  return all;
}

}  // namespace yates::io
