// SPDX-License-Identifier: Apache-2.0
#include "kernels/loss/voxel_cross_entropy_reference.hpp"

#include <algorithm>
#include <cmath>

#include "base/error.hpp"

namespace yates::kernels {

void check_labels(const CrossEntropyShape& shape, const std::int64_t* labels) {
  const std::int64_t count = shape.batch * shape.voxels;
  const std::int64_t* bad = std::find_if(labels, labels + count, [&](std::int64_t label) {
    return label < 0 || label >= shape.labels;
  });
  if (bad == labels + count) {
    return;
  }
  const std::int64_t place = bad - labels;
  throw Error(ExitCode::BadData,
              Problem{.what = fmt::format("label {}", *bad),
                      .where = fmt::format(
                          "sample {}, voxel {}", place / shape.voxels, place % shape.voxels),
                      .allowed = fmt::format("0 to {}", shape.labels - 1),
                      .fix = "give the network label maps of the labels that it predicts"});
}

template <typename T>
double voxel_cross_entropy_reference(const CrossEntropyShape& shape,
                                     const CrossEntropyInputs<T>& inputs,
                                     T* gradient) {
  check_labels(shape, inputs.labels);
  const auto count = static_cast<double>(shape.batch * shape.voxels);
  double total = 0;
  for (std::int64_t i = 0; i < shape.batch * shape.voxels; ++i) {
    const std::int64_t first = i / shape.voxels * shape.labels * shape.voxels + i % shape.voxels;
    const auto logit = [&](std::int64_t c) {
      return static_cast<double>(inputs.logits[first + c * shape.voxels]);
    };
    double largest = logit(0);
    for (std::int64_t c = 1; c < shape.labels; ++c) {
      largest = logit(c) > largest ? logit(c) : largest;
    }
    double sum = 0;
    for (std::int64_t c = 0; c < shape.labels; ++c) {
      sum += std::exp(logit(c) - largest);
    }
    const std::int64_t label = inputs.labels[i];
    total += std::log(sum) - (logit(label) - largest);
    for (std::int64_t c = 0; c < shape.labels && gradient != nullptr; ++c) {
      const double share = std::exp(logit(c) - largest) / sum - (c == label ? 1.0 : 0.0);
      gradient[first + c * shape.voxels] = static_cast<T>(share / count);
    }
  }
  return total / count;
}

template double voxel_cross_entropy_reference(const CrossEntropyShape&,
                                              const CrossEntropyInputs<float>&,
                                              float*);
template double voxel_cross_entropy_reference(const CrossEntropyShape&,
                                              const CrossEntropyInputs<double>&,
                                              double*);

}  // namespace yates::kernels
