// SPDX-License-Identifier: Apache-2.0
// yates bench hd95: the three regions of a case against MedPy and DeepMind's surface-distance.
#include <cmath>
#include <cstdlib>
#include <ctime>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "base/error.hpp"
#include "io/image/image.hpp"
#include "launcher/cli/bench_peer.hpp"
#include "launcher/cli/benches.hpp"
#include "launcher/eval/label_set.hpp"
#include "launcher/eval/metrics_border.hpp"
#include "launcher/eval/metrics_case.hpp"
#include "launcher/eval/metrics_surface.hpp"

namespace yates::cli {
namespace {

namespace fs = std::filesystem;

/// Two label maps that differ by a shift: nested ellipsoids of edema, core and enhancing rim.
io::LabelMap synthetic_tumour(double radius_mm, double shift_mm) {
  io::LabelMap map;
  map.geometry.shape = {155, 240, 240};
  map.voxels.reserve(static_cast<std::size_t>(map.geometry.voxels()));
  for (int z = 0; z < 155; ++z) {
    for (int y = 0; y < 240; ++y) {
      for (int x = 0; x < 240; ++x) {
        const double dz = (z - 80.0) / 0.9;
        const double dy = (y - 130.0 - shift_mm) / 1.2;
        const double dx = x - 90.0 - shift_mm;
        const double ripple = 1.0 + 0.08 * std::sin(0.3 * x) * std::sin(0.25 * y + 0.2 * z);
        const double r = std::sqrt(dz * dz + dy * dy + dx * dx) * ripple / radius_mm;
        const int label = r < 0.35 ? 1 : r < 0.6 ? 3 : r < 1.0 ? 2 : 0;
        map.voxels.push_back(static_cast<std::uint8_t>(label));
      }
    }
  }
  return map;
}

/// A prediction and its reference, in memory and as files for the peers.
struct CasePair {
  io::LabelMap pred;
  io::LabelMap ref;
  fs::path pred_path;
  fs::path ref_path;
};

io::LabelMap read_map(const fs::path& path) {
  io::LabelMap map = io::read_label_map(path);
  std::vector<Problem> problems;
  (void)eval::convert_labels(eval::LabelSet::Brats2021, path.string(), map.voxels, problems);
  if (!problems.empty()) {
    throw Error(ExitCode::BadData, problems);
  }
  return map;
}

/// Folder that is removed with its files.
class Scratch {
 public:
  Scratch() {
    std::string pattern = (fs::temp_directory_path() / "yates-bench-XXXXXX").string();
    const char* made = ::mkdtemp(pattern.data());
    YATES_ASSERT(made != nullptr, "no temporary folder");
    path_ = made;
  }
  ~Scratch() {
    std::error_code ignored;
    fs::remove_all(path_, ignored);
  }
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;
  [[nodiscard]] const fs::path& path() const { return path_; }

 private:
  fs::path path_;
};

CasePair make_pair(const BenchSettings& settings, const Scratch& scratch) {
  CasePair pair;
  const bool given = settings.text("pred") != "synthetic";
  if (given) {
    pair.pred = read_map(settings.text("pred"));
    pair.ref = read_map(settings.text("ref"));
  } else {
    const auto radius = static_cast<double>(settings.count("radius"));
    pair.pred = synthetic_tumour(radius, 1.0);
    pair.ref = synthetic_tumour(radius, 0.0);
  }
  pair.pred_path = scratch.path() / "pred.nii.gz";
  pair.ref_path = scratch.path() / "ref.nii.gz";
  io::write_label_map(pair.pred_path, pair.pred);
  io::write_label_map(pair.ref_path, pair.ref);
  return pair;
}

/// Processor seconds of `repeats` calls after one that is not counted. The work is single-threaded,
/// so that this is what an idle core would need, also where other jobs share it.
Spread measure_cpu_seconds(std::int64_t repeats, const std::function<void()>& work) {
  work();
  std::vector<double> seconds;
  for (std::int64_t i = 0; i < repeats; ++i) {
    const std::clock_t start = std::clock();
    work();
    seconds.push_back(static_cast<double>(std::clock() - start) / CLOCKS_PER_SEC);
  }
  return spread_of(seconds);
}

/// HD95 of the three regions by one definition, from the label maps on.
template <typename Hd95>
double three_regions(const CasePair& pair, const Hd95& hd95) {
  const kernels::Shape3& shape = pair.ref.geometry.shape;
  const eval::CaseOverlap overlap =
      eval::count_overlap(pair.pred.voxels.data(), pair.ref.voxels.data(), shape);
  double sum = 0.0;
  for (const eval::Region region : eval::kRegions) {
    const eval::MaskPair masks = eval::region_masks(
        pair.pred.voxels.data(), pair.ref.voxels.data(), shape, overlap.box, region);
    if (!overlap.regions[static_cast<std::size_t>(region)].any_empty()) {
      sum += hd95(eval::cropped(masks, 0));
    }
  }
  return sum;
}

BenchResult measure(const BenchSettings& settings,
                    const CasePair& pair,
                    const std::string& name,
                    const std::string& script,
                    const std::function<void()>& work) {
  const Json arguments = {{"pred", pair.pred_path.string()},
                          {"ref", pair.ref_path.string()},
                          {"repeats", std::min<std::int64_t>(settings.count("repeats"), 5)}};
  const auto& shape = pair.ref.geometry.shape;
  BenchResult result{.name = name,
                     .size = fmt::format("3 regions {}x{}x{}", shape[2], shape[1], shape[0]),
                     .unit = "processor s",
                     .ours = measure_cpu_seconds(settings.count("repeats"), work),
                     .peer = std::nullopt};
  if (!script.empty()) {
    result.peer = run_python_peer(script, arguments, 1);
  }
  return result;
}

std::vector<BenchResult> run(const BenchSettings& settings) {
  const Scratch scratch;
  const CasePair pair = make_pair(settings, scratch);
  const auto medpy = [&] {
    (void)three_regions(pair, [](const eval::MaskPair& masks) {
      return eval::hd95_medpy(eval::border_distances(masks, {1, 1, 1}));
    });
  };
  const auto surface = [&] {
    (void)three_regions(pair, [](const eval::MaskPair& masks) {
      return eval::hd95_surface(eval::surface_distances(masks, {1, 1, 1}));
    });
  };
  const auto everything = [&] {
    (void)eval::measure_case(pair.pred.voxels.data(),
                             pair.ref.voxels.data(),
                             pair.ref.geometry.shape,
                             {1, 1, 1},
                             eval::kConventions);
  };
  const auto lesions = [&] {
    const std::vector<eval::Convention> one = {eval::Convention::Lesionwise2023};
    (void)eval::measure_case(
        pair.pred.voxels.data(), pair.ref.voxels.data(), pair.ref.geometry.shape, {1, 1, 1}, one);
  };
  return {measure(settings, pair, "hd95 pooled", "hd95_medpy.py", medpy),
          measure(settings, pair, "hd95 area-weighted", "hd95_surface_distance.py", surface),
          measure(settings, pair, "lesion-wise", "", lesions),
          measure(settings, pair, "all metrics, 5 conventions", "", everything)};
}

}  // namespace

Bench bench_hd95() {
  return {.name = "hd95",
          .description =
              "HD95 of three regions of a case, one core, against MedPy and DeepMind's "
              "surface-distance",
          .keys = {{"radius", "30", "radius of the synthetic tumour, mm"},
                   {"pred", "synthetic", "label map to measure instead; give ref too"},
                   {"ref", "synthetic", "its reference"}},
          .run = run};
}

}  // namespace yates::cli
