#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Weights of `yates model init` opened by the rules of the safetensors format alone, and by the public
package where it is installed."""
import json
import os
import struct
import subprocess
import sys
import tempfile

ROOT = os.path.join(os.path.dirname(__file__), "..", "..", "..")
BYTES = {"F32": 4, "F64": 8, "I64": 8}


def strictly_parsed(path):
    """Name -> (shape, bytes); every rule of the format is asserted."""
    with open(path, "rb") as file:
        data = file.read()
    size = struct.unpack("<Q", data[:8])[0]
    assert size % 8 == 0 and data[8:9] == b"{", "header not aligned"
    header = json.loads(data[8:8 + size])
    metadata = header.pop("__metadata__", {})
    assert all(isinstance(value, str) for value in metadata.values()), metadata
    body, end = data[8 + size:], 0
    for name, entry in sorted(header.items(), key=lambda item: item[1]["data_offsets"]):
        begin, stop = entry["data_offsets"]
        count = 1
        for side in entry["shape"]:
            count *= side
        assert begin == end and stop - begin == count * BYTES[entry["dtype"]], name
        end = stop
    assert end == len(body), "bytes beside the tensors"
    return {name: (entry["shape"], body[slice(*entry["data_offsets"])])
            for name, entry in header.items()}


def main():
    yates = os.environ["YATES_BINARY"]
    with open(os.path.join(ROOT, "tests/golden/model/state_dict_c48.json")) as file:
        published = [name for name, _ in json.load(file)["state_dict"]]
    with tempfile.TemporaryDirectory() as folder:
        weights = os.path.join(folder, "w.safetensors")
        subprocess.run([yates, "model", "init", "--out", weights, "model.width=8"], check=True,
                       stdout=subprocess.DEVNULL)
        tensors = strictly_parsed(weights)
        assert sorted(tensors) == sorted(published), set(tensors) ^ set(published)
        assert tensors["encoder1.layer.conv1.conv.weight"][0] == [8, 4, 3, 3, 3]
        try:
            import numpy
            from safetensors.numpy import load_file
        except ImportError:
            print("the public package is absent; parsed by the rules alone")
            return
        opened = load_file(weights)
        for name, (shape, data) in tensors.items():
            assert opened[name].dtype == numpy.float32 and list(opened[name].shape) == shape, name
            assert opened[name].tobytes() == data, name


if __name__ == "__main__":
    sys.exit(main())
