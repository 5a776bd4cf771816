// SPDX-License-Identifier: Apache-2.0
#include "launcher/eval/case_output.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>

#include <ATen/TensorOperators.h>
#include <ATen/ops/softmax.h>
#include <ATen/ops/zeros.h>

#include "base/file.hpp"
#include "base/json.hpp"
#include "io/image/image.hpp"
#include "launcher/eval/case_logits.hpp"
#include "launcher/eval/label_folder.hpp"

namespace yates::eval {
namespace {

namespace fs = std::filesystem;

/// Puts the labels of the stored box into a volume of the source grid.
io::LabelMap in_source_grid(const at::Tensor& labels, const io::CaseReader& reader) {
  io::LabelMap map{.geometry = reader.source_geometry(), .voxels = {}};
  map.voxels.assign(static_cast<std::size_t>(map.geometry.voxels()), 0);
  const Size3& source = map.geometry.shape;
  const auto& crop = reader.record().crop;
  const auto* from = labels.const_data_ptr<std::uint8_t>();
  const std::int64_t width = crop[2][1] - crop[2][0];
  for (std::int64_t z = crop[0][0]; z < crop[0][1]; ++z) {
    for (std::int64_t y = crop[1][0]; y < crop[1][1]; ++y) {
      const std::int64_t row = (z * source[1] + y) * source[2] + crop[2][0];
      std::copy(from, from + width, map.voxels.begin() + row);
      from += width;
    }
  }
  return map;
}

/// Notes in how many voxels reference_half gives another label than float32.
void write_half_outcome(const PredictionRequest& request,
                        const std::string& case_id,
                        const at::Tensor& logits) {
  const at::Tensor half = labels_of(request, logits);
  const at::Tensor exact =
      argmax_labels(logits.narrow(1, kLabels, kLabels), BlendMode::Float32).to(at::kCPU);
  make_directories(request.out_dir / kHalfDir);
  write_json(request.out_dir / kHalfDir / (case_id + ".json"),
             {{"voxels", half.numel()}, {"differ", half.ne(exact).sum().item<std::int64_t>()}});
}

void write_probabilities(const PredictionRequest& request,
                         const io::CaseReader& reader,
                         const at::Tensor& logits) {
  const io::Geometry geometry = reader.source_geometry();
  const auto& crop = reader.record().crop;
  const Size3& shape = geometry.shape;
  at::Tensor whole = at::zeros({1, kLabels, shape[0], shape[1], shape[2]}, at::kFloat);
  whole.narrow(1, 0, 1).fill_(1.0);
  const kernels::Box3 box{.low = {crop[0][0], crop[1][0], crop[2][0]},
                          .high = {crop[0][1], crop[1][1], crop[2][1]}};
  within(whole, box).copy_(at::softmax(logits.narrow(1, 0, kLabels), 1));
  make_directories(request.out_dir / kProbabilitiesDir);
  io::write_fractions(request.out_dir / kProbabilitiesDir / (reader.record().id + ".nii.gz"),
                      geometry,
                      {whole.const_data_ptr<float>(), static_cast<std::size_t>(whole.numel())});
}

}  // namespace

fs::path label_map_path(const PredictionRequest& request, const std::string& case_id) {
  return request.out_dir / (case_id + ".nii.gz");
}

bool is_finished(const PredictionRequest& request, const std::string& case_id) {
  return fs::exists(label_map_path(request, case_id)) &&
         (!request.probabilities ||
          fs::exists(request.out_dir / kProbabilitiesDir / (case_id + ".nii.gz"))) &&
         (!request.window.beside_float32 ||
          fs::exists(request.out_dir / kHalfDir / (case_id + ".json")));
}

void write_case(const PredictionRequest& request,
                const io::CaseReader& reader,
                const at::Tensor& logits,
                const at::Tensor& labels) {
  const std::string& case_id = reader.record().id;
  if (request.window.beside_float32) {
    write_half_outcome(request, case_id, logits);
  }
  if (request.probabilities) {
    write_probabilities(request, reader, logits);
  }
  io::write_label_map(label_map_path(request, case_id), in_source_grid(labels, reader));
}

}  // namespace yates::eval
