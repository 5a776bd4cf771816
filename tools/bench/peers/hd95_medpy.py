"""Peer of `yates bench hd95`: MedPy's hd95 of the three regions, spacing 1, from arrays in memory.
Processor seconds of the metric alone; making the masks is not counted."""
import importlib.metadata
import json
import statistics
import sys
import time

import medpy.metric.binary
import nibabel
import numpy


def main():
    arguments = json.loads(sys.argv[1])
    pred = numpy.asarray(nibabel.load(arguments["pred"]).dataobj)
    ref = numpy.asarray(nibabel.load(arguments["ref"]).dataobj)
    masks = [(numpy.isin(pred, labels), numpy.isin(ref, labels))
             for labels in ([1, 2, 3], [1, 3], [3])]
    seconds = []
    for _ in range(max(1, min(arguments["repeats"], 3))):
        start = time.process_time()
        for a, b in masks:
            if a.any() and b.any():
                medpy.metric.binary.hd95(a, b, voxelspacing=(1, 1, 1))
        seconds.append(time.process_time() - start)
    print(json.dumps({"name": "MedPy " + importlib.metadata.version("medpy"),
                      "median": statistics.median(seconds), "min": min(seconds),
                      "max": max(seconds), "n": len(seconds)}))


main()
