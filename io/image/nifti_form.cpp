// SPDX-License-Identifier: Apache-2.0
// Source: NIfTI-1 standard, "quaternion representation of rotation matrix", methods 2 and 3.
#include "io/image/nifti_form.hpp"

#include <algorithm>
#include <cmath>

namespace yates::io {
namespace {

constexpr double kTolerance = 1e-4;
constexpr double kLargestSkew = 0.01;
constexpr int kUnitsUnknown = 0;
constexpr int kUnitsMillimetre = 2;

using Matrix = std::array<double, 9>;  // Row-major.

double determinant(const Matrix& m) {
  return m[0] * (m[4] * m[8] - m[5] * m[7]) - m[1] * (m[3] * m[8] - m[5] * m[6]) +
         m[2] * (m[3] * m[7] - m[4] * m[6]);
}

bool orthonormal(const Matrix& m, double tolerance) {
  for (std::size_t i = 0; i < 3; ++i) {
    for (std::size_t j = i; j < 3; ++j) {
      const double dot = m[i] * m[j] + m[3 + i] * m[3 + j] + m[6 + i] * m[6 + j];
      if (!(std::abs(dot - (i == j ? 1.0 : 0.0)) <= tolerance)) {
        return false;
      }
    }
  }
  return true;
}

Matrix transposed_inverse(const Matrix& m) {
  const double d = determinant(m);
  return {(m[4] * m[8] - m[5] * m[7]) / d,
          (m[5] * m[6] - m[3] * m[8]) / d,
          (m[3] * m[7] - m[4] * m[6]) / d,
          (m[2] * m[7] - m[1] * m[8]) / d,
          (m[0] * m[8] - m[2] * m[6]) / d,
          (m[1] * m[6] - m[0] * m[7]) / d,
          (m[1] * m[5] - m[2] * m[4]) / d,
          (m[2] * m[3] - m[0] * m[5]) / d,
          (m[0] * m[4] - m[1] * m[3]) / d};
}

/// The orthogonal factor of the polar decomposition, by Newton's iteration. Converges quadratically
/// from a matrix that is nearly orthonormal.
Matrix nearest_rotation(Matrix m) {
  constexpr int kIterations = 8;
  for (int iteration = 0; iteration < kIterations; ++iteration) {
    const Matrix other = transposed_inverse(m);
    for (std::size_t i = 0; i < m.size(); ++i) {
      m[i] = (m[i] + other[i]) / 2;
    }
  }
  return m;
}

/// Rotation of the quaternion; the third column is flipped when pixdim[0] is negative.
Matrix quaternion_rotation(const NiftiForms& forms) {
  auto [b, c, d] = forms.quatern;
  double a = 1.0 - (b * b + c * c + d * d);
  if (a < 1e-7) {  // Half a turn; float rounding may have made it a little longer than 1.
    const double scale = 1.0 / std::sqrt(b * b + c * c + d * d);
    a = 0.0;
    b *= scale;
    c *= scale;
    d *= scale;
  } else {
    a = std::sqrt(a);
  }
  const double sign = forms.pixdim[0] < 0 ? -1.0 : 1.0;
  return {a * a + b * b - c * c - d * d,
          2 * (b * c - a * d),
          sign * 2 * (b * d + a * c),
          2 * (b * c + a * d),
          a * a + c * c - b * b - d * d,
          sign * 2 * (c * d - a * b),
          2 * (b * d - a * c),
          2 * (c * d + a * b),
          sign * (a * a + d * d - c * c - b * b)};
}

/// Columns of the sform divided by the voxel sizes.
Matrix matrix_rotation(const NiftiForms& forms) {
  Matrix result{};
  for (std::size_t row = 0; row < 3; ++row) {
    for (std::size_t column = 0; column < 3; ++column) {
      result[3 * row + column] = forms.srow[4 * row + column] / forms.pixdim[column + 1];
    }
  }
  return result;
}

std::array<double, 3> matrix_offset(const NiftiForms& forms) {
  return {forms.srow[3], forms.srow[7], forms.srow[11]};
}

bool close(const std::array<double, 3>& a, const std::array<double, 3>& b) {
  return std::equal(a.begin(), a.end(), b.begin(), [](double left, double right) {
    return std::abs(left - right) <= kTolerance * std::max(1.0, std::abs(left));
  });
}

bool close(const Matrix& a, const Matrix& b) {
  return std::equal(a.begin(), a.end(), b.begin(), [](double left, double right) {
    return std::abs(left - right) <= kTolerance;
  });
}

/// RAS to LPS or back: the first two rows change sign. Adding 0 turns -0 into 0.
void flip_to_lps(Matrix& rotation, std::array<double, 3>& offset) {
  for (std::size_t i = 0; i < 6; ++i) {
    rotation[i] = 0.0 - rotation[i];
  }
  offset[0] = 0.0 - offset[0];
  offset[1] = 0.0 - offset[1];
  for (double& value : rotation) {
    value += 0.0;
  }
}

/// The quaternion of a proper rotation: the largest of a, b, c, d is computed first, the others
/// from it, so that no small number is divided by.
std::array<double, 3> quaternion_of(const Matrix& m) {
  const double squares[] = {1 + m[0] + m[4] + m[8],
                            1 + m[0] - m[4] - m[8],
                            1 - m[0] + m[4] - m[8],
                            1 - m[0] - m[4] + m[8]};
  const auto largest = std::max_element(std::begin(squares), std::end(squares)) - squares;
  const double twice = std::sqrt(squares[largest]);  // Twice the largest component.
  double a = 0;
  double b = 0;
  double c = 0;
  double d = 0;
  switch (largest) {
    case 0:
      a = twice / 2;
      b = (m[7] - m[5]) / (2 * twice);
      c = (m[2] - m[6]) / (2 * twice);
      d = (m[3] - m[1]) / (2 * twice);
      break;
    case 1:
      b = twice / 2;
      a = (m[7] - m[5]) / (2 * twice);
      c = (m[1] + m[3]) / (2 * twice);
      d = (m[2] + m[6]) / (2 * twice);
      break;
    case 2:
      c = twice / 2;
      a = (m[2] - m[6]) / (2 * twice);
      b = (m[1] + m[3]) / (2 * twice);
      d = (m[5] + m[7]) / (2 * twice);
      break;
    default:
      d = twice / 2;
      a = (m[3] - m[1]) / (2 * twice);
      b = (m[2] + m[6]) / (2 * twice);
      c = (m[5] + m[7]) / (2 * twice);
      break;
  }
  const double sign = a < 0 ? -1.0 : 1.0;  // The stored quaternion has a >= 0.
  return {sign * b, sign * c, sign * d};
}

}  // namespace

GridPlacement place_grid(const NiftiForms& forms, Geometry& geometry) {
  const int units = forms.units & 7;
  if (units != kUnitsUnknown && units != kUnitsMillimetre) {
    return {.special = "lengths are not in mm", .note = ""};
  }
  const bool has_matrix = forms.sform_code > 0;
  const bool has_quaternion = forms.qform_code > 0;
  if (!has_matrix && !has_quaternion) {
    return {.special = "neither qform nor sform is set", .note = ""};
  }
  const Matrix from_quaternion = quaternion_rotation(forms);
  Matrix from_matrix = matrix_rotation(forms);
  if (has_quaternion && !orthonormal(from_quaternion, kTolerance)) {
    return {.special = "the qform is not a rotation", .note = ""};
  }
  GridPlacement placement;
  if (has_matrix && !orthonormal(from_matrix, kTolerance)) {
    if (has_quaternion || !orthonormal(from_matrix, kLargestSkew)) {
      return {.special = "the sform is not a rotation of a grid with the header's voxel sizes",
              .note = ""};
    }
    from_matrix = nearest_rotation(from_matrix);
    placement.note = "the sform is slightly skewed; the nearest rotation is used";
  }
  if (has_matrix && has_quaternion &&
      !(close(from_quaternion, from_matrix) && close(forms.qoffset, matrix_offset(forms)))) {
    return {.special = "qform and sform disagree", .note = ""};
  }
  Matrix rotation = has_matrix ? from_matrix : from_quaternion;
  std::array<double, 3> offset = has_matrix ? matrix_offset(forms) : forms.qoffset;
  flip_to_lps(rotation, offset);
  geometry.spacing_mm = {forms.pixdim[1], forms.pixdim[2], forms.pixdim[3]};
  geometry.origin = offset;
  geometry.direction = rotation;
  return placement;
}

bool finite_forms(const NiftiForms& forms) {
  constexpr double kFarthest = 1e12;
  const auto finite = [](const auto& values) {
    return std::all_of(
        values.begin(), values.end(), [](double v) { return std::abs(v) <= kFarthest; });
  };
  return (forms.sform_code <= 0 || finite(forms.srow)) &&
         (forms.qform_code <= 0 || (finite(forms.quatern) && finite(forms.qoffset)));
}

NiftiForms forms_of_grid(const Geometry& geometry) {
  NiftiForms forms;
  forms.qform_code = 1;
  forms.sform_code = 1;
  forms.units = kUnitsMillimetre;
  Matrix rotation = geometry.direction;
  forms.qoffset = geometry.origin;
  flip_to_lps(rotation, forms.qoffset);
  for (std::size_t row = 0; row < 3; ++row) {
    for (std::size_t column = 0; column < 3; ++column) {
      forms.srow[4 * row + column] = rotation[3 * row + column] * geometry.spacing_mm[column];
    }
    forms.srow[4 * row + 3] = forms.qoffset[row];
    forms.pixdim[row + 1] = geometry.spacing_mm[row];
  }
  forms.pixdim[0] = determinant(rotation) < 0 ? -1.0 : 1.0;
  for (std::size_t row = 0; row < 3; ++row) {
    rotation[3 * row + 2] *= forms.pixdim[0];
  }
  forms.quatern = quaternion_of(rotation);
  return forms;
}

}  // namespace yates::io
