// SPDX-License-Identifier: Apache-2.0
#include "launcher/report/svg.hpp"

#include <array>
#include <cmath>

#include <fmt/format.h>

#include "base/text.hpp"

namespace yates::report {
namespace {

constexpr std::array<std::string_view, 7> kPalette = {
    "#0072B2", "#D55E00", "#009E73", "#CC79A7", "#56B4E9", "#E69F00", "#555555"};

/// Two decimals without trailing zeros or a negative zero.
std::string px(double value) {
  std::string text = fmt::format("{:.2f}", value);
  while (text.back() == '0') {
    text.pop_back();
  }
  if (text.back() == '.') {
    text.pop_back();
  }
  return text == "-0" ? "0" : text;
}

constexpr const char* anchor_name(Anchor anchor) {
  return anchor == Anchor::Start ? "start" : anchor == Anchor::Middle ? "middle" : "end";
}

}  // namespace

std::string_view palette(std::size_t index) {
  return kPalette[index % kPalette.size()];
}

Svg::Svg(double width, double height, const std::string& title, const std::string& description) {
  body_ = fmt::format(
      "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {0} {1}\" width=\"{0}\" "
      "height=\"{1}\" "
      "role=\"img\" font-family=\"Helvetica, Arial, "
      "sans-serif\">\n<title>{2}</title>\n<desc>{3}</desc>\n"
      "<rect width=\"{0}\" height=\"{1}\" fill=\"#ffffff\"/>\n",
      px(width),
      px(height),
      escape_html(title),
      escape_html(description));
}

void Svg::line(double x1, double y1, double x2, double y2, std::string_view color, double width) {
  body_ += fmt::format(
      "<line x1=\"{}\" y1=\"{}\" x2=\"{}\" y2=\"{}\" stroke=\"{}\" stroke-width=\"{}\"/>\n",
      px(x1),
      px(y1),
      px(x2),
      px(y2),
      color,
      px(width));
}

void Svg::dashed_line(
    double x1, double y1, double x2, double y2, std::string_view color, double width) {
  body_ += fmt::format(
      "<line x1=\"{}\" y1=\"{}\" x2=\"{}\" y2=\"{}\" stroke=\"{}\" stroke-width=\"{}\" "
      "stroke-dasharray=\"5 4\"/>\n",
      px(x1),
      px(y1),
      px(x2),
      px(y2),
      color,
      px(width));
}

void Svg::rectangle(
    double x, double y, double width, double height, std::string_view color, double opacity) {
  body_ += fmt::format(
      "<rect x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\" fill=\"{}\" fill-opacity=\"{}\"/>\n",
      px(x),
      px(y),
      px(width),
      px(height),
      color,
      px(opacity));
}

void Svg::marker(
    Marker shape, double x, double y, double size, std::string_view color, bool filled) {
  const std::string paint = fmt::format(
      "fill=\"{}\" stroke=\"{}\" stroke-width=\"1.5\"", filled ? color : "#ffffff", color);
  switch (shape) {
    case Marker::Circle:
      body_ +=
          fmt::format("<circle cx=\"{}\" cy=\"{}\" r=\"{}\" {}/>\n", px(x), px(y), px(size), paint);
      break;
    case Marker::Square:
      body_ += fmt::format("<rect x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\" {}/>\n",
                           px(x - size),
                           px(y - size),
                           px(2 * size),
                           px(2 * size),
                           paint);
      break;
    case Marker::Diamond:
      body_ += fmt::format("<path d=\"M{0} {3}L{4} {1}L{0} {5}L{2} {1}Z\" {6}/>\n",
                           px(x),
                           px(y),
                           px(x - 1.3 * size),
                           px(y - 1.3 * size),
                           px(x + 1.3 * size),
                           px(y + 1.3 * size),
                           paint);
      break;
    case Marker::Cross:
      line(x - size, y - size, x + size, y + size, color, 2);
      line(x - size, y + size, x + size, y - size, color, 2);
      break;
  }
}

void Svg::text(double x,
               double y,
               std::string_view text,
               double size,
               Anchor anchor,
               std::string_view color,
               bool bold) {
  body_ += fmt::format(
      "<text x=\"{}\" y=\"{}\" font-size=\"{}\" text-anchor=\"{}\" fill=\"{}\"{}>{}</text>\n",
      px(x),
      px(y),
      px(size),
      anchor_name(anchor),
      color,
      bold ? " font-weight=\"bold\"" : "",
      escape_html(text));
}

void Svg::vertical_text(double x, double y, std::string_view text, double size) {
  body_ += fmt::format(
      "<text transform=\"translate({} {}) rotate(-90)\" font-size=\"{}\" text-anchor=\"middle\" "
      "fill=\"#222222\">{}</text>\n",
      px(x),
      px(y),
      px(size),
      escape_html(text));
}

std::string Svg::finish() const {
  return body_ + "</svg>\n";
}

}  // namespace yates::report
