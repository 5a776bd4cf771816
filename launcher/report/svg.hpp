// SPDX-License-Identifier: Apache-2.0
// A plain SVG writer: lines, markers, text. Equal calls give equal bytes: numbers are rounded to
// two decimals, nothing depends on locale, time or addresses.
#pragma once

#include <string>
#include <string_view>

namespace yates::report {

enum class Anchor { Start, Middle, End };
enum class Marker { Circle, Square, Diamond, Cross };

/// A drawing of fixed size in pixels, built call by call. Text is escaped.
class Svg {
 public:
  /// `title` and `description` are for screen readers.
  Svg(double width, double height, const std::string& title, const std::string& description);

  void line(double x1, double y1, double x2, double y2, std::string_view color, double width);
  void dashed_line(
      double x1, double y1, double x2, double y2, std::string_view color, double width);
  void rectangle(
      double x, double y, double width, double height, std::string_view color, double opacity = 1);
  void marker(
      Marker shape, double x, double y, double size, std::string_view color, bool filled = true);
  void text(double x,
            double y,
            std::string_view text,
            double size,
            Anchor anchor = Anchor::Start,
            std::string_view color = "#222222",
            bool bold = false);
  /// Text turned 90 degrees to read upwards.
  void vertical_text(double x, double y, std::string_view text, double size);

  /// The finished drawing, one <svg> element.
  [[nodiscard]] std::string finish() const;

 private:
  std::string body_;
};

/// Colours that also the colour-blind tell apart (Okabe and Ito 2008); `index` wraps around.
std::string_view palette(std::size_t index);

/// Smallest text in a figure, in pixels: 12 px are 9 pt.
inline constexpr double kSmallText = 12;

}  // namespace yates::report
