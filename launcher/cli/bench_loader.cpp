// SPDX-License-Identifier: Apache-2.0
// yates bench loader: random training crops per second, against the usual h5py recipe.
#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include "base/random.hpp"
#include "io/dataset/loader.hpp"
#include "io/dataset/training_set.hpp"
#include "io/shard/case_reader.hpp"
#include "io/shard/shard_file.hpp"
#include "launcher/cli/bench_data.hpp"
#include "launcher/cli/bench_peer.hpp"
#include "launcher/cli/benches.hpp"

namespace yates::cli {
namespace {

constexpr std::int64_t kChannels = 4;

/// Copies the stored counts of a box that lies in the volume: (4, d, h, w) int16.
void read_counts(const io::ShardFile& shard,
                 const io::CaseRecord& record,
                 const io::VoxelBox& box,
                 std::vector<std::int16_t>& out) {
  const auto [depth, height, width] = record.shape;
  const std::int64_t offset = shard.find(record.id).image.offset;
  const std::int64_t bytes = 2 * ((box.shape[1] - 1) * width + box.shape[2]);
  std::vector<std::byte> buffer;
  auto* to = reinterpret_cast<std::byte*>(out.data());
  for (std::int64_t c = 0; c < kChannels; ++c) {
    for (std::int64_t z = 0; z < box.shape[0]; ++z) {
      const std::int64_t slice = c * depth + box.corner[0] + z;
      const std::int64_t first = (slice * height + box.corner[1]) * width + box.corner[2];
      const std::byte* rows = shard.view(offset + 2 * first, bytes, buffer, record.id).data();
      for (std::int64_t y = 0; y < box.shape[1]; ++y) {
        to = std::copy_n(rows + 2 * y * width, 2 * box.shape[2], to);
      }
    }
  }
}

/// A box that lies wholly in its case; a side is shorter than the patch where the case is.
struct Crop {
  std::size_t case_index;
  io::VoxelBox box;
};

std::vector<Crop> draw_crops(const io::Manifest& manifest, std::int64_t patch, std::int64_t count) {
  RandomStream random(1, "bench.loader");
  std::vector<Crop> crops;
  for (std::int64_t i = 0; i < count; ++i) {
    Crop crop{.case_index = static_cast<std::size_t>(random.below(manifest.cases.size())),
              .box = {.corner = {}, .shape = {patch, patch, patch}}};
    for (std::size_t axis = 0; axis < 3; ++axis) {
      const std::int64_t room = manifest.cases[crop.case_index].shape[axis] - patch;
      crop.box.corner[axis] = random.integer(0, std::max<std::int64_t>(0, room));
      crop.box.shape[axis] = std::min(patch, manifest.cases[crop.case_index].shape[axis]);
    }
    crops.push_back(crop);
  }
  return crops;
}

/// Crops per second from the seconds of `count` crops; least time is most speed.
Spread rate(const Spread& seconds, std::int64_t count) {
  const auto crops = static_cast<double>(count);
  return {.median = crops / seconds.median,
          .min = crops / seconds.max,
          .max = crops / seconds.min,
          .n = seconds.n};
}

Spread measure_raw(const BenchDataSet& data,
                   const std::vector<Crop>& crops,
                   std::int64_t patch,
                   std::int64_t repeats) {
  std::vector<std::unique_ptr<io::ShardFile>> shards;
  for (const io::ShardRecord& record : data.manifest().shards) {
    shards.push_back(std::make_unique<io::ShardFile>(data.shards() / record.file, record.bytes));
  }
  std::vector<std::int16_t> counts(static_cast<std::size_t>(kChannels * patch * patch * patch));
  return measure_seconds(repeats, [&] {
    for (const Crop& crop : crops) {
      const io::CaseRecord& record = data.manifest().cases[crop.case_index];
      const auto shard = std::find_if(shards.begin(), shards.end(), [&](const auto& open) {
        return open->path().filename() == record.shard;
      });
      read_counts(**shard, record, crop.box, counts);
    }
  });
}

Spread measure_normalised(const BenchDataSet& data,
                          const std::vector<Crop>& crops,
                          std::int64_t patch,
                          std::int64_t repeats) {
  std::vector<std::string> ids;
  for (const io::CaseRecord& record : data.manifest().cases) {
    ids.push_back(record.id);
  }
  const auto readers = io::open_cases(data.shards(), data.manifest(), ids);
  const auto voxels = static_cast<std::size_t>(patch * patch * patch);
  std::vector<float> image(kChannels * voxels);
  std::vector<std::uint8_t> labels(voxels);
  return measure_seconds(repeats, [&] {
    for (const Crop& crop : crops) {
      const auto size = static_cast<std::size_t>(crop.box.voxels());
      readers[crop.case_index].read_image(crop.box, {image.data(), kChannels * size});
      readers[crop.case_index].read_labels(crop.box, {labels.data(), size});
    }
  });
}

/// The loader as training uses it, without augmentation.
Spread measure_prefetch(const BenchDataSet& data, const BenchSettings& settings) {
  io::DataOptions options;
  options.dir = data.shards().string();
  options.augment = "none";
  options.patch.fill(settings.count("patch"));
  std::vector<std::string> ids;
  for (const io::CaseRecord& record : data.manifest().cases) {
    ids.push_back(record.id);
  }
  const io::TrainingSet set(options, data.manifest(), ids, 1, 2);
  const std::int64_t steps = (settings.count("crops") + 1) / 2;
  return measure_seconds(settings.count("repeats"), [&] {
    io::Loader loader(
        {.first_step = 0, .end_step = steps, .slots = {0, 1}},
        [&](std::int64_t step, std::int64_t slot, io::Sample spare) {
          return set.make(step, slot, std::move(spare));
        },
        settings.count("threads"),
        options.queue);
    io::Sample sample;
    for (std::int64_t i = 0; i < loader.size(); ++i) {
      sample = loader.next(std::move(sample));
    }
  });
}

std::vector<BenchResult> run(const BenchSettings& settings) {
  const BenchDataSet data(settings.count("cases"));
  const std::int64_t patch = settings.count("patch");
  const std::int64_t count = settings.count("crops");
  const std::int64_t repeats = settings.count("repeats");
  const std::vector<Crop> crops = draw_crops(data.manifest(), patch, count);
  const auto peer = run_python_peer("h5py_loader.py",
                                    {{"shards", data.shards().string()},
                                     {"patch", patch},
                                     {"crops", std::min<std::int64_t>(count, 4)},
                                     {"repeats", std::min<std::int64_t>(repeats, 3)}},
                                    1);
  const std::string size = fmt::format("4 x {0} x {0} x {0}", patch);
  const auto result = [&](const std::string& name, const Spread& spread) {
    return BenchResult{.name = name,
                       .size = size,
                       .unit = "crops/s",
                       .ours = spread,
                       .peer = peer,
                       .higher_is_better = true};
  };
  return {result("loader raw int16", rate(measure_raw(data, crops, patch, repeats), count)),
          result("loader normalised + label",
                 rate(measure_normalised(data, crops, patch, repeats), count)),
          result("loader prefetched", rate(measure_prefetch(data, settings), (count + 1) / 2 * 2))};
}

}  // namespace

Bench bench_loader() {
  return {.name = "loader",
          .description =
              "random crops per second from a warm page cache, against h5py with "
              "chunks (1, 64, 64, 64), shuffle and gzip",
          .keys = {{"cases", "4", "phantom cases of full size"},
                   {"patch", "128", "side of a crop, voxels"},
                   {"crops", "64", "crops timed at once; the first few meet fresh memory"}},
          .run = run};
}

}  // namespace yates::cli
