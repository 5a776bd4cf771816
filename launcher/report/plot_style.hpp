// SPDX-License-Identifier: Apache-2.0
// What all figures share: colours and sizes of their parts, and the frame of a panel.
#pragma once

#include <string_view>

#include "launcher/report/axis.hpp"
#include "launcher/report/svg.hpp"

namespace yates::report {

inline constexpr std::string_view kInk = "#222222";
inline constexpr std::string_view kFaint = "#555555";
inline constexpr std::string_view kPanelColor = "#f5f5f5";
inline constexpr std::string_view kGridColor = "#ffffff";

/// Widths and heights in pixels.
inline constexpr double kFigureWidth = 960;
inline constexpr double kGridWidth = 1.5;
inline constexpr double kThinLine = 0.6;
inline constexpr double kMeanLine = 2.5;
inline constexpr double kMarkSize = 4;
inline constexpr double kTickGap = 16;     ///< From a panel's lower edge to the tick texts.
inline constexpr double kTitleGap = 36;    ///< From there to the axis title.
inline constexpr double kCaptionGap = 62;  ///< From there to the caption.

/// A panel's edges in pixels.
struct Frame {
  double left = 0;
  double top = 0;
  double width = 0;
  double height = 0;

  [[nodiscard]] double right() const { return left + width; }
  [[nodiscard]] double bottom() const { return top + height; }
};

/// The panel's ground, with grid lines and tick texts of a horizontal axis below it.
void draw_ground(Svg& svg, const Frame& frame);
void draw_x_axis(Svg& svg, const Frame& frame, const Axis& axis, std::string_view title = "");
/// Grid lines and tick texts of a vertical axis, left of the panel.
void draw_y_axis(Svg& svg, const Frame& frame, const Axis& axis, std::string_view title = "");
/// The caption in lines of at most `frame.width` and a bit, from `y` downwards.
void draw_caption(Svg& svg, double left, double y, double width, std::string_view text);
/// Lines that `draw_caption` needs.
int caption_lines(double width, std::string_view text);

/// Pixels that `text` takes at most at a size (mean widths of DejaVu Sans, which is
/// wider than Helvetica and Arial: one of them is shown).
double text_width(std::string_view text, double size);

}  // namespace yates::report
