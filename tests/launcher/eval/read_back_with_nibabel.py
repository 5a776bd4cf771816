# SPDX-License-Identifier: Apache-2.0
"""Label maps and probabilities of `yates predict` as nibabel reads them: qform, sform, values.

Needs numpy, nibabel and YATES_BINARY.
"""
import os
import subprocess
import tempfile

import nibabel
import numpy as np


def yates(*arguments):
    subprocess.run([os.environ["YATES_BINARY"], *arguments], check=True, capture_output=True)


def check(case, reference, out):
    source = nibabel.load(reference)
    labels = nibabel.load(f"{out}/{case}.nii.gz")
    assert labels.get_data_dtype() == np.uint8, labels.get_data_dtype()
    assert labels.shape == source.shape, labels.shape
    for form in ("get_qform", "get_sform"):
        mine, code = getattr(labels, form)(coded=True)
        theirs = source.affine
        assert code > 0, form
        assert np.abs(mine - theirs).max() < 1e-4, (form, mine, theirs)
    fractions = nibabel.load(f"{out}/probabilities/{case}.nii.gz")
    assert fractions.shape == source.shape + (4,), fractions.shape
    assert np.abs(fractions.affine - source.affine).max() < 1e-4
    values = fractions.get_fdata()
    assert np.abs(values.sum(axis=-1) - 1).max() < 1e-4
    decided = np.sort(values, axis=-1)
    clear = decided[..., 3] - decided[..., 2] > 1e-4
    assert (values.argmax(axis=-1) == np.asarray(labels.dataobj))[clear].all()


def main():
    with tempfile.TemporaryDirectory() as root:
        yates("data", "phantom", "--out", f"{root}/cases", "--cases", "1", "--seed", "5",
              "--shape", "40,44,36")
        case = os.listdir(f"{root}/cases")[0]
        folder = f"{root}/cases/{case}"
        turn = np.array([[-1.0, 0, 0, 31.5], [0, -1.0, 0, 80.25], [0, 0, 1.0, -12], [0, 0, 0, 1]])
        for name in os.listdir(folder):
            image = nibabel.load(f"{folder}/{name}")
            voxels = np.asarray(image.dataobj)
            moved = nibabel.Nifti1Image(voxels, turn)
            moved.set_qform(turn, 1)
            moved.set_sform(turn, 1)
            moved.header.set_xyzt_units("mm")
            os.remove(f"{folder}/{name}")
            nibabel.save(moved, f"{folder}/{name}")
        yates("data", "import", "--in", f"{root}/cases", "--out", f"{root}/shards")
        network = ("model.width=8", "data.patch=[32,32,32]")
        yates("model", "init", "--out", f"{root}/w.safetensors", network[0])
        yates("predict", "--weights", f"{root}/w.safetensors", "--data", f"{root}/shards",
              "--out", f"{root}/out", "--tta", "none", "--probabilities", *network)
        check(case, f"{folder}/{case}-seg.nii.gz", f"{root}/out")


main()
