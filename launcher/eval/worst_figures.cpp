// SPDX-License-Identifier: Apache-2.0
#include "launcher/eval/worst_figures.hpp"

#include <fmt/format.h>

#include "base/file.hpp"
#include "base/log.hpp"
#include "io/image/image.hpp"
#include "launcher/eval/cases_table.hpp"
#include "launcher/eval/error_figure.hpp"
#include "launcher/eval/summary.hpp"

namespace yates::eval {
namespace {

namespace fs = std::filesystem;

io::LabelMap read_converted(const fs::path& path, LabelSet set) {
  io::LabelMap map = io::read_label_map(path);
  std::vector<Problem> problems;
  (void)convert_labels(set, path.string(), map.voxels, problems);
  if (!problems.empty()) {
    throw Error(ExitCode::BadData, problems);
  }
  return map;
}

/// The voxels of the case's T1c; none if it is not found or lies on another grid.
std::vector<float> background_of(const CaseResult& result,
                                 const fs::path& images,
                                 const io::Geometry& grid) {
  const std::string name = result.case_id + "-t1c.nii.gz";
  for (const fs::path& path :
       {result.reference.parent_path() / name, images / name, images / result.case_id / name}) {
    if (!fs::exists(path)) {
      continue;
    }
    io::Image image = io::read_image(path);
    if (io::same_grid(image.geometry, grid)) {
      return std::move(image.voxels);
    }
    log_warning("{} lies on another grid than the reference; the figure stays black",
                path.string());
  }
  return {};
}

std::string title_of(const CaseResult& result, Convention convention) {
  const auto index = static_cast<std::size_t>(convention);
  std::string title = result.case_id + " (" + convention_name(convention) + ")";
  for (const Region region : kRegions) {
    const Score& score = result.metrics.regions[static_cast<std::size_t>(region)].scores[index];
    title += fmt::format(
        "; {}: Dice {:.3f}, HD95 {:.1f} mm", region_name(region), score.dice, score.hd95_mm);
  }
  return title;
}

}  // namespace

std::vector<fs::path> write_worst_figures(const Evaluation& evaluation,
                                          const EvaluationRequest& request,
                                          const fs::path& images,
                                          const fs::path& dir) {
  make_directories(dir);
  std::vector<fs::path> files;
  const ConventionSummary summary = summarise(evaluation).front();
  for (const std::string& case_id : summary.lowest_dice_cases) {
    for (const CaseResult& result : evaluation.cases) {
      if (result.case_id != case_id) {
        continue;
      }
      const io::LabelMap pred =
          read_converted(result.prediction, request.prediction_labels.value_or(request.labels));
      const io::LabelMap ref = read_converted(result.reference, request.labels);
      const std::vector<float> background = background_of(result, images, ref.geometry);
      files.push_back(dir / (case_id + ".svg"));
      write_file_atomic(
          files.back(),
          error_figure_svg(title_of(result, summary.convention), pred, ref, background));
    }
  }
  return files;
}

}  // namespace yates::eval
