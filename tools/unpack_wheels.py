#!/usr/bin/env python3
"""Unpacks what a C++ build on the CPU needs out of the LibTorch and CUDA runtime wheels.
usage: unpack_wheels.py WHEELS_DIR ROOT"""
import pathlib
import sys
import zipfile

TORCH_LIBRARIES = {"torch/lib/libc10.so", "torch/lib/libtorch_cpu.so", "torch/lib/libgomp.so.1"}
CUDA_LIBRARIES = ("libcudart.so.13", "libcupti.so.13")


def wanted(name):
    return (name.startswith("torch/include/") or name in TORCH_LIBRARIES
            or name.endswith(CUDA_LIBRARIES) or "licenses/" in name.lower())


def main():
    wheels, root = pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2])
    count = 0
    for path in sorted(wheels.glob("*.whl")):
        with zipfile.ZipFile(path) as wheel:
            for name in filter(wanted, wheel.namelist()):
                wheel.extract(name, root)
                count += 1
    print(f"unpacked {count} files into {root}")


if __name__ == "__main__":
    main()
