#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""tools/convert_checkpoint.py on files put together byte by byte, without torch.
With the argument --torch also on files that torch.save writes, read back by safetensors."""
import collections
import io
import json
import os
import pickle
import struct
import sys
import tempfile
import types
import unittest
import zipfile

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "..", "tools"))
import convert_checkpoint as converter  # noqa: E402


class Storage:
    def __init__(self, kind, key, values, code):
        self.kind, self.key, self.data = kind, key, struct.pack(f"<{len(values)}{code}", *values)
        self.count = len(values)


class FakeTensor:
    def __init__(self, storage, offset, shape, strides):
        self.arguments = (storage, offset, shape, strides, False, collections.OrderedDict())

    def __reduce__(self):
        return fake_utils._rebuild_tensor_v2, self.arguments


class Evil:
    def __reduce__(self):
        return os.system, ("touch evil",)


def _rebuild_tensor_v2(*_):
    raise AssertionError("the test never unpickles")


fake_utils = types.SimpleNamespace(_rebuild_tensor_v2=_rebuild_tensor_v2)


def pickled(content):
    """As torch.save: global names of torch, storages as persistent references."""
    torch, utils = types.ModuleType("torch"), types.ModuleType("torch._utils")
    for name in ("FloatStorage", "LongStorage", "HalfStorage"):
        setattr(torch, name, type(name, (), {"__module__": "torch"}))
    utils._rebuild_tensor_v2 = _rebuild_tensor_v2
    _rebuild_tensor_v2.__module__ = "torch._utils"
    saved = {name: sys.modules.get(name) for name in ("torch", "torch._utils")}
    sys.modules.update({"torch": torch, "torch._utils": utils})
    try:
        class Pickler(pickle.Pickler):
            def persistent_id(self, value):
                if isinstance(value, Storage):
                    return ("storage", getattr(torch, value.kind), value.key, "cpu", value.count)
                return None

        buffer = io.BytesIO()
        Pickler(buffer, 2).dump(content)
        return buffer.getvalue()
    finally:
        for name, module in saved.items():
            sys.modules.pop(name)
            if module is not None:
                sys.modules[name] = module


def read_safetensors(path):
    with open(path, "rb") as file:
        data = file.read()
    size = struct.unpack("<Q", data[:8])[0]
    header = json.loads(data[8:8 + size])
    header.pop("__metadata__")
    body = data[8 + size:]
    return {name: (entry["dtype"], entry["shape"], body[slice(*entry["data_offsets"])])
            for name, entry in header.items()}


class ConvertCheckpoint(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)
        self.source = os.path.join(self.folder.name, "source.pt")
        self.target = os.path.join(self.folder.name, "weights.safetensors")
        self.floats = Storage("FloatStorage", "0", [1.5, -2.0, 0.25, 4.0, 5.0, -6.0], "f")
        self.longs = Storage("LongStorage", "1", [7], "q")

    def weights(self, prefix=""):
        return collections.OrderedDict([
            (prefix + "a.weight", FakeTensor(self.floats, 0, (2, 3), (3, 1))),
            (prefix + "a.turned", FakeTensor(self.floats, 1, (2, 2), (1, 3))),
            (prefix + "count", FakeTensor(self.longs, 0, (), ()))])

    def write_zip(self, content, **more):
        with zipfile.ZipFile(self.source, "w") as archive:
            archive.writestr("archive/data.pkl", content if isinstance(content, bytes)
                             else pickled(content))
            archive.writestr("archive/byteorder", "little")
            for storage in (self.floats, self.longs):
                archive.writestr(f"archive/data/{storage.key}", storage.data)
            for name, data in more.items():
                archive.writestr(f"archive/{name}", data)

    def expect_weights(self, **options):
        converter.convert(self.source, self.target, **options)
        tensors = read_safetensors(self.target)
        self.assertEqual(tensors["a.weight"], ("F32", [2, 3], self.floats.data))
        self.assertEqual(tensors["a.turned"],
                         ("F32", [2, 2], struct.pack("<4f", -2.0, 5.0, 0.25, -6.0)))
        self.assertEqual(tensors["count"], ("I64", [], struct.pack("<q", 7)))
        self.assertEqual(len(tensors), 3)

    def expect_refusal(self, text, **options):
        with self.assertRaises(converter.Refused) as caught:
            converter.convert(self.source, self.target, **options)
        self.assertIn(text, str(caught.exception))
        self.assertEqual([n for n in os.listdir(self.folder.name) if n != "source.pt"], [])

    def test_a_plain_state_dict(self):
        self.write_zip(self.weights())
        self.expect_weights()

    def test_prefixes_are_removed_wherever_the_weights_lie(self):
        for content in ({"state_dict": self.weights("module.")},
                        {"epoch": 3, "model": self.weights("_orig_mod.module.")},
                        {"network_weights": self.weights("module.module."), "loss": [0.5, None]},
                        {"state_dict": {"net": self.weights()}}):
            self.write_zip(content)
            self.expect_weights()

    def test_moving_averages(self):
        other = {"a.weight": FakeTensor(self.floats, 0, (6,), (1,))}
        self.write_zip({"model": other, "ema_state_dict": self.weights("module.")})
        self.expect_weights(ema=True)
        averaged = self.weights("module.")
        averaged["n_averaged"] = FakeTensor(self.longs, 0, (), ())
        self.write_zip({"model": other, "model_ema": {"state_dict": averaged}})
        self.expect_weights(ema=True)
        twins = self.weights("ema_model.module.")
        twins.update({"online_model." + name: tensor for name, tensor in other.items()})
        self.write_zip(twins)
        self.expect_weights(ema=True)
        os.remove(self.target)
        self.write_zip({"model": self.weights()})
        self.expect_refusal("no averaged weights", ema=True)

    def test_a_named_place(self):
        self.write_zip({"x": {"y": self.weights()}})
        self.expect_weights(key="x/y")
        os.remove(self.target)
        self.expect_refusal("--key")
        self.expect_refusal("there is no key 'z'", key="x/z")

    def test_the_older_stream_form(self):
        header = [0x1950A86A20F9469CFC6C, 1001, {"little_endian": True, "protocol_version": 1001}]
        with open(self.source, "wb") as file:
            for part in header:
                file.write(pickle.dumps(part, 2))
            file.write(pickled({"state_dict": self.weights("module.")}))
            file.write(pickle.dumps(["0", "1"], 2))
            for storage in (self.floats, self.longs):
                file.write(struct.pack("<q", storage.count) + storage.data)
        self.expect_weights()
        with open(self.source, "rb") as file:
            whole = file.read()
        os.remove(self.target)
        for length in (0, 5, 40, len(whole) - 1):
            with open(self.source, "wb") as file:
                file.write(whole[:length])
            self.expect_refusal("")

    def test_a_malicious_pickle_is_refused_by_name_and_not_run(self):
        before = os.getcwd()
        os.chdir(self.folder.name)
        self.addCleanup(os.chdir, before)
        content = {"state_dict": self.weights(), "optimizer": Evil()}
        self.write_zip(content)
        self.expect_refusal(f"{os.system.__module__}.system")
        with open(self.source, "wb") as file:
            file.write(pickle.dumps(Evil(), 2))
        self.expect_refusal(f"{os.system.__module__}.system")
        for text in (b"cbuiltins\neval\n(S'1'\ntR.", b"cbuiltins\ngetattr\n.", b"ctorch\nload\n.",
                     b"\x80\x04\x8c\x06torch.\x8c\x03hub\x93."):
            self.write_zip(text)
            self.expect_refusal("the file wants to use")

    def test_tensors_that_lie_are_refused(self):
        for arguments in ((self.floats, 0, (7,), (1,)), (self.floats, 6, (1,), (1,)),
                          (self.floats, -1, (2,), (1,)), (self.floats, 0, (2, 2), (1,)),
                          (self.floats, 0, (2,), (-1,)), (self.floats, 0, (1 << 50,), (0,))):
            self.write_zip({"w": FakeTensor(*arguments)})
            self.expect_refusal("tensor")
        self.floats.data = self.floats.data[:-1]
        self.write_zip(self.weights())
        self.expect_refusal("storage 0 has 23 bytes for 6 elements")

    def test_other_files_are_refused(self):
        self.write_zip(self.weights(), **{"constants.pkl": b""})
        self.expect_refusal("TorchScript")
        self.write_zip([1, 2])
        self.expect_refusal("no weights found")
        with open(self.source, "wb") as file:
            file.write(b"not a checkpoint")
        self.expect_refusal("")

    def test_colliding_names_are_refused(self):
        content = self.weights()
        content.update(self.weights("module."))
        self.write_zip(content)
        self.expect_refusal("two tensors are called")


class AgainstTorch(unittest.TestCase):
    def test_files_of_torch_save(self):
        import torch
        from safetensors.torch import load_file
        module = torch.nn.Sequential(torch.nn.Conv3d(2, 4, 3), torch.nn.Linear(3, 5)).half()
        module[1].float()
        expected = module.state_dict()
        wrapped = {"module." + name: value for name, value in expected.items()}
        with tempfile.TemporaryDirectory() as folder:
            source, target = os.path.join(folder, "s.pt"), os.path.join(folder, "t.safetensors")
            for new in (True, False):
                for content in (expected, {"state_dict": wrapped, "epoch": 1},
                                {"model": dict(module.named_parameters())},
                                {"w": torch.arange(24).reshape(2, 3, 4).permute(2, 0, 1)[1:, :, 1]}):
                    torch.save(content, source, _use_new_zipfile_serialization=new)
                    converter.convert(source, target)
                    actual = load_file(target)
                    wanted = content if "w" in content else expected
                    self.assertEqual(actual.keys(), wanted.keys())
                    for name, value in wanted.items():
                        self.assertTrue(torch.equal(actual[name], value), name)
                        self.assertEqual(actual[name].dtype, value.dtype)


if __name__ == "__main__":
    if "--torch" in sys.argv:
        sys.argv.remove("--torch")
    else:
        del AgainstTorch
    unittest.main()
