// SPDX-License-Identifier: Apache-2.0
#include "io/image/itk_reader.hpp"

#include <itkImage.h>
#include <itkImageFileReader.h>
#include <itkNiftiImageIO.h>

#include "base/error.hpp"

namespace yates::io {
namespace {

using Volume = itk::Image<double, 3>;

Geometry geometry_of(const Volume& volume) {
  Geometry geometry;
  const Volume::SizeType size = volume.GetLargestPossibleRegion().GetSize();
  for (unsigned axis = 0; axis < 3; ++axis) {
    geometry.shape[2 - axis] = static_cast<std::int64_t>(size[axis]);
    geometry.spacing_mm[axis] = volume.GetSpacing()[axis];
    geometry.origin[axis] = volume.GetOrigin()[axis];
    for (unsigned column = 0; column < 3; ++column) {
      geometry.direction[3 * axis + column] = volume.GetDirection()[axis][column];
    }
  }
  return geometry;
}

}  // namespace

ItkVolume read_with_itk(const std::filesystem::path& path) {
  const auto reader = itk::ImageFileReader<Volume>::New();
  reader->SetImageIO(itk::NiftiImageIO::New());
  reader->SetFileName(path.string());
  try {
    reader->Update();
  } catch (const itk::ExceptionObject& error) {
    throw Error(ExitCode::BadData,
                Problem{.what = std::string("ITK cannot read it: ") + error.GetDescription(),
                        .where = path.string(),
                        .allowed = "a NIfTI volume on an orthonormal grid",
                        .fix = "write the file again with an orthonormal orientation"});
  }
  const Volume& volume = *reader->GetOutput();
  const double* first = volume.GetBufferPointer();
  return {geometry_of(volume),
          {first, first + volume.GetLargestPossibleRegion().GetNumberOfPixels()}};
}

}  // namespace yates::io
