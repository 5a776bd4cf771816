// SPDX-License-Identifier: Apache-2.0
#include "launcher/report/plot_style.hpp"

#include <algorithm>
#include <string>
#include <vector>

#include "base/text.hpp"

namespace yates::report {
namespace {

constexpr double kLineHeight = 17;

std::vector<std::string> wrapped(double width, std::string_view text) {
  std::vector<std::string> lines;
  for (const std::string& word : split(text, ' ')) {
    const std::string longer = lines.empty() ? word : lines.back() + " " + word;
    if (!lines.empty() && text_width(longer, kSmallText) <= width) {
      lines.back() = longer;
    } else {
      lines.push_back(word);
    }
  }
  return lines;
}

}  // namespace

void draw_ground(Svg& svg, const Frame& frame) {
  svg.rectangle(frame.left, frame.top, frame.width, frame.height, kPanelColor);
}

void draw_x_axis(Svg& svg, const Frame& frame, const Axis& axis, std::string_view title) {
  for (const double tick : axis.ticks) {
    const double x = axis.at(tick);
    svg.line(x, frame.top, x, frame.bottom(), kGridColor, kGridWidth);
    svg.text(x, frame.bottom() + kTickGap, axis.label(tick), kSmallText, Anchor::Middle);
  }
  if (!title.empty()) {
    svg.text(frame.left + frame.width / 2,
             frame.bottom() + kTitleGap,
             title,
             kSmallText,
             Anchor::Middle);
  }
}

void draw_y_axis(Svg& svg, const Frame& frame, const Axis& axis, std::string_view title) {
  double widest = 0;
  for (const double tick : axis.ticks) {
    const double y = axis.at(tick);
    svg.line(frame.left, y, frame.right(), y, kGridColor, kGridWidth);
    svg.text(frame.left - 6, y + 4, axis.label(tick), kSmallText, Anchor::End);
    widest = std::max(widest, text_width(axis.label(tick), kSmallText));
  }
  if (!title.empty()) {
    svg.vertical_text(frame.left - widest - 16, frame.top + frame.height / 2, title, kSmallText);
  }
}

void draw_caption(Svg& svg, double left, double y, double width, std::string_view text) {
  for (const std::string& line : wrapped(width, text)) {
    svg.text(left, y, line, kSmallText, Anchor::Start, kFaint);
    y += kLineHeight;
  }
}

int caption_lines(double width, std::string_view text) {
  return static_cast<int>(wrapped(width, text).size());
}

double text_width(std::string_view text, double size) {
  double units = 0;
  for (const char c : text) {
    // Continuation bytes of UTF-8 take no room.
    if ((static_cast<unsigned char>(c) & 0xC0U) != 0x80U) {
      const bool narrow = std::string_view(" .,:;|!'()[]fijlrt-").find(c) != std::string_view::npos;
      const bool wide = std::string_view("mwMWGOQ%@+=").find(c) != std::string_view::npos;
      units += narrow ? 0.38 : wide ? 0.97 : (c >= 'A' && c <= 'Z') ? 0.73 : 0.62;
    }
  }
  return units * size;
}

}  // namespace yates::report
