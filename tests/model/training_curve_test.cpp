// SPDX-License-Identifier: Apache-2.0
// Ten steps of the optimiser on the network, against PyTorch's SGD and clip on the published one.
#include <string>
#include <vector>

#include <ATen/ops/zeros_like.h>
#include <gtest/gtest.h>

#include "base/json.hpp"
#include "model/loss/cross_entropy.hpp"
#include "model/network/segmamba.hpp"
#include "model/optim/grad_clip.hpp"
#include "model/optim/poly_schedule.hpp"
#include "model/optim/sgd.hpp"
#include "tests/support/golden_network.hpp"

namespace yates::model {
namespace {

using namespace yates::testing;  // NOLINT(google-build-using-namespace)

constexpr std::int64_t kSteps = 10;
constexpr std::int64_t kPlannedSteps = 100;

struct Curve {
  std::vector<double> lr, loss, norm, parameter_norm;
};

double parameter_norm(const ParameterList& parameters) {
  std::vector<at::Tensor> values;
  for (const Parameter& parameter : parameters) {
    values.push_back(parameter.value.detach());
  }
  return global_norm(values);
}

class Trainer {
 public:
  Trainer(double clip, at::ScalarType dtype) : network_(c8(), dtype), clip_(clip), dtype_(dtype) {
    fill_by_formula(network_.parameters());
    for (const Parameter& parameter : network_.parameters()) {
      velocities_.push_back(at::zeros_like(parameter.value.detach()));
    }
  }

  Curve run() {
    Curve curve;
    for (std::int64_t step = 0; step < kSteps; ++step) {
      one_step(step, curve);
    }
    return curve;
  }

  [[nodiscard]] const ParameterList& parameters() const { return network_.parameters(); }

 private:
  static ModelOptions c8() {
    ModelOptions options;
    options.width = 8;
    return options;
  }

  void one_step(std::int64_t step, Curve& curve) {
    const std::string number = std::to_string(step);
    const at::Tensor x =
        tensor_of(formula_image("input." + number, 8 << 15, 1.5), {2, 4, 32, 32, 32}, dtype_);
    const at::Tensor y =
        tensor_of(formula_labels("labels." + number, 2 << 15), {2, 32, 32, 32}, at::kLong);
    network_.parameters().clear_gradients();
    const at::Tensor loss = cross_entropy(network_.forward(x), y);
    loss.backward();
    std::vector<at::Tensor> gradients;
    for (const Parameter& parameter : network_.parameters()) {
      gradients.push_back(ParameterList::gradient(parameter));
    }
    const double norm = global_norm(gradients);
    const double lr = poly_learning_rate(0.01, 0.9, step, kPlannedSteps);
    for (std::size_t i = 0; i < gradients.size(); ++i) {
      sgd_update(network_.parameters()[i].value.detach(),
                 gradients[i],
                 velocities_[i],
                 {.lr = lr, .gradient_scale = clip_factor(norm, clip_)});
    }
    curve.lr.push_back(lr);
    curve.loss.push_back(loss.item<double>());
    curve.norm.push_back(norm);
    curve.parameter_norm.push_back(parameter_norm(network_.parameters()));
  }

  SegMamba network_;
  std::vector<at::Tensor> velocities_;
  double clip_;
  at::ScalarType dtype_;
};

Json golden_run(const std::string& name, const std::string& precision) {
  const Json file = read_json(std::string(YATES_GOLDEN_DIR) + "/model/train10_c8_base.json");
  return file.at("runs").at(name).at(precision);
}

void expect_float64_curve(const std::string& name, double clip) {
  const Json golden = golden_run(name, "float64");
  Trainer trainer(clip, at::kDouble);
  const Curve curve = trainer.run();
  for (std::size_t step = 0; step < kSteps; ++step) {
    const auto expected = [&](const char* key) { return golden.at(key).at(step).get<double>(); };
    EXPECT_NEAR(curve.lr[step], expected("lr"), 1e-15);
    EXPECT_NEAR(curve.loss[step], expected("loss"), 1e-9 * expected("loss")) << step;
    EXPECT_NEAR(curve.norm[step],
                expected("grad_norm_before_clip"),
                1e-9 * expected("grad_norm_before_clip"))
        << step;
    EXPECT_NEAR(curve.parameter_norm[step],
                expected("parameter_norm_after_step"),
                1e-9 * expected("parameter_norm_after_step"))
        << step;
  }
  for (const Parameter& parameter : trainer.parameters()) {
    const double expected = golden.at("parameter_l2_at_end").at(parameter.name).get<double>();
    EXPECT_NEAR(l2_norm(parameter.value), expected, 1e-9 * expected) << parameter.name;
  }
}

TEST(TrainingCurve, TenStepsEqualTheReferenceInFloat64) {
  expect_float64_curve("clip_12", 12.0);
}

TEST(TrainingCurve, TenClippedStepsEqualTheReferenceInFloat64) {
  expect_float64_curve("clip_0.5", 0.5);
}

// Rounding noise is amplified from step to step, as ReLU masks flip. PyTorch 2.11.0 in float32, the
// published network on one thread of another processor than the golden file's, is off the float64
// losses by 4e-6, 6e-5, 1e-4, 2e-4, 5e-4 at steps 1 to 5; eight runs that differ in the convolution
// library, in samples per pass or by 6e-8 of the initial weights (half a float32 step) by up to
// 4e-6, 8e-5, 2e-4, 2e-4, 6e-4. The golden float32 run's 1.4e-5 over steps 0 to 4 is one draw of
// these, so 1e-4 binds to step 2 only. The gradients of one pass are as exact as PyTorch's: median
// 0.7 % against 0.5 % off float64 in the base arm, 1.0 % against 1.1 % relocated.
double loss_tolerance(std::size_t step) {
  return step < 3 ? 1e-4 : step == 3 ? 3e-4 : 1e-2;
}

TEST(TrainingCurve, TenStepsStayNearTheReferenceInFloat32) {
  const Json golden = golden_run("clip_12", "float64");
  const Curve curve = Trainer(12.0, at::kFloat).run();
  for (std::size_t step = 0; step < kSteps; ++step) {
    const auto expected = [&](const char* key) { return golden.at(key).at(step).get<double>(); };
    EXPECT_NEAR(curve.loss[step], expected("loss"), loss_tolerance(step)) << step;
    EXPECT_NEAR(curve.parameter_norm[step],
                expected("parameter_norm_after_step"),
                1e-4 * expected("parameter_norm_after_step"));
  }
  EXPECT_NEAR(curve.norm[0], golden.at("grad_norm_before_clip").at(0).get<double>(), 1e-3);
}

}  // namespace
}  // namespace yates::model
