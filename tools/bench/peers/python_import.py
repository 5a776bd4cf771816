# SPDX-License-Identifier: Apache-2.0
"""Peer of `yates bench import`: the Python chain of SegMamba-V2's preprocessing for one case.

Argument: {"raw": DIR, "repeats": N}. Prints seconds per case. Steps: read five volumes with SimpleITK,
mask of non-zero voxels with holes filled, crop, z-score, label -1 outside the mask, up to max(10000, 1 %)
places per label, np.savez_compressed and a pickle.
"""
import json
import os
import pickle
import statistics
import sys
import tempfile
import time

import numpy as np
import scipy.ndimage
import SimpleITK as sitk


def bounding_box(mask):
    box = []
    for axis in range(3):
        hit = np.flatnonzero(mask.any(axis=tuple(i for i in range(3) if i != axis)))
        box.append(slice(int(hit[0]), int(hit[-1]) + 1))
    return tuple(box)


def prepare(folder, out):
    case = os.path.basename(folder)
    read = [sitk.ReadImage(os.path.join(folder, f"{case}-{part}.nii.gz"))
            for part in ("t2w", "t2f", "t1n", "t1c", "seg")]
    volumes = [sitk.GetArrayFromImage(image).astype(np.float32) for image in read]
    data, seg = np.stack(volumes[:4]), volumes[4]
    if not np.isfinite(data).all():
        raise ValueError(f"{case}: not finite")
    mask = scipy.ndimage.binary_fill_holes((data != 0).any(axis=0))
    box = bounding_box(mask)
    data, seg, mask = data[(slice(None),) + box], seg[box], mask[box]
    seg = np.where((seg == 0) & ~mask, np.float32(-1), seg)
    for channel in data:
        channel -= channel.mean()
        channel /= max(channel.std(), 1e-8)
    random = np.random.RandomState(1234)
    places = {}
    for label in (1, 2, 3):
        found = np.argwhere(seg == label)
        keep = min(len(found), max(10000, int(np.ceil(0.01 * len(found)))))
        places[label] = found[random.choice(len(found), keep, replace=False)] if keep else []
    np.savez_compressed(os.path.join(out, case + ".npz"), data=data, seg=seg.astype(np.int8))
    with open(os.path.join(out, case + ".pkl"), "wb") as stream:
        pickle.dump({"spacing": read[3].GetSpacing(), "box": box, "places": places}, stream)


def main():
    arguments = json.loads(sys.argv[1])
    sitk.ProcessObject.SetGlobalDefaultNumberOfThreads(1)
    folders = sorted(entry.path for entry in os.scandir(arguments["raw"]) if entry.is_dir())
    seconds = []
    for repeat in range(arguments["repeats"] + 1):
        with tempfile.TemporaryDirectory() as out:
            start = time.perf_counter()
            for folder in folders:
                prepare(folder, out)
            if repeat > 0:
                seconds.append((time.perf_counter() - start) / len(folders))
    print(json.dumps({"name": f"SimpleITK {sitk.Version_VersionString()}, numpy, savez_compressed",
                      "median": statistics.median(seconds), "min": min(seconds),
                      "max": max(seconds), "n": len(seconds)}))


main()
