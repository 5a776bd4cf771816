# SPDX-License-Identifier: Apache-2.0
"""The published training augmentation by batchgenerators, one process.

Argument: {"what": "mix"|"spatial"|"low_resolution", "patch": N, "samples": N}. Prints milliseconds
per sample of shape (4, N, N, N): for the mix the mean over `samples` (with its smallest and largest
third of them), otherwise of three calls.
"""
import json
import sys
import time
from importlib.metadata import version

import numpy as np
from batchgenerators.transforms.abstract_transforms import Compose
from batchgenerators.transforms.color_transforms import (
    BrightnessMultiplicativeTransform, ContrastAugmentationTransform, GammaTransform)
from batchgenerators.transforms.noise_transforms import (
    GaussianBlurTransform, GaussianNoiseTransform)
from batchgenerators.transforms.resample_transforms import SimulateLowResolutionTransform
from batchgenerators.transforms.spatial_transforms import MirrorTransform, SpatialTransform


def spatial(patch, p_rotation, p_scale):
    angle = (-np.pi / 6, np.pi / 6)
    return SpatialTransform(
        (patch,) * 3, patch_center_dist_from_border=None, do_elastic_deform=False,
        do_rotation=True, angle_x=angle, angle_y=angle, angle_z=angle, p_rot_per_axis=1,
        do_scale=True, scale=(0.7, 1.4), border_mode_data="constant", border_cval_data=0,
        order_data=3, border_mode_seg="constant", border_cval_seg=-1, order_seg=1,
        random_crop=False, p_el_per_sample=0, p_scale_per_sample=p_scale,
        p_rot_per_sample=p_rotation, independent_scale_for_each_axis=False)


def low_resolution(p_sample, p_channel):
    return SimulateLowResolutionTransform(
        zoom_range=(0.5, 1), per_channel=True, p_per_channel=p_channel, order_downsample=0,
        order_upsample=3, p_per_sample=p_sample, ignore_axes=None)


def mix(patch):
    return Compose([
        spatial(patch, 0.2, 0.2),
        GaussianNoiseTransform(p_per_sample=0.1),
        GaussianBlurTransform((0.5, 1.0), different_sigma_per_channel=True, p_per_sample=0.2,
                              p_per_channel=0.5),
        BrightnessMultiplicativeTransform(multiplier_range=(0.75, 1.25), p_per_sample=0.15),
        ContrastAugmentationTransform(p_per_sample=0.15),
        low_resolution(0.25, 0.5),
        GammaTransform((0.7, 1.5), True, True, retain_stats=True, p_per_sample=0.1),
        GammaTransform((0.7, 1.5), False, True, retain_stats=True, p_per_sample=0.3),
        MirrorTransform((0, 1, 2)),
    ])


def main():
    arguments = json.loads(sys.argv[1])
    patch, what = arguments["patch"], arguments["what"]
    np.random.seed(1)
    transform = {"mix": lambda: mix(patch), "spatial": lambda: spatial(patch, 1, 0),
                 "low_resolution": lambda: low_resolution(1, 1)}[what]()
    image = np.random.standard_normal((1, 4, patch, patch, patch)).astype(np.float32)
    labels = np.zeros((1, 1, patch, patch, patch), np.int16)
    for label in (1, 2, 3):
        labels[:, :, patch * (label + 1) // 8:patch * (label + 2) // 8] = label
    milliseconds = []
    for _ in range(arguments["samples"] if what == "mix" else 3):
        sample = {"data": image.copy(), "seg": labels.copy()}
        begin = time.perf_counter()
        transform(**sample)
        milliseconds.append(1e3 * (time.perf_counter() - begin))
    if what == "mix":
        thirds = [float(np.mean(part)) for part in np.array_split(np.array(milliseconds), 3)]
        value, low, high = float(np.mean(milliseconds)), min(thirds), max(thirds)
    else:
        value, low, high = float(np.median(milliseconds)), min(milliseconds), max(milliseconds)
    print(json.dumps({"name": f"batchgenerators {version('batchgenerators')}", "median": value,
                      "min": low, "max": high, "n": len(milliseconds)}))


main()
