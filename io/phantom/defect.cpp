// SPDX-License-Identifier: Apache-2.0
#include "io/phantom/defect.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <vector>

#include "base/error.hpp"
#include "base/file.hpp"
#include "base/text.hpp"
#include "io/image/gzip.hpp"
#include "io/phantom/defect_edits.hpp"

namespace yates::io {
namespace {

namespace fs = std::filesystem;
namespace field = nifti_field;
using Target = DefectTarget;

using Inject = void (*)(const Target&);

struct Row {
  Defect defect;
  Inject inject;
};

constexpr auto kTaken = DefectOutcome::Taken;
constexpr auto kConverted = DefectOutcome::Converted;
constexpr auto kWarned = DefectOutcome::Warned;
constexpr auto kRefused = DefectOutcome::Refused;

const Row kRows[] = {
    {{"nifti-2", "a NIfTI-2 file", kTaken, ""},
     [](const Target& t) {
       const NiftiEdit f = t.edit("t1n");
       f.save_raw(gzip_compress(f.as_nifti2(), kGzipLevel));
     }},
    {{"big-endian", "the other byte order", kTaken, ""},
     [](const Target& t) { t.change("t2w", [](NiftiEdit& f) { f.swap_byte_order(); }); }},
    {{"header-extension", "a header extension before the voxels", kTaken, ""},
     [](const Target& t) { t.change("t1c", [](NiftiEdit& f) { add_extension(f); }); }},
    {{"gzip-members", "two gzip members and zeros behind them", kTaken, ""}, split_members},
    {{"uncompressed", ".nii files", kTaken, ""}, uncompress},
    {{"brats2021-names", "_t1, _t1ce, _t2, _flair, _seg as names", kTaken, ""}, rename_as_2021},
    {{"float64-voxels", "whole numbers stored as float64", kTaken, ""},
     [](const Target& t) {
       t.change("t1n", [](NiftiEdit& f) { retype<double>(f, kFloat64, 0, false); });
     }},
    {{"slope", "a slope of 0.5 over doubled counts", kTaken, ""},
     [](const Target& t) { t.change("t2f", [](NiftiEdit& f) { scale(f); }); }},
    {{"single-fourth-axis", "a fourth axis of length 1", kTaken, ""},
     [](const Target& t) {
       t.change("t1n", [](NiftiEdit& f) { f.put(field::kAxes, std::int16_t{4}); });
     }},
    {{"float-labels", "labels stored as float32", kTaken, ""},
     [](const Target& t) {
       t.change("seg", [](NiftiEdit& f) {
         const std::vector<std::uint8_t> labels = f.voxels<std::uint8_t>();
         f.set_voxels(std::vector<float>(labels.begin(), labels.end()), kFloat32);
       });
     }},
    {{"no-sform", "the qform alone", kTaken, ""},
     [](const Target& t) {
       t.change_all([](NiftiEdit& f) { f.put(field::kSformCode, std::int16_t{0}); });
     }},
    {{"no-qform", "the sform alone", kTaken, ""},
     [](const Target& t) {
       t.change_all([](NiftiEdit& f) { f.put(field::kQformCode, std::int16_t{0}); });
     }},
    {{"other-files", "a file that is no part of the case", kWarned, "other files are left out"},
     [](const Target& t) { write_file_atomic(t.folder / "notes.txt", "text"); }},
    {{"fraction", "a voxel of 0.25", kConverted, ""},
     [](const Target& t) {
       t.change("t1c", [](NiftiEdit& f) { retype<float>(f, kFloat32, 0.25F, true); });
     }},
    {{"beyond-int16", "a voxel of 40000", kConverted, ""},
     [](const Target& t) {
       t.change("t2w", [](NiftiEdit& f) { retype<std::int32_t>(f, kInt32, 40000, true); });
     }},
    {{"forms-disagree", "qform and sform disagree", kWarned, "qform and sform disagree"},
     [](const Target& t) { t.change("t2w", [](NiftiEdit& f) { f.put(field::kQoffset, -5.0F); }); }},
    {{"forms-disagree-labels",
      "the same in the label map",
      kWarned,
      "seg: qform and sform disagree"},
     [](const Target& t) { t.change("seg", [](NiftiEdit& f) { f.put(field::kQoffset, -5.0F); }); }},
    {{"broken-sform", "an sform of zeros beside a qform", kWarned, "the sform is not a rotation"},
     [](const Target& t) {
       t.change("t1n", [](NiftiEdit& f) { f.put(field::kSform, std::array<float, 12>{}); });
     }},
    {{"no-form", "neither qform nor sform", kWarned, "neither qform nor sform"},
     [](const Target& t) {
       t.change_all([](NiftiEdit& f) {
         f.put(field::kQformCode, std::int16_t{0}).put(field::kSformCode, std::int16_t{0});
       });
     }},
    {{"slight-skew", "an sform alone, skewed by 0.4 %", kWarned, "nearest rotation"},
     [](const Target& t) {
       t.change_all([](NiftiEdit& f) {
         f.put(field::kQformCode, std::int16_t{0}).put(field::kSform + 4, 0.004F);
       });
     }},
    {{"micrometres", "lengths not in mm", kWarned, "not in mm"},
     [](const Target& t) {
       t.change_all([](NiftiEdit& f) { f.put(field::kUnits, std::uint8_t{3}); });
     }},
    {{"spacing-2", "slices of 2 mm", kWarned, "not resampled"},
     [](const Target& t) {
       t.change_all(
           [](NiftiEdit& f) { f.put(field::kSpacing + 8, 2.0F).put(field::kSform + 40, 2.0F); });
     }},
    {{"constant-modality", "a modality of zeros", kWarned, "t1c is constant"},
     [](const Target& t) { clear_image(t, "t1c"); }},
    {{"same-image", "t1c is a copy of t1n", kWarned, "t1n and t1c are the same image"},
     [](const Target& t) {
       fs::copy_file(t.file("t1n"), t.file("t1c"), fs::copy_options::overwrite_existing);
     }},
    {{"no-tumour", "an empty label map", kWarned, "no tumour is labelled"},
     [](const Target& t) {
       relabel(t, [](std::vector<std::uint8_t>& labels) {
         std::fill(labels.begin(), labels.end(), std::uint8_t{0});
       });
     }},
    {{"labels-outside-brain",
      "a labelled voxel where all modalities are 0",
      kWarned,
      "1 labelled voxels lie where all modalities are 0"},
     punch_hole},
    {{"labels-outside-crop",
      "a labelled voxel in the corner of the volume",
      kWarned,
      "they are cut off"},
     [](const Target& t) { relabel(t, [](std::vector<std::uint8_t>& labels) { labels[0] = 2; }); }},
    {{"truncated-gzip", "the last third of a file is missing", kRefused, "t2f: truncated"},
     cut_gzip},
    {{"gzip-crc", "a flipped bit in the stored checksum", kRefused, "t1n: corrupt"}, break_crc},
    {{"short-volume", "fewer voxels than the header says", kRefused, "t1c: short"},
     [](const Target& t) {
       t.change("t1c", [](NiftiEdit& f) { f.bytes().resize(f.bytes().size() - 1000); });
     }},
    {{"long-volume", "more voxels than the header says", kRefused, "t1c: holds more data"},
     [](const Target& t) {
       t.change("t1c", [](NiftiEdit& f) { f.bytes().resize(f.bytes().size() + 10); });
     }},
    {{"not-nifti", "text under the name of a volume", kRefused, "not a NIfTI file"},
     [](const Target& t) { write_file_atomic(t.file("t2w"), "this is no image\n"); }},
    {{"header-pair", "the magic of a .hdr/.img pair", kRefused, "magic 'ni1'"},
     [](const Target& t) { t.change("t2w", [](NiftiEdit& f) { f.put(field::kMagic + 1, 'i'); }); }},
    {{"complex-voxels", "complex voxels", kRefused, "voxel type code 32"},
     [](const Target& t) { t.change("t2w", [](NiftiEdit& f) { f.put(field::kType, kComplex); }); }},
    {{"several-volumes", "a fourth axis of length 2", kRefused, "several volumes"},
     [](const Target& t) {
       t.change("t2w", [](NiftiEdit& f) {
         f.put(field::kAxes, std::int16_t{4}).put(field::kLengths + 6, std::int16_t{2});
       });
     }},
    {{"two-axes", "a picture instead of a volume", kRefused, "2 axes"},
     [](const Target& t) {
       t.change("t2w", [](NiftiEdit& f) { f.put(field::kAxes, std::int16_t{2}); });
     }},
    {{"not-finite", "NaN voxels", kRefused, "1 voxels are NaN or infinite"},
     [](const Target& t) {
       t.change("t2f", [](NiftiEdit& f) {
         retype<float>(f, kFloat32, std::numeric_limits<float>::quiet_NaN(), true);
       });
     }},
    {{"clear-skew", "an sform alone, skewed by 3 %", kRefused, "orthonormal"},
     [](const Target& t) {
       t.change("t1n", [](NiftiEdit& f) {
         f.put(field::kQformCode, std::int16_t{0}).put(field::kSform + 4, 0.03F);
       });
     }},
    {{"form-not-finite", "NaN in the sform", kRefused, "not finite"},
     [](const Target& t) {
       t.change("t1n", [](NiftiEdit& f) {
         f.put(field::kSform + 12, std::numeric_limits<float>::quiet_NaN());
       });
     }},
    {{"other-shape", "a modality of one slice less", kRefused, "t1c: another grid than t2w: shape"},
     drop_slice},
    {{"other-origin", "a modality 3 mm aside", kRefused, "t1n: another grid than t2w: origin"},
     [](const Target& t) {
       t.change("t1n",
                [](NiftiEdit& f) { f.put(field::kQoffset, 3.0F).put(field::kSform + 12, 3.0F); });
     }},
    {{"other-spacing", "a label map of 2 mm", kRefused, "seg: another grid than t2w: spacing"},
     [](const Target& t) {
       t.change("seg",
                [](NiftiEdit& f) { f.put(field::kSpacing, 2.0F).put(field::kSform, -2.0F); });
     }},
    {{"other-direction", "a mirrored modality", kRefused, "t1n: another grid than t2w: direction"},
     [](const Target& t) {
       t.change("t1n", [](NiftiEdit& f) {
         f.put(field::kQformCode, std::int16_t{0}).put(field::kSform, 1.0F);
       });
     }},
    {{"missing-modality", "no t1c", kRefused, "t1c: missing"},
     [](const Target& t) { fs::remove(t.file("t1c")); }},
    {{"missing-labels", "no label map", kRefused, "seg: missing"},
     [](const Target& t) { fs::remove(t.file("seg")); }},
    {{"two-files", "a modality twice, .nii and .nii.gz", kRefused, "t2w: two files"},
     [](const Target& t) { fs::copy_file(t.file("t2w"), t.folder / (t.id + "-t2w.nii")); }},
    {{"empty-folder", "no file at all", kRefused, "the folder is empty"}, empty_folder},
    {{"all-zero", "every modality is zeros", kRefused, "every voxel of all modalities is 0"},
     [](const Target& t) {
       for (const std::string_view part : kPhantomModalities) {
         clear_image(t, part);
       }
     }},
    {{"label-4", "a label 4", kRefused, "unknown labels"},
     [](const Target& t) {
       relabel(t, [](std::vector<std::uint8_t>& labels) { labels[first_labelled(labels)] = 4; });
     }},
    {{"label-fraction", "a label of 1.5", kRefused, "1 voxels are no label, e.g. 1.5"},
     [](const Target& t) {
       t.change("seg", [](NiftiEdit& f) {
         const std::vector<std::uint8_t> labels = f.voxels<std::uint8_t>();
         std::vector<float> values(labels.begin(), labels.end());
         values[0] = 1.5F;
         f.set_voxels(values, kFloat32);
       });
     }},
};

}  // namespace

std::span<const Defect> defects() {
  static const std::vector<Defect> all = [] {
    std::vector<Defect> list;
    for (const Row& row : kRows) {
      list.push_back(row.defect);
    }
    return list;
  }();
  return all;
}

namespace {

const Row& row_of(std::string_view name) {
  const auto* row = std::find_if(
      std::begin(kRows), std::end(kRows), [&](const Row& r) { return r.defect.name == name; });
  if (row == std::end(kRows)) {
    std::vector<std::string> names;
    for (const Row& known : kRows) {
      names.emplace_back(known.defect.name);
    }
    throw Error(ExitCode::Usage,
                Problem{.what = "unknown defect '" + std::string(name) + "'",
                        .where = "--defects",
                        .allowed = join(names, ", "),
                        .fix = suggestion(std::string(name), names)});
  }
  return *row;
}

}  // namespace

void check_defect(std::string_view name) {
  static_cast<void>(row_of(name));
}

void inject_defect(const std::filesystem::path& folder,
                   const std::string& id,
                   std::string_view name) {
  row_of(name).inject({.folder = folder, .id = id});
}

}  // namespace yates::io
