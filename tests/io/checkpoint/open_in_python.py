# SPDX-License-Identifier: Apache-2.0
"""Opens a file of our writer with the public safetensors package. Usage: open_in_python.py FILE"""
import sys

from safetensors import safe_open

with safe_open(sys.argv[1], "numpy") as file:
    assert file.metadata() == {"note": 'quote " and \u00e9', "step": "12"}, file.metadata()
    assert sorted(file.keys()) == ["empty", "labels", "scalar", "weight"], file.keys()
    weight = file.get_tensor("weight")
    assert weight.dtype.name == "float32" and weight.shape == (2, 3), weight
    assert weight.ravel().tolist() == [1.5, -2.0, 0.25, 4.0, 5.0, -6.0], weight
    assert file.get_tensor("labels").tolist() == [1, 2, 3]
    assert file.get_tensor("scalar").tolist() == -7
    assert file.get_tensor("empty").shape == (4, 0)
print("opened", sys.argv[1])
