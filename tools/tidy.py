#!/usr/bin/env python3
"""Runs clang-tidy 14 with the checks of `.clang-tidy` over the C++ sources.

usage: tools/tidy.py [--build DIR] [--jobs N] [--each] [--checks GLOBS] [PATH...]

  PATH         files and folders (default: every source that the build compiles)
  --build DIR  build folder whose flags are used (default: build/login, configured where it is
               absent; the sources that need LibTorch: build/ci)
  --jobs N     clang-tidy processes at a time (default 2)
  --each       one source at a time. Else the sources of a folder are checked together: reading the
               headers is most of the work. A few checks look at single files only
               (misc-unused-using-decls)
  --checks GLOBS  added to the checks of .clang-tidy, as `-clang-analyzer-*`: half the time

Prints every finding once. Exit status: 0 none, 1 findings or a source that does not compile,
2 clang-tidy or clang is absent (packages clang-tidy-14, clang-14)."""
import argparse
import concurrent.futures
import dataclasses
import json
import os
import pathlib
import re
import shlex
import shutil
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
SOURCES_TOGETHER = 24
# What g++ knows and clang does not.
FLAGS = ["-Wno-unknown-warning-option", "-Wno-unused-command-line-argument", "-Wno-error"]
# Debian's ITK knows GNU compilers only; io/image/CMakeLists.txt says the same to clang.
ITK_FLAGS = ["-U__clang__", "-fgnuc-version=10.2.0"]
FINDING = re.compile(r"^(?P<file>[^\s:][^:]*):(?P<place>\d+:\d+): (?:error|warning): (?P<text>.*)$")


@dataclasses.dataclass
class Unit:
    """Sources of one folder that are compiled with the same flags."""
    directory: str
    flags: list
    sources: list


def read_units(build, paths, together):
    groups = {}
    for entry in json.loads((build / "compile_commands.json").read_text()):
        source = pathlib.Path(entry["directory"], entry["file"]).resolve()
        inside = any(source == path or path in source.parents for path in paths)
        if source.suffix != ".cpp" or not inside or build in source.parents:
            continue
        words = shlex.split(entry["command"])[1:]
        cut = words.index("-o")
        flags = words[:cut] + [word for word in words[cut + 2:] if word not in ("-c", entry["file"])]
        if any("/ITK-" in flag for flag in flags):
            flags += ITK_FLAGS
        groups.setdefault((source.parent, tuple(flags), entry["directory"]), set()).add(source)
    units = []
    for (_, flags, directory), sources in sorted(groups.items()):
        sources = sorted(sources)
        for first in range(0, len(sources), together):
            units.append(Unit(directory, list(flags), sources[first:first + together]))
    return units


def write_source(unit, folder):
    """The file that clang-tidy is given. The static analyser follows included sources only where
    the name holds UnifiedSource."""
    if len(unit.sources) == 1:
        return unit.sources[0]
    first = unit.sources[0].relative_to(ROOT)
    name = str(first.with_suffix("")).replace("/", "_")
    path = folder / f"UnifiedSource_{name}_{len(unit.sources)}.cpp"
    path.write_text("".join(f'#include "{source}"\n' for source in unit.sources))
    return path


def compiles(unit, source):
    command = ["clang++-14", *unit.flags, *FLAGS, "-w", "-fsyntax-only", str(source)]
    return subprocess.run(command, cwd=unit.directory, capture_output=True).returncode == 0


def check(unit, program, checks, folder):
    """Findings as {(file, place, text)}. Sources that do not compile as one are halved."""
    source = write_source(unit, folder)
    if len(unit.sources) > 1 and not compiles(unit, source):
        half = len(unit.sources) // 2
        parts = [Unit(unit.directory, unit.flags, part)
                 for part in (unit.sources[:half], unit.sources[half:])]
        return set().union(*(check(part, program, checks, folder) for part in parts))
    command = [program, "--quiet", f"--config-file={ROOT}/.clang-tidy",
               f"--header-filter=^{re.escape(str(ROOT))}/", f"--checks={checks}",
               str(source), "--", *unit.flags, *FLAGS]
    done = subprocess.run(command, cwd=unit.directory, capture_output=True, text=True)
    findings = set()
    for line in done.stdout.splitlines():
        match = FINDING.match(line)
        if match:
            text = match["text"].replace(",-warnings-as-errors", "")
            findings.add((os.path.relpath(match["file"], ROOT), match["place"], text))
    if done.returncode != 0 and not findings:
        findings.add((os.path.relpath(source, ROOT), "1:1", done.stderr.strip()[-500:]))
    return findings


def parse_arguments():
    if "-h" in sys.argv[1:] or "--help" in sys.argv[1:]:
        print(__doc__)
        sys.exit(0)
    parser = argparse.ArgumentParser(usage=__doc__)
    parser.add_argument("--build", default=str(ROOT / "build/login"))
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--each", action="store_true")
    parser.add_argument("--checks", default="")
    parser.add_argument("paths", nargs="*", default=[str(ROOT)])
    return parser.parse_args()


def main():
    arguments = parse_arguments()
    program = shutil.which("clang-tidy-14")
    if not program or not shutil.which("clang++-14"):
        print("tidy: clang-tidy-14 and clang-14 are not installed (Debian packages of these names)",
              file=sys.stderr)
        return 2
    build = pathlib.Path(arguments.build).resolve()
    if not (build / "compile_commands.json").exists():
        subprocess.run(["cmake", "--preset", build.name], cwd=ROOT, check=True, stdout=subprocess.DEVNULL)
    paths = [pathlib.Path(path).resolve() for path in arguments.paths]
    units = read_units(build, paths, 1 if arguments.each else SOURCES_TOGETHER)
    folder = build / "tidy"
    folder.mkdir(exist_ok=True)
    checks = "-bugprone-suspicious-include," + arguments.checks
    findings = set()
    with concurrent.futures.ThreadPoolExecutor(arguments.jobs) as pool:
        running = [pool.submit(check, unit, program, checks, folder) for unit in units]
        for done in concurrent.futures.as_completed(running):
            found = done.result()
            for file, place, text in sorted(found - findings):
                print(f"{file}:{place}: {text}", flush=True)
            findings |= found
    sources = sum(len(unit.sources) for unit in units)
    print(f"tidy: {sources} sources, {len(findings)} findings")
    return 1 if findings or not sources else 0


if __name__ == "__main__":
    sys.exit(main())
