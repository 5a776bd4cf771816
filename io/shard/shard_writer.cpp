// SPDX-License-Identifier: Apache-2.0
#include "io/shard/shard_writer.hpp"

#include <utility>

#include "base/digest.hpp"
#include "base/error.hpp"
#include "io/shard/case_reader.hpp"
#include "io/shard/modality.hpp"
#include "io/shard/shard_layout.hpp"

namespace yates::io {
namespace {

std::vector<std::int64_t> flat_crop(const CaseRecord& record) {
  std::vector<std::int64_t> flat;
  for (const auto& [low, high] : record.crop) {
    flat.push_back(low);
    flat.push_back(high);
  }
  return flat;
}

std::vector<std::int64_t> flat_checksums(const CaseChecksums& sums) {
  std::vector<std::int64_t> flat(sums.modality.begin(), sums.modality.end());
  flat.push_back(sums.labels);
  return flat;
}

void write_attributes(Hdf5File& file, const CaseRecord& record) {
  file.write_attribute(record.id, shard::kMean, std::span<const double>(record.mean));
  file.write_attribute(record.id, shard::kSd, std::span<const double>(record.sd));
  file.write_attribute(record.id, shard::kSpacing, std::span<const double>(record.spacing_mm));
  file.write_attribute(record.id, shard::kOrigin, std::span<const double>(record.origin));
  file.write_attribute(record.id, shard::kDirection, std::span<const double>(record.direction));
  file.write_attribute(
      record.id, shard::kSourceShape, std::span<const std::int64_t>(record.source_shape));
  file.write_attribute(record.id, shard::kCrop, std::span<const std::int64_t>(flat_crop(record)));
  file.write_attribute(
      record.id, shard::kCrc32c, std::span<const std::int64_t>(flat_checksums(record.crc32c)));
}

}  // namespace

ShardWriter::ShardWriter(std::filesystem::path dir, std::string file)
    : dir_(std::move(dir)),
      file_(std::move(file)),
      target_(dir_ / file_),
      hdf5_(Hdf5File::create(target_.temporary_path())) {
  const std::int64_t schema[] = {kDataSchema};
  hdf5_.write_attribute(shard::kRoot, shard::kSchema, std::span<const std::int64_t>(schema));
  std::string names;
  for (const char* name : kModalityNames) {
    names += (names.empty() ? "" : ",") + std::string(name);
  }
  hdf5_.write_attribute(shard::kRoot, shard::kModalities, names);
}

void ShardWriter::add(CaseRecord& record,
                      std::span<const std::byte> image,
                      std::span<const std::uint8_t> labels) {
  const std::size_t channels = kModalityNames.size();
  YATES_ASSERT(image.size() % channels == 0, "{} bytes", image.size());
  const std::size_t channel_bytes = image.size() / channels;
  for (std::size_t channel = 0; channel < channels; ++channel) {
    record.crc32c.modality[channel] = crc32c(image.subspan(channel * channel_bytes, channel_bytes));
  }
  record.crc32c.labels = crc32c(std::as_bytes(labels));
  record.shard = file_;
  const auto [depth, height, width] = record.shape;
  const std::int64_t image_shape[] = {static_cast<std::int64_t>(channels), depth, height, width};
  const ElementType type =
      record.storage == Storage::Int16 ? ElementType::Int16 : ElementType::Float32;
  hdf5_.create_group(record.id);
  hdf5_.write_dataset(shard::image_path(record.id), type, image_shape, image);
  hdf5_.write_dataset(
      shard::labels_path(record.id), ElementType::UInt8, record.shape, std::as_bytes(labels));
  write_attributes(hdf5_, record);
  records_.push_back(record);
}

ShardRecord ShardWriter::publish() {
  hdf5_.close();
  const std::filesystem::path& written = target_.temporary_path();
  ShardRecord shard{.file = file_,
                    .bytes = static_cast<std::int64_t>(std::filesystem::file_size(written)),
                    .sha256 = sha256_file(written)};
  try {
    const auto readable = std::make_shared<const ShardFile>(written, shard.bytes);
    for (const CaseRecord& record : records_) {
      CaseReader(readable, record).verify();
    }
  } catch (const Error& error) {
    throw Error(ExitCode::Io,
                Problem{.what = std::string("what was written does not read back: ") + error.what(),
                        .where = (dir_ / file_).string(),
                        .allowed = "",
                        .fix = "check the disk, then run the import again"});
  }
  target_.commit();
  return shard;
}

}  // namespace yates::io
