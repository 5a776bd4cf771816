// SPDX-License-Identifier: Apache-2.0
#include "io/shard/case_reader.hpp"

#include <algorithm>
#include <atomic>
#include <cstring>
#include <mutex>
#include <utility>

#include <fmt/format.h>

#include "base/digest.hpp"
#include "base/error.hpp"
#include "io/shard/modality.hpp"

namespace yates::io {
namespace {

constexpr std::size_t kChannels = kModalityNames.size();
constexpr std::size_t kLabelsPart = kChannels;  // Parts of a case: its modalities, then its labels.
constexpr double kLeastSd = 1e-8;

struct Span {
  std::int64_t low = 0;
  std::int64_t high = 0;  // Excluded.
};

/// The part of the box that lies in the volume, in box coordinates; empty if low >= high.
std::array<Span, 3> inside(const VoxelBox& box, const std::array<std::int64_t, 3>& volume) {
  std::array<Span, 3> result{};
  for (std::size_t axis = 0; axis < 3; ++axis) {
    result[axis].low = std::max<std::int64_t>(0, -box.corner[axis]);
    result[axis].high = std::min(box.shape[axis], volume[axis] - box.corner[axis]);
  }
  return result;
}

bool any_empty(const std::array<Span, 3>& part) {
  return std::any_of(part.begin(), part.end(), [](const Span& s) { return s.low >= s.high; });
}

/// Sets everything of `out`, of the shape of a box, that lies outside `part` to Out{}.
template <typename Out>
void clear_outside(const std::array<Span, 3>& part,
                   const std::array<std::int64_t, 3>& shape,
                   std::span<Out> out) {
  const auto clear = [&](std::int64_t first, std::int64_t last) {
    std::fill(out.begin() + first, out.begin() + last, Out{});
  };
  const std::int64_t slice = shape[1] * shape[2];
  clear(0, part[0].low * slice);
  clear(part[0].high * slice, shape[0] * slice);
  for (std::int64_t z = part[0].low; z < part[0].high; ++z) {
    const std::int64_t first = z * slice;
    clear(first, first + part[1].low * shape[2]);
    clear(first + part[1].high * shape[2], first + slice);
    for (std::int64_t y = part[1].low; y < part[1].high; ++y) {
      const std::int64_t row = first + y * shape[2];
      clear(row, row + part[2].low);
      clear(row + part[2].high, row + shape[2]);
    }
  }
}

/// Copies the box out of a (D, H, W) volume of T that starts at byte `start` of the shard. Elements
/// outside the volume become Out{}. Takes the rows of one slice at once: fewer, longer reads.
template <typename T, typename Out, typename Convert>
void copy_box(const ShardFile& shard,
              std::int64_t start,
              const std::array<std::int64_t, 3>& volume,
              const VoxelBox& box,
              const std::string& what,
              std::span<Out> out,
              Convert convert) {
  const std::array<Span, 3> part = inside(box, volume);
  if (any_empty(part)) {
    std::fill(out.begin(), out.end(), Out{});
    return;
  }
  clear_outside(part, box.shape, out);
  const std::int64_t rows = part[1].high - part[1].low;
  const std::int64_t columns = part[2].high - part[2].low;
  constexpr auto kBytes = static_cast<std::int64_t>(sizeof(T));
  const std::int64_t span_bytes = ((rows - 1) * volume[2] + columns) * kBytes;
  std::vector<std::byte> buffer;
  for (std::int64_t z = part[0].low; z < part[0].high; ++z) {
    const std::int64_t first =
        ((box.corner[0] + z) * volume[1] + box.corner[1] + part[1].low) * volume[2] +
        box.corner[2] + part[2].low;
    const std::byte* slice = shard.view(start + first * kBytes, span_bytes, buffer, what).data();
    for (std::int64_t y = 0; y < rows; ++y) {
      const std::byte* from = slice + y * volume[2] * kBytes;
      Out* to = out.data() + (z * box.shape[1] + part[1].low + y) * box.shape[2] + part[2].low;
      for (std::int64_t x = 0; x < columns; ++x) {
        T value;  // Small datasets need not be aligned in the shard.
        std::memcpy(&value, from + x * kBytes, sizeof value);
        to[x] = convert(value);
      }
    }
  }
}

}  // namespace

struct CaseReader::Checked {
  std::mutex mutex;
  std::array<std::atomic<bool>, kChannels + 1> done{};
};

CaseReader::CaseReader(std::shared_ptr<const ShardFile> shard, CaseRecord record)
    : shard_(std::move(shard)),
      record_(std::move(record)),
      stored_(&shard_->find(record_.id)),
      checked_(std::make_unique<Checked>()) {
  check_against_shard();
}

CaseReader::CaseReader(const std::filesystem::path& dir,
                       const Manifest& manifest,
                       const std::string& id)
    : CaseReader(std::move(open_cases(dir, manifest, std::span(&id, 1)).front())) {}

CaseReader::CaseReader(CaseReader&&) noexcept = default;
CaseReader& CaseReader::operator=(CaseReader&&) noexcept = default;
CaseReader::~CaseReader() = default;

void CaseReader::check_against_shard() const {
  const auto [depth, height, width] = record_.shape;
  const std::vector<std::int64_t> labels_shape = {depth, height, width};
  const std::vector<std::int64_t> image_shape = {kChannels, depth, height, width};
  const ElementType type =
      record_.storage == Storage::Int16 ? ElementType::Int16 : ElementType::Float32;
  std::vector<std::int64_t> sums(record_.crc32c.modality.begin(), record_.crc32c.modality.end());
  sums.push_back(record_.crc32c.labels);
  const std::pair<const char*, bool> checks[] = {
      {"the shape", stored_->image.shape == image_shape && stored_->labels.shape == labels_shape},
      {"the storage type",
       stored_->image.type == type && stored_->labels.type == ElementType::UInt8},
      {"the mean", std::ranges::equal(stored_->mean, record_.mean)},
      {"the sd", std::ranges::equal(stored_->sd, record_.sd)},
      {"a checksum", stored_->crc32c == sums}};
  for (const auto& [name, equal] : checks) {
    if (!equal) {
      throw Error(ExitCode::BadData,
                  Problem{.what = fmt::format(
                              "case {}: {} in the shard is not the manifest's", record_.id, name),
                          .where = shard_->path().string(),
                          .allowed = "",
                          .fix = "manifest and shards must come from one import: import again"});
    }
  }
}

Geometry CaseReader::source_geometry() const {
  return {.shape = record_.source_shape,
          .spacing_mm = record_.spacing_mm,
          .origin = record_.origin,
          .direction = record_.direction};
}

std::string CaseReader::part_name(std::size_t part) const {
  return fmt::format(
      "case {}, {}", record_.id, part == kLabelsPart ? "labels" : kModalityNames[part]);
}

void CaseReader::check_once(std::size_t part) const {
  if (checked_->done[part].load(std::memory_order_acquire)) {
    return;
  }
  const std::lock_guard lock(checked_->mutex);
  if (checked_->done[part].load(std::memory_order_relaxed)) {
    return;
  }
  const bool labels = part == kLabelsPart;
  const DatasetPlace& place = labels ? stored_->labels : stored_->image;
  const std::int64_t bytes = record_.voxels() * element_bytes(place.type);
  const std::int64_t start = place.offset + (labels ? 0 : static_cast<std::int64_t>(part) * bytes);
  constexpr std::int64_t kBlock = std::int64_t{1} << 20;
  std::vector<std::byte> block(static_cast<std::size_t>(std::min(bytes, kBlock)));
  std::uint32_t sum = 0;
  for (std::int64_t done = 0; done < bytes; done += kBlock) {
    const auto size = static_cast<std::size_t>(std::min(kBlock, bytes - done));
    shard_->read(start + done, std::span(block).first(size), part_name(part));
    sum = crc32c(std::span(block).first(size), sum);
  }
  const std::uint32_t expected = labels ? record_.crc32c.labels : record_.crc32c.modality[part];
  if (sum != expected) {
    throw Error(ExitCode::BadData,
                Problem{.what = fmt::format("{}: the checksum of bytes {} to {} is {:08x}, the "
                                            "manifest says {:08x}",
                                            part_name(part),
                                            start,
                                            start + bytes,
                                            sum,
                                            expected),
                        .where = shard_->path().string(),
                        .allowed = "",
                        .fix = "copy the shard again, or import the data again"});
  }
  checked_->done[part].store(true, std::memory_order_release);
}

void CaseReader::read_image(const VoxelBox& box, std::span<float> out) const {
  const auto voxels = static_cast<std::size_t>(box.voxels());
  YATES_ASSERT(out.size() == kChannels * voxels, "{} elements for {}", out.size(), voxels);
  const std::int64_t bytes = record_.voxels() * element_bytes(stored_->image.type);
  for (std::size_t channel = 0; channel < kChannels; ++channel) {
    check_once(channel);
    const auto mean = static_cast<float>(record_.mean[channel]);
    const auto sd = static_cast<float>(std::max(record_.sd[channel], kLeastSd));
    const auto normalise = [mean, sd](auto value) {
      return (static_cast<float>(value) - mean) / sd;
    };
    const std::int64_t start = stored_->image.offset + static_cast<std::int64_t>(channel) * bytes;
    const std::span<float> target = out.subspan(channel * voxels, voxels);
    const std::string what = part_name(channel);
    if (record_.storage == Storage::Int16) {
      copy_box<std::int16_t>(*shard_, start, record_.shape, box, what, target, normalise);
    } else {
      copy_box<float>(*shard_, start, record_.shape, box, what, target, normalise);
    }
  }
}

std::vector<float> CaseReader::read_image(const VoxelBox& box) const {
  std::vector<float> out(kChannels * static_cast<std::size_t>(box.voxels()));
  read_image(box, out);
  return out;
}

void CaseReader::read_labels(const VoxelBox& box, std::span<std::uint8_t> out) const {
  YATES_ASSERT(static_cast<std::int64_t>(out.size()) == box.voxels(), "{} elements", out.size());
  check_once(kLabelsPart);
  copy_box<std::uint8_t>(*shard_,
                         stored_->labels.offset,
                         record_.shape,
                         box,
                         part_name(kLabelsPart),
                         out,
                         [](std::uint8_t value) { return value; });
}

std::vector<std::uint8_t> CaseReader::read_labels(const VoxelBox& box) const {
  std::vector<std::uint8_t> out(static_cast<std::size_t>(box.voxels()));
  read_labels(box, out);
  return out;
}

std::vector<float> CaseReader::read_modality(std::size_t channel) const {
  YATES_ASSERT(channel < kChannels, "channel {}", channel);
  check_once(channel);
  std::vector<float> out(static_cast<std::size_t>(record_.voxels()));
  const std::int64_t bytes = record_.voxels() * element_bytes(stored_->image.type);
  const std::int64_t start = stored_->image.offset + static_cast<std::int64_t>(channel) * bytes;
  const auto convert = [](auto value) { return static_cast<float>(value); };
  const std::string what = part_name(channel);
  if (record_.storage == Storage::Int16) {
    copy_box<std::int16_t>(*shard_, start, record_.shape, whole(), what, std::span(out), convert);
  } else {
    copy_box<float>(*shard_, start, record_.shape, whole(), what, std::span(out), convert);
  }
  return out;
}

void CaseReader::verify() const {
  for (std::size_t part = 0; part <= kLabelsPart; ++part) {
    check_once(part);
  }
}

std::vector<CaseReader> open_cases(const std::filesystem::path& dir,
                                   const Manifest& manifest,
                                   std::span<const std::string> ids) {
  std::map<std::string, std::shared_ptr<const ShardFile>> open;
  std::map<std::string, std::int64_t> sizes;
  for (const ShardRecord& shard : manifest.shards) {
    sizes.emplace(shard.file, shard.bytes);
  }
  std::vector<CaseReader> readers;
  readers.reserve(ids.size());
  for (const std::string& id : ids) {
    const CaseRecord& record = manifest.at(id);
    std::shared_ptr<const ShardFile>& shard = open[record.shard];
    if (shard == nullptr) {
      shard = std::make_shared<const ShardFile>(dir / record.shard, sizes.at(record.shard));
    }
    readers.emplace_back(shard, record);
  }
  return readers;
}

}  // namespace yates::io
