#!/usr/bin/env python3
"""Checks the structure of the tree against tools/layers.txt: allowed includes per folder, owners of
third-party headers, cycles between folders, forbidden names, top-level entries, file sizes."""
import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
SOURCES = {".cpp", ".hpp", ".cu", ".cuh"}
INCLUDE = re.compile(r'^\s*#\s*include\s*(?:"([^"]+)"|<([^>]+)>)', re.M)
FORBIDDEN = re.compile(r"(^|[/_.-])(utils?|common|helpers?|misc)([/_.-]|$)")
TOP_LEVEL = {"base", "kernels", "dist", "io", "model", "launcher", "configs", "slurm", "tests",
             "tools", "docs", "CMakeLists.txt", "CMakePresets.json", "README.md", "ARCHITECTURE.md",
             "CONTRIBUTING.md", "LICENSE"}
BASE_HEADERS = {"clock", "csv", "digest", "error", "fault", "file", "json", "log", "random", "text"}
HARD_LINES = {"tests": 600, "default": 500}
TORCH_FREE_KERNELS = re.compile(r"^kernels/(?!.*_torch\.(?:cpp|hpp)$)")


def read_rules():
    layers, owners = {}, {}
    for line in (ROOT / "tools/layers.txt").read_text().splitlines():
        line = line.split("#")[0].strip()
        if line:
            name, _, allowed = line.partition(":")
            (owners if name[0] == "@" else layers)[name.lstrip("@")] = allowed.split()
    return layers, owners


def layer_of(path, layers):
    fits = [name for name in layers if path == name or path.startswith(name + "/")]
    return max(fits, key=len) if fits else None


def tracked_files():
    command = ["git", "-C", str(ROOT), "ls-files", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(command, capture_output=True, text=True, check=True).stdout.split("\n")
    return [name for name in listed if name and (ROOT / name).is_file()]


def within(path, prefixes):
    return any(path == prefix or path.startswith(prefix + "/") for prefix in prefixes)


def check_include(name, quoted, angled, layers, owners):
    if angled:
        fits = [prefix for prefix in owners if angled.startswith(prefix)]
        if fits and not within(name, owners[max(fits, key=len)]):
            yield f"{name}: <{angled}> belongs to {owners[max(fits, key=len)] or 'nobody'}"
        if angled.startswith(("ATen/", "torch/", "c10/")) and TORCH_FREE_KERNELS.match(name):
            yield f"{name}: <{angled}>: kernel cores are free of LibTorch, use a _torch file"
        return
    if "/" not in quoted:
        yield f'{name}: "{quoted}" must be written from the root of the repository'
        return
    source, target = layer_of(name, layers), layer_of(quoted, layers)
    if source and target and source != target and not within(quoted, layers[source]):
        yield f'{name}: {source} may not include "{quoted}" (tools/layers.txt)'


def folder_of(name):
    parts = name.split("/")[:-1]
    return "/".join(parts[:2])


def find_cycle(graph):
    done, path = set(), []

    def visit(node):
        if node in path:
            return path[path.index(node):] + [node]
        if node in done:
            return None
        path.append(node)
        for following in sorted(graph.get(node, ())):
            cycle = visit(following)
            if cycle:
                return cycle
        path.pop()
        done.add(node)
        return None

    for start in sorted(graph):
        cycle = visit(start)
        if cycle:
            return cycle
    return None


def check_names(files):
    for name in files:
        top = name.split("/")[0]
        if not top.startswith(".") and top not in TOP_LEVEL:
            yield f"{name}: '{top}' is not one of the top-level entries"
        if FORBIDDEN.search(name.lower()):
            yield f"{name}: a name that says nothing; name the noun"
        if re.fullmatch(r"base/\w+\.hpp", name) and pathlib.Path(name).stem not in BASE_HEADERS:
            yield f"{name}: base/ is a closed list of headers"


def check_sources(files, layers, owners):
    graph = {}
    for name in files:
        if pathlib.Path(name).suffix not in SOURCES:
            continue
        text = (ROOT / name).read_text(errors="replace")
        lines = text.count("\n")
        limit = HARD_LINES["tests" if name.startswith("tests/") else "default"]
        if lines > limit:
            yield f"{name}: {lines} lines, at most {limit}; split it by noun"
        if not text.startswith("// SPDX-License-Identifier: Apache-2.0"):
            yield f"{name}: the first line must be the SPDX identifier"
        for quoted, angled in INCLUDE.findall(text):
            yield from check_include(name, quoted, angled, layers, owners)
            if quoted and not name.startswith("tests/") and folder_of(quoted) != folder_of(name):
                graph.setdefault(folder_of(name), set()).add(folder_of(quoted))
    cycle = find_cycle(graph)
    if cycle:
        yield "folders in a cycle: " + " -> ".join(cycle)


def main():
    layers, owners = read_rules()
    files = tracked_files()
    problems = list(check_names(files)) + list(check_sources(files, layers, owners))
    for problem in problems:
        print(problem)
    print(f"check_layers: {len(files)} files, {len(problems)} problems")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
