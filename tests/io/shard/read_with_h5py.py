# SPDX-License-Identifier: Apache-2.0
"""Shards as h5py reads them against the NIfTI files they came from, decoded here without yates.

Needs numpy, h5py and YATES_BINARY. One case is int16, one float32 (defect `fraction`).
"""
import gzip
import json
import os
import subprocess
import tempfile

import h5py
import numpy as np

PARTS = ("t2w", "t2f", "t1n", "t1c")
TYPES = {2: np.uint8, 4: np.int16, 16: np.float32}


def nifti(path):
    with gzip.open(path) as stream:
        content = stream.read()
    x, y, z = np.frombuffer(content, "<i2", 3, 42)
    kind = int(np.frombuffer(content, "<i2", 1, 70)[0])
    start = int(np.frombuffer(content, "<f4", 1, 108)[0])
    return np.frombuffer(content, TYPES[kind], -1, start).reshape(z, y, x)


def crc32c(data):
    table = []
    for n in range(256):
        for _ in range(8):
            n = (n >> 1) ^ (0x82F63B78 if n & 1 else 0)
        table.append(n)
    crc = 0xFFFFFFFF
    for byte in data:
        crc = (crc >> 8) ^ table[(crc ^ byte) & 0xFF]
    return crc ^ 0xFFFFFFFF


def check(case, folder, shard):
    read = [nifti(os.path.join(folder, case["id"], f"{case['id']}-{part}.nii.gz"))
            for part in PARTS + ("seg",)]
    low, high = zip(*case["crop"])
    box = tuple(slice(a, b) for a, b in zip(low, high))
    group = shard[case["id"]]
    image, labels = group["image"][:], group["labels"][:]
    assert image.dtype == np.dtype("<i2" if case["storage"] == "int16" else "<f4"), image.dtype
    assert labels.dtype == np.uint8
    anything = np.any([part != 0 for part in read[:4]], axis=0)
    assert [[hit.min(), hit.max() + 1] for hit in np.nonzero(anything)] == case["crop"]
    for channel, part in enumerate(PARTS):
        assert np.array_equal(image[channel], read[channel][box]), part
        values = image[channel].astype(np.float64)
        assert abs(values.mean() - case["mean"][channel]) < 1e-9 * abs(values.mean())
        assert abs(values.std() - case["sd"][channel]) < 1e-9 * values.std()
        assert crc32c(image[channel].tobytes()) == case["crc32c"][part], part
    assert np.array_equal(labels, read[4][box])
    assert crc32c(labels.tobytes()) == case["crc32c"]["seg"]
    assert [int((labels == n).sum()) for n in (1, 2, 3)] == case["label_voxels"]
    assert list(group.attrs["crop"]) == [n for pair in case["crop"] for n in pair]
    assert list(group.attrs["mean"]) == case["mean"]


def main():
    yates = os.environ["YATES_BINARY"]
    with tempfile.TemporaryDirectory() as folder:
        def run(*words):
            subprocess.run([yates, "data", *words], check=True, cwd=folder,
                           stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        run("phantom", "--out", "raw", "--cases", "2", "--seed", "8", "--shape", "20,26,24",
            "--defects", "fraction")
        run("import", "--in", "raw", "--out", "data")
        with open(os.path.join(folder, "data", "manifest.json"), encoding="utf-8") as stream:
            manifest = json.load(stream)
        assert [case["storage"] for case in manifest["cases"]] == ["float32", "int16"]
        with h5py.File(os.path.join(folder, "data", "shard-0000.h5")) as shard:
            assert shard.attrs["yates_schema"] == 1
            for case in manifest["cases"]:
                check(case, os.path.join(folder, "raw"), shard)
    print("equal, by h5py", h5py.__version__)


main()
