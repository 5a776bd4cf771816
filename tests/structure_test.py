#!/usr/bin/env python3
"""The structure check has power: each planted fault is reported."""
import pathlib
import shutil
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent
SPDX = "// SPDX-License-Identifier: Apache-2.0\n"
FAULTS = {
    "kernels/scan/upward.cpp": ('#include "io/image/nifti.hpp"\n', "may not include"),
    "model/owner.cpp": ("#include <hdf5.h>\n", "belongs to"),
    "kernels/scan/tensor.cpp": ("#include <ATen/core/Tensor.h>\n", "free of LibTorch"),
    "io/image_utils.hpp": ("\n", "says nothing"),
    "base/extra.hpp": ("\n", "closed list"),
    "io/image/long.cpp": ("\n" * 501, "split it by noun"),
    "launcher/train/all.cpp": ("#include <torch/torch.h>\n", "belongs to"),
    "extra/file.cpp": ("\n", "top-level"),
}


def report(tree):
    command = [sys.executable, str(tree / "tools/check_layers.py")]
    return subprocess.run(command, capture_output=True, text=True).stdout


def planted(files):
    with tempfile.TemporaryDirectory() as folder:
        tree = pathlib.Path(folder)
        (tree / "tools").mkdir()
        for name in ("check_layers.py", "layers.txt"):
            shutil.copy(ROOT / "tools" / name, tree / "tools")
        for name, text in files.items():
            (tree / name).parent.mkdir(parents=True, exist_ok=True)
            (tree / name).write_text(SPDX + text)
        subprocess.run(["git", "init", "-q", folder], check=True)
        return report(tree)


def main():
    failed = 0
    for name, (text, expected) in FAULTS.items():
        if expected not in planted({name: text}):
            print(f"not found: {name}: {expected}")
            failed += 1
    cycle = planted({"io/shard/a.hpp": '#include "io/dataset/b.hpp"\n',
                     "io/dataset/b.hpp": '#include "io/shard/a.hpp"\n'})
    if "cycle" not in cycle:
        print("a cycle between folders is not found")
        failed += 1
    if "0 problems" not in planted({"io/image/fine.cpp": '#include "base/error.hpp"\n'}):
        print("a clean tree is reported")
        failed += 1
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
