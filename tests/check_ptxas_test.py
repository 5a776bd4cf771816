#!/usr/bin/env python3
"""The check of the kernels' resources has power: a planted spill in the scan, an architecture that
was left out and an absent report are each reported; spills elsewhere are not."""
import pathlib
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent
ENTRY = """ptxas info    : Compiling entry function '_ZN5yates12{kernel}ILi{n}EEEvNS_4PlanE' for '{gpu}'
ptxas info    : Function properties for x
    0 bytes stack frame, {spilled} bytes spill stores, 0 bytes spill loads
ptxas info    : Used 40 registers, used 1 barriers, 8 bytes smem
"""


def report(reports):
    with tempfile.TemporaryDirectory() as folder:
        for name, entries in reports.items():
            text = "".join(ENTRY.format(kernel="carry_kernel", n=n, gpu=gpu, spilled=spilled)
                           for n, gpu, spilled in entries)
            (pathlib.Path(folder) / f"{name}.cu.o.ptxas").write_text(text)
        command = [sys.executable, str(ROOT / "tools/check_ptxas.py"), folder, "sm_80", "sm_90"]
        result = subprocess.run(command, capture_output=True, text=True)
        return result.returncode, result.stdout


def main():
    clean = [(1, "sm_80", 0), (1, "sm_90", 0)]
    cases = [
        ({"row_scan": clean, "other": [(2, "sm_80", 8), (2, "sm_90", 0)]}, 0, "2 kernels, 0 problems"),
        ({"row_scan": [(1, "sm_80", 0), (1, "sm_90", 4)]}, 1, "carry_kernel<1> spills"),
        ({"row_scan": clean[:1]}, 1, "not compiled for sm_90"),
        ({"other": clean}, 1, "no kernel of the scan"),
        ({}, 1, "no .ptxas report"),
    ]
    failures = 0
    for reports, code, text in cases:
        found, output = report(reports)
        if found != code or text not in output:
            print(f"expected exit {code} and '{text}', got {found}:\n{output}")
            failures += 1
    print(f"check_ptxas_test: {len(cases)} cases, {failures} failures")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
