#!/usr/bin/env python3
"""Checks what ptxas said of the CUDA kernels: compiled for every architecture, no spills in the scan.

usage: check_ptxas.py BUILD_DIR ARCHITECTURE...     e.g. check_ptxas.py build/ci sm_80 sm_90
Reads the .ptxas files that tools/ptxas_report.sh leaves beside the object files and prints a table:
kernel, registers and spilled bytes per architecture."""
import pathlib
import re
import sys

ENTRY = re.compile(r"Compiling entry function '(\w+)' for '(\w+)'")
SPILL = re.compile(r"(\d+) bytes stack frame, (\d+) bytes spill stores, (\d+) bytes spill loads")
USED = re.compile(r"Used (\d+) registers")
KERNEL = re.compile(r"\d([a-z_]+_kernel)(?:I((?:L[a-z]\d+E)+)E)?")


def readable(mangled):
    """The kernel in a mangled name, with its template arguments: forward_kernel<1>."""
    found = KERNEL.search(mangled)
    if found is None:
        return mangled
    arguments = re.findall(r"\d+", found[2] or "")
    return found[1] + ("<" + ",".join(arguments) + ">" if arguments else "")


def read_reports(build):
    for path in sorted(pathlib.Path(build).rglob("*.ptxas")):
        kernel = None
        for line in path.read_text().splitlines():
            if found := ENTRY.search(line):
                kernel, architecture, spilled = readable(found[1]), found[2], 0
            elif kernel and (found := SPILL.search(line)):
                spilled = int(found[2]) + int(found[3])
            elif kernel and (found := USED.search(line)):
                yield path.name.split(".")[0], kernel, architecture, int(found[1]), spilled
                kernel = None


def main(build, architectures):
    rows = {}
    for source, kernel, architecture, registers, spilled in read_reports(build):
        rows.setdefault((source, kernel), {})[architecture] = (registers, spilled)
    problems = [] if rows else [f"no .ptxas report below {build}"]
    for (source, kernel), found in sorted(rows.items()):
        figures = [f"{name} {found[name][0]:4} registers {found[name][1]:4} B spilled"
                   for name in architectures if name in found]
        print(f"{source:28} {kernel:28} {'   '.join(figures)}")
        missing = [name for name in architectures if name not in found]
        if missing:
            problems.append(f"{source}: {kernel} was not compiled for {' '.join(missing)}")
        if "scan" in source and any(spilled for _, spilled in found.values()):
            problems.append(f"{source}: {kernel} spills registers to memory")
    if rows and not any("scan" in source for source, _ in rows):
        problems.append("no kernel of the scan in the reports")
    for problem in problems:
        print(problem)
    print(f"check_ptxas: {len(rows)} kernels, {len(problems)} problems")
    return 1 if problems else 0


if __name__ == "__main__":
    if len(sys.argv) < 3:
        sys.exit(__doc__)
    sys.exit(main(sys.argv[1], sys.argv[2:]))
