// SPDX-License-Identifier: Apache-2.0
#include "launcher/report/figure_power.hpp"

#include <algorithm>
#include <vector>

#include <fmt/format.h>

#include "launcher/report/labels.hpp"
#include "launcher/report/plot_style.hpp"

namespace yates::report {
namespace {

constexpr double kPanelWidth = 390;
constexpr double kPanelHeight = 260;
constexpr double kLeft = 62;
constexpr double kBetween = 96;
constexpr double kHead = 74;
/// Beyond this many times the declared seeds a plan is no option, and the curves are flat.
constexpr std::int64_t kMostFactor = 4;

struct Curve {
  const std::vector<study::PowerRow>* rows;
  std::string_view color;
  Marker marker;
  std::string label;
};

class PowerPlot {
 public:
  PowerPlot(const study::PowerPlan& plan, const std::string& unit)
      : plan_(plan),
        unit_(unit),
        most_(std::max<std::int64_t>(12, kMostFactor * plan.question.seeds)) {
    curves_.push_back(
        {&plan.rows, palette(0), Marker::Circle, "SD " + plain_number(plan.sigma.value)});
    if (plan.sigma_upper > plan.sigma.value) {
      curves_.push_back(
          {&plan.careful,
           palette(1),
           Marker::Square,
           fmt::format("SD {}: its 80 % upper bound", plain_number(plan.sigma_upper))});
    }
  }

  std::string draw() {
    const double width = 2 * kPanelWidth + kBetween + kLeft + 20;
    const double caption_width = width - kLeft - 20;
    const std::string text = caption();
    const double height =
        kHead + kPanelHeight + kCaptionGap + 17.0 * caption_lines(caption_width, text);
    Svg svg(width, height, "Power by number of seeds, " + plan_.question.contrast, text);
    svg.text(kLeft, 24, plan_.question.contrast, kSmallText + 1, Anchor::Start, kInk, true);
    draw_legend(svg);
    draw_panel(svg, kLeft, true);
    draw_panel(svg, kLeft + kPanelWidth + kBetween, false);
    draw_caption(svg, kLeft, kHead + kPanelHeight + kCaptionGap, caption_width, text);
    return svg.finish();
  }

 private:
  [[nodiscard]] bool shown(const study::PowerRow& row) const { return row.n <= most_; }

  [[nodiscard]] std::string caption() const {
    const study::PowerQuestion& question = plan_.question;
    std::string text = fmt::format(
        "Two-sided t at {:.3g}, exact; n = seeds per arm; an effect of {:.3g} {} is looked for "
        "with probability {:.0f} %.",
        question.alpha,
        question.effect,
        unit_,
        100 * question.power);
    return text + fmt::format(" Vertical line: {} seeds, {}.",
                              plan_.affordable_seeds,
                              question.budget_days && question.seed_days
                                  ? "what the budget pays for"
                                  : "as declared");
  }

  void draw_legend(Svg& svg) const {
    double x = kLeft;
    for (const Curve& curve : curves_) {
      svg.line(x, 46, x + 26, 46, curve.color, 2);
      svg.marker(curve.marker, x + 13, 46, kMarkSize, curve.color);
      svg.text(x + 32, 50, curve.label, kSmallText);
      x += 58 + text_width(curve.label, kSmallText);
    }
  }

  void draw_panel(Svg& svg, double left, bool power) const {
    const Frame frame{left, kHead, kPanelWidth, kPanelHeight};
    std::vector<double> seeds = {2};
    std::vector<double> values = {0};
    for (const Curve& curve : curves_) {
      for (const study::PowerRow& row : *curve.rows) {
        if (shown(row)) {
          seeds.push_back(static_cast<double>(row.n));
          values.push_back(power ? 100 * row.power : row.mde);
        }
      }
    }
    values.push_back(power ? 100 : plan_.question.effect);
    const Axis x = make_axis(seeds, frame.left, frame.right(), 7);
    const Axis y = make_axis(values, frame.bottom(), frame.top, 6);
    draw_ground(svg, frame);
    draw_x_axis(svg, frame, x, "seeds per arm");
    draw_y_axis(svg, frame, y, power ? "power (%)" : "smallest detectable effect (" + unit_ + ")");
    const double wanted = y.at(power ? 100 * plan_.question.power : plan_.question.effect);
    svg.dashed_line(frame.left, wanted, frame.right(), wanted, kFaint, 1);
    if (plan_.affordable_seeds >= 1 && plan_.affordable_seeds <= most_) {
      const double at = x.at(static_cast<double>(plan_.affordable_seeds));
      if (at >= frame.left && at <= frame.right()) {
        svg.dashed_line(at, frame.top, at, frame.bottom(), palette(2), 2);
      }
    }
    for (const Curve& curve : curves_) {
      draw_curve(svg, curve, x, y, power);
    }
  }

  void draw_curve(Svg& svg, const Curve& curve, const Axis& x, const Axis& y, bool power) const {
    const study::PowerRow* last = nullptr;
    for (const study::PowerRow& row : *curve.rows) {
      if (!shown(row)) {
        continue;
      }
      const auto height = [&](const study::PowerRow& r) {
        return y.at(power ? 100 * r.power : r.mde);
      };
      const double at = x.at(static_cast<double>(row.n));
      if (last != nullptr) {
        svg.line(
            x.at(static_cast<double>(last->n)), height(*last), at, height(row), curve.color, 2);
      }
      svg.marker(curve.marker, at, height(row), kMarkSize - 1, curve.color);
      last = &row;
    }
  }

  const study::PowerPlan& plan_;
  std::string unit_;
  std::int64_t most_;
  std::vector<Curve> curves_;
};

}  // namespace

std::string power_figure(const study::PowerPlan& plan, const std::string& unit) {
  return PowerPlot(plan, unit).draw();
}

}  // namespace yates::report
