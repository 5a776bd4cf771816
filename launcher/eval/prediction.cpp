// SPDX-License-Identifier: Apache-2.0
#include "launcher/eval/prediction.hpp"

#include <cstddef>
#include <string>

#include <ATen/core/grad_mode.h>
#include <ATen/ops/empty.h>

#include "base/fault.hpp"
#include "io/shard/case_reader.hpp"
#include "io/shard/modality.hpp"
#include "launcher/eval/case_logits.hpp"
#include "launcher/eval/case_output.hpp"
#include "launcher/eval/prediction_progress.hpp"
#include "launcher/eval/roi_prediction.hpp"

namespace yates::eval {
namespace {

constexpr std::int64_t kModalities = io::kModalityNames.size();

at::Tensor read_volume(const io::CaseReader& reader) {
  const Size3& shape = reader.record().shape;
  at::Tensor volume = at::empty({1, kModalities, shape[0], shape[1], shape[2]}, at::kFloat);
  reader.read_image(reader.whole(),
                    {volume.mutable_data_ptr<float>(), static_cast<std::size_t>(volume.numel())});
  return volume;
}

}  // namespace

void predict_cases(const PredictionRequest& request,
                   const PredictionPlan& plan,
                   const Predictor& network) {
  if (plan.cases.empty()) {
    return;
  }
  const at::AutoGradMode no_gradients(false);
  const io::Manifest manifest = io::read_manifest(request.data_dir);
  PredictionProgress progress(request, plan);
  for (const std::string& case_id : plan.cases) {
    const Predictor counted = [&](const at::Tensor& window) {
      at::Tensor logits = network(window);
      progress.window();
      return logits;
    };
    const io::CaseReader reader(request.data_dir, manifest, case_id);
    progress.begin_case(case_id, planned_windows(request, reader.record()));
    const at::Tensor volume = read_volume(reader).to(request.device);
    const at::Tensor logits =
        request.roi == RoiSource::None
            ? predict_logits(request, request.window, volume, case_id, counted)
            : predict_roi(request, reader, volume, counted, progress);
    const at::Tensor labels = labels_of(request, logits);
    fault_point("predict.before_publish");
    write_case(request, reader, logits, labels);
    progress.end_case();
    fault_point("predict.after_case");
  }
}

}  // namespace yates::eval
