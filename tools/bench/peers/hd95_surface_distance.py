"""Peer of `yates bench hd95`: DeepMind's surface-distance, three regions, from arrays in memory.
Processor seconds of the metric alone; making the masks is not counted."""
import importlib.metadata
import json
import statistics
import sys
import time
import warnings

import nibabel
import numpy
import scipy.ndimage

# surface-distance 0.1 uses names that SciPy deprecates and will drop.
warnings.simplefilter("ignore", DeprecationWarning)
for old in ("filters", "morphology"):
    if not hasattr(scipy.ndimage, old):
        setattr(scipy.ndimage, old, scipy.ndimage)

import surface_distance  # noqa: E402


def main():
    arguments = json.loads(sys.argv[1])
    pred = numpy.asarray(nibabel.load(arguments["pred"]).dataobj)
    ref = numpy.asarray(nibabel.load(arguments["ref"]).dataobj)
    masks = [(numpy.isin(pred, labels), numpy.isin(ref, labels))
             for labels in ([1, 2, 3], [1, 3], [3])]
    seconds = []
    for _ in range(max(2, arguments["repeats"])):
        start = time.process_time()
        for a, b in masks:
            if a.any() and b.any():
                distances = surface_distance.compute_surface_distances(b, a, (1, 1, 1))
                surface_distance.compute_robust_hausdorff(distances, 95)
        seconds.append(time.process_time() - start)
    seconds = seconds[1:]
    print(json.dumps({"name": "surface-distance " + importlib.metadata.version("surface-distance"),
                      "median": statistics.median(seconds), "min": min(seconds),
                      "max": max(seconds), "n": len(seconds)}))


main()
