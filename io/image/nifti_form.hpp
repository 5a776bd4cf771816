// SPDX-License-Identifier: Apache-2.0
// The two transforms of a NIfTI header (qform: a rotation as quaternion; sform: a matrix) and the
// grid they put the voxels on.
#pragma once

#include <array>
#include <string>

#include "io/image/geometry.hpp"

namespace yates::io {

/// The header fields as stored (RAS: x to the patient's right, y to the front, z to the head).
struct NiftiForms {
  int qform_code = 0;               ///< 0: not set.
  int sform_code = 0;               ///< 0: not set.
  int units = 0;                    ///< NIfTI's xyzt_units; the low three bits are the length's.
  std::array<double, 4> pixdim{};   ///< [0] is the quaternion's sign, [1..3] voxel sizes.
  std::array<double, 3> quatern{};  ///< b, c, d.
  std::array<double, 3> qoffset{};
  std::array<double, 12> srow{};  ///< 3 x 4, row-major.
};

/// How far a header's transforms could be taken as they are.
struct GridPlacement {
  std::string special;  ///< Not empty: the grid was not set, ITK must decide; this is why.
  std::string note;     ///< Not empty: the grid was set, but not exactly as stored; this is how.
};

/// Sets spacing, origin and direction of `geometry` when the header is unambiguous: lengths in mm,
/// at least one form set, each set form a rotation of a grid of spacing pixdim, both the same
/// within 1e-4. An sform alone may also be skewed by up to 1 %: the nearest rotation is taken then,
/// with a note. Otherwise `geometry` is left alone.
GridPlacement place_grid(const NiftiForms& forms, Geometry& geometry);

/// True if every number of the forms that are set is finite (ITK aborts the process otherwise) and
/// at most 1e12.
bool finite_forms(const NiftiForms& forms);

/// Fills quaternion, offset, matrix and voxel sizes for a grid whose direction is orthonormal
/// (right- or left-handed); both codes become 1 (scanner coordinates).
NiftiForms forms_of_grid(const Geometry& geometry);

}  // namespace yates::io
