#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Published PyTorch checkpoint -> safetensors, without running anything that the file holds.

torch.save files are pickles, and a pickle may call any function. This reader knows the two calls
that rebuild a tensor and plain containers; whatever else a file names is refused by name. Needs
neither torch nor numpy. Both forms of torch.save are read: the zip of PyTorch 1.6 and later, and the
stream of pickles before it.

The weights are looked for in the file itself and under the keys that training scripts use
(state_dict, model, network_weights, ...); the prefixes module. and _orig_mod. are removed.
"""
import argparse
import json
import os
import pickle
import struct
import sys
import zipfile

DTYPES = {  # storage class: (safetensors name, bytes)
    "FloatStorage": ("F32", 4), "DoubleStorage": ("F64", 8), "HalfStorage": ("F16", 2),
    "BFloat16Storage": ("BF16", 2), "LongStorage": ("I64", 8), "IntStorage": ("I32", 4),
    "ShortStorage": ("I16", 2), "CharStorage": ("I8", 1), "ByteStorage": ("U8", 1),
    "BoolStorage": ("BOOL", 1)}
WEIGHT_KEYS = ("state_dict", "model_state_dict", "network_weights", "model", "net", "weights")
EMA_KEYS = ("ema_state_dict", "model_ema", "state_dict_ema", "ema_model", "ema")
PREFIXES = ("module.", "_orig_mod.")
LEGACY_MAGIC = 0x1950A86A20F9469CFC6C
MAX_ELEMENTS = 1 << 40


class Refused(Exception):
    """The file is not what it should be, or wants something done that is not needed for weights."""


class StorageType:
    """Stands for a class such as torch.FloatStorage."""

    def __init__(self, name):
        self.dtype, self.item_bytes = DTYPES[name]


class Storage:
    """The bytes of one storage; the stream form knows them only after all pickles."""

    def __init__(self, kind, elements, data=None):
        self.kind, self.elements, self.data = kind, elements, data

    def __setstate__(self, state):
        raise Refused("a storage with a state of its own")


class Tensor:
    """A strided view of a storage."""

    def __init__(self, storage, offset, shape, strides):
        numbers = (offset, *shape, *strides)
        if not all(isinstance(n, int) and not isinstance(n, bool) and n >= 0 for n in numbers):
            raise Refused("a tensor has an offset, shape or stride that is no natural number")
        if len(shape) != len(strides):
            raise Refused(f"a tensor has {len(shape)} axes and {len(strides)} strides")
        count = 1
        for side in shape:
            count *= side
        last = offset + sum((n - 1) * s for n, s in zip(shape, strides)) if count else offset
        if count > MAX_ELEMENTS or (count and last >= storage.elements):
            raise Refused(f"a tensor of shape {list(shape)} reaches beyond its storage of "
                          f"{storage.elements} elements")
        self.storage, self.offset = storage, offset
        self.shape, self.strides, self.count = tuple(shape), tuple(strides), count

    def __setstate__(self, state):
        raise Refused("a tensor with a state of its own")

    @property
    def dtype(self):
        return self.storage.kind.dtype

    def bytes(self):
        """The elements in row-major order."""
        size, data = self.storage.kind.item_bytes, self.storage.data
        expected, step = [], 1
        for side in reversed(self.shape):
            expected.insert(0, step)
            step *= side
        if self.count == 0:
            return b""
        if all(n == 1 or a == b for n, a, b in zip(self.shape, self.strides, expected)):
            return bytes(data[self.offset * size:(self.offset + self.count) * size])
        parts = []
        place = [0] * len(self.shape)
        for _ in range(self.count):
            at = (self.offset + sum(p * s for p, s in zip(place, self.strides))) * size
            parts.append(data[at:at + size])
            for axis in reversed(range(len(place))):
                place[axis] += 1
                if place[axis] < self.shape[axis]:
                    break
                place[axis] = 0
        return b"".join(parts)


def rebuild_tensor(storage, offset, shape, strides, *_):
    if not isinstance(storage, Storage):
        raise Refused("a tensor without a storage")
    return Tensor(storage, offset, tuple(shape), tuple(strides))


def rebuild_parameter(tensor, *_):
    return tensor


class PlainDict(dict):
    """collections.OrderedDict and defaultdict without behaviour; attributes are dropped."""

    def __init__(self, *arguments):
        super().__init__(*(a for a in arguments if isinstance(a, (dict, list, tuple))))

    def __setstate__(self, state):
        pass


def torch_size(items=()):
    return tuple(items)


ALLOWED = {
    ("torch._utils", "_rebuild_tensor_v2"): rebuild_tensor,
    ("torch._utils", "_rebuild_tensor"): rebuild_tensor,
    ("torch._utils", "_rebuild_parameter"): rebuild_parameter,
    ("collections", "OrderedDict"): PlainDict,
    ("torch", "Size"): torch_size,
    **{("torch", name): StorageType(name) for name in DTYPES}}


class Reader(pickle.Unpickler):
    """Unpickles tensors, plain containers and nothing else."""

    def __init__(self, file, load_storage):
        super().__init__(file, encoding="utf-8")
        self.load_storage = load_storage

    def find_class(self, module, name):
        if (module, name) not in ALLOWED:
            raise Refused(f"the file wants to use {module}.{name}, which weights do not need; nothing "
                          "of it was run")
        return ALLOWED[module, name]

    def persistent_load(self, pid):
        if not (isinstance(pid, tuple) and len(pid) >= 5 and pid[0] == "storage"):
            raise Refused(f"an unknown kind of reference: {pid!r:.80}")
        kind, key, elements = pid[1], pid[2], pid[4]
        if not isinstance(kind, StorageType):
            raise Refused("a storage of an unknown type")
        if not isinstance(elements, int) or not 0 <= elements <= MAX_ELEMENTS:
            raise Refused(f"a storage of {elements!r:.40} elements")
        if len(pid) > 5 and pid[5] is not None:
            raise Refused("a view of a storage, as PyTorch before 0.4 wrote it; save it again")
        return self.load_storage(kind, str(key), elements)


def load_pickle(file, load_storage):
    try:
        return Reader(file, load_storage).load()
    except Refused:
        raise
    except Exception as error:
        raise Refused(f"damaged pickle: {type(error).__name__}: {error}") from error


def read_zip(path):
    with zipfile.ZipFile(path) as archive:
        names = archive.namelist()
        pickles = [name for name in names if name == "data.pkl" or name.endswith("/data.pkl")]
        if len(pickles) != 1:
            raise Refused(f"{len(pickles)} files data.pkl in the archive, not 1")
        root = pickles[0][:-len("data.pkl")]
        if root + "constants.pkl" in names:
            raise Refused("a TorchScript program, not a checkpoint; save its state_dict() instead")
        if root + "byteorder" in names and archive.read(root + "byteorder") != b"little":
            raise Refused("written on a big-endian machine")
        storages = {}

        def load_storage(kind, key, elements):
            if key not in storages:
                if f"{root}data/{key}" not in names:
                    raise Refused(f"storage {key} is missing from the archive")
                size = archive.getinfo(f"{root}data/{key}").file_size
                if size != elements * kind.item_bytes:
                    raise Refused(f"storage {key} has {size} bytes for {elements} elements")
                storages[key] = Storage(kind, elements, archive.read(f"{root}data/{key}"))
            if storages[key].kind is not kind:
                raise Refused(f"storage {key} has two types")
            return storages[key]

        with archive.open(pickles[0]) as file:
            return load_pickle(file, load_storage)


def read_stream(path):
    """The form before PyTorch 1.6: pickles of magic, version, machine, content, keys; then data."""
    storages = {}

    def no_storage(*_):
        raise Refused("a storage before the content")

    def load_storage(kind, key, elements):
        return storages.setdefault(key, Storage(kind, elements))

    with open(path, "rb") as file:
        if load_pickle(file, no_storage) != LEGACY_MAGIC:
            raise Refused("neither a zip nor the older form of torch.save")
        version = load_pickle(file, no_storage)
        machine = load_pickle(file, no_storage)
        if version != 1001 or not isinstance(machine, dict) or not machine.get("little_endian"):
            raise Refused("another protocol version or byte order")
        content = load_pickle(file, load_storage)
        for key in load_pickle(file, no_storage):
            storage = storages.get(str(key))
            head = file.read(8)
            if storage is None or len(head) != 8 or struct.unpack("<q", head)[0] != storage.elements:
                raise Refused(f"storage {key!r:.40} is not the one its tensor speaks of")
            storage.data = file.read(storage.elements * storage.kind.item_bytes)
            if len(storage.data) != storage.elements * storage.kind.item_bytes:
                raise Refused(f"storage {key!r:.40} is cut short")
    if any(storage.data is None for storage in storages.values()):
        raise Refused("a storage has no data")
    return content


def tensors_of(table):
    """Name -> tensor if `table` is a state dict, else None."""
    if not isinstance(table, dict):
        return None
    tensors = {name: value for name, value in table.items() if isinstance(value, Tensor)}
    named = all(isinstance(name, str) for name in tensors)
    return tensors if tensors and named else None


def find_weights(content, key, ema):
    """The state dict, and the key path that led to it."""
    if key:
        for part in key.split("/"):
            if not isinstance(content, dict) or part not in content:
                there = ", ".join(map(str, content)) if isinstance(content, dict) else "no keys"
                raise Refused(f"there is no key '{part}' of '{key}'; found: {there}")
            content = content[part]
        weights = tensors_of(content)
        if weights is None:
            raise Refused(f"'{key}' holds no tensors by name")
        return weights, key
    keys = EMA_KEYS if ema else WEIGHT_KEYS
    waiting = [(content, "")]
    while waiting:
        table, path = waiting.pop(0)
        weights = tensors_of(table)
        twins = weights and any(name.startswith("ema_model.") for name in weights)
        if weights and (not ema or path or twins):
            return weights, path
        if isinstance(table, dict):
            inner = (*keys, *WEIGHT_KEYS) if ema and path else keys
            waiting += [(table[k], f"{path}/{k}".strip("/")) for k in inner if k in table]
    there = ", ".join(map(str, content)) if isinstance(content, dict) else type(content).__name__
    raise Refused(f"no {'averaged ' if ema else ''}weights found; the file holds: {there}; name the "
                  "place with --key A/B")


def plain_name(name):
    changed = True
    while changed:
        changed = False
        for prefix in PREFIXES:
            if name.startswith(prefix):
                name, changed = name[len(prefix):], True
    return name


def renamed(weights, keep_names, ema):
    """Without prefixes, and of ema_pytorch's two networks the one that was asked for."""
    twin = "ema_model." if ema else "online_model."
    if any(name.startswith(twin) for name in weights):
        weights = {name[len(twin):]: tensor for name, tensor in weights.items()
                   if name.startswith(twin)}
    result = {}
    for name, tensor in weights.items():
        new = name if keep_names else plain_name(name)
        if new == "n_averaged" and tensor.shape == ():
            continue  # The counter of torch.optim.swa_utils.AveragedModel.
        if new in result:
            raise Refused(f"two tensors are called '{new}' without their prefixes")
        result[new] = tensor
    return result


