# SPDX-License-Identifier: Apache-2.0
"""Random crops by the usual h5py recipe: float32, chunks (1, 64, 64, 64), shuffle, gzip 1.

Argument: {"shards": DIR, "patch": N, "crops": N, "repeats": N}. Prints crops per second.
The same cases are first written to a file of that recipe; writing is not timed.
"""
import glob
import json
import os
import sys
import tempfile
import time

import h5py
import numpy as np


def main():
    arguments = json.loads(sys.argv[1])
    patch, crops = arguments["patch"], arguments["crops"]
    rng = np.random.default_rng(1)
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "recipe.h5")
        with h5py.File(path, "w") as out:
            for shard in sorted(glob.glob(os.path.join(arguments["shards"], "*.h5"))):
                with h5py.File(shard) as source:
                    for case in source:
                        image = source[case]["image"][:].astype(np.float32)
                        mean = image.mean(axis=(1, 2, 3), keepdims=True)
                        sd = image.std(axis=(1, 2, 3), keepdims=True)
                        chunks = (1,) + tuple(min(64, n) for n in image.shape[1:])
                        out.create_dataset(case, data=(image - mean) / sd, chunks=chunks,
                                           shuffle=True, compression="gzip", compression_opts=1)
        rates = []
        with h5py.File(path) as data:
            cases = sorted(data)
            for repeat in range(arguments["repeats"] + 1):
                begin = time.perf_counter()
                for _ in range(crops):
                    volume = data[cases[rng.integers(len(cases))]]
                    z, y, x = (int(rng.integers(max(1, n - patch + 1))) for n in volume.shape[1:])
                    crop = volume[:, z:z + patch, y:y + patch, x:x + patch]
                    assert crop.size
                if repeat > 0:
                    rates.append(crops / (time.perf_counter() - begin))
    print(json.dumps({"name": f"h5py {h5py.__version__} chunks 1x64x64x64 shuffle gzip1",
                      "median": float(np.median(rates)), "min": min(rates), "max": max(rates),
                      "n": len(rates)}))


main()