def write_safetensors(path, tensors, metadata):
    header, offset = {"__metadata__": metadata}, 0
    for name, tensor in tensors.items():
        size = tensor.count * tensor.storage.kind.item_bytes
        header[name] = {"dtype": tensor.dtype, "shape": list(tensor.shape),
                        "data_offsets": [offset, offset + size]}
        offset += size
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    temporary = f"{path}.tmp{os.getpid()}"
    try:
        with open(temporary, "wb") as file:
            file.write(struct.pack("<Q", len(text)) + text)
            for tensor in tensors.values():
                file.write(tensor.bytes())
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)
    finally:
        if os.path.exists(temporary):
            os.remove(temporary)


def convert(source, target, key="", ema=False, keep_names=False):
    """Returns the key path of the weights and their tensors. Raises Refused or OSError."""
    content = read_zip(source) if zipfile.is_zipfile(source) else read_stream(source)
    weights, path = find_weights(content, key, ema)
    tensors = renamed(weights, keep_names, ema)
    write_safetensors(target, tensors, {"format": "pt"})
    return path, tensors


def main():
    parser = argparse.ArgumentParser(
        description="PyTorch checkpoint to safetensors, without running its pickled code.",
        epilog="example: tools/convert_checkpoint.py final_model.pt weights.safetensors")
    parser.add_argument("source", help="file of torch.save")
    parser.add_argument("target", help="safetensors file to write")
    parser.add_argument("--key", default="", help="place of the weights, e.g. state_dict/net")
    parser.add_argument("--ema", action="store_true", help="the moving average of the weights")
    parser.add_argument("--keep-names", action="store_true", help="leave prefixes such as module.")
    arguments = parser.parse_args()
    try:
        path, tensors = convert(arguments.source, arguments.target, arguments.key, arguments.ema,
                                arguments.keep_names)
    except Refused as refusal:
        print(f"{arguments.source}: {refusal}", file=sys.stderr)
        return 65
    except (OSError, zipfile.BadZipFile) as error:
        print(f"{arguments.source}: {error}", file=sys.stderr)
        return 66 if isinstance(error, FileNotFoundError) else 74
    elements = sum(tensor.count for tensor in tensors.values())
    print(f"{arguments.target}: {len(tensors)} tensors, {elements} elements"
          + (f", from '{path}'" if path else ""))
    return 0


if __name__ == "__main__":
    sys.exit(main())
