#!/usr/bin/env python3
"""Lines of each folder that the tests execute, by gcov.

usage: tools/coverage.py [--build DIR] [--report] [--missing FOLDER]

Builds the preset `coverage` (that of `login`, not optimised), runs its tests that are not slow, and
prints covered lines for each folder. A program that is killed leaves no counts, and lines of
templates count as covered if any instance ran them.

  --report          only the report of what the last tests left behind
  --missing FOLDER  then also the lines of FOLDER that no test runs
  --build DIR       another build folder with `--coverage`, such as one with LibTorch; implies --report

Exit status 1: a core folder is below 90 %, or a test fails."""
import argparse
import collections
import concurrent.futures
import json
import os
import pathlib
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
LEAST_PCT = 90
CORE = ["base", "io", "kernels", "dist", "launcher/campaign", "launcher/config", "launcher/eval",
        "launcher/report", "launcher/study"]
SOURCE_FOLDERS = ["base", "dist", "io", "kernels", "launcher", "model"]


def counts_of(notes):
    """{source: {line: executed}} of one object that was compiled."""
    command = ["gcov", "--json-format", "--stdout", str(notes)]
    done = subprocess.run(command, cwd=notes.parent, capture_output=True, text=True, check=False)
    found = collections.defaultdict(dict)
    for text in done.stdout.splitlines():
        for entry in json.loads(text)["files"]:
            source = pathlib.Path(os.path.normpath(notes.parent / entry["file"]))
            if not source.is_relative_to(ROOT):
                continue
            name = str(source.relative_to(ROOT))
            if name.split("/")[0] in SOURCE_FOLDERS:
                lines = found[name]
                for line in entry["lines"]:
                    number = line["line_number"]
                    lines[number] = lines.get(number, False) or line["count"] > 0
    return found


def read_counts(build):
    """Sources of which no program ran count with all their lines: the notes of the compiler name them."""
    merged = collections.defaultdict(dict)
    notes = [path for path in sorted(build.rglob("*.gcno"))
             if path.relative_to(build).parts[0] in SOURCE_FOLDERS]
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        for found in pool.map(counts_of, notes):
            for name, lines in found.items():
                for number, executed in lines.items():
                    merged[name][number] = merged[name].get(number, False) or executed
    return merged


def folder_of(name):
    parts = name.split("/")[:-1]
    return "/".join(parts[:2] if parts[0] == "launcher" else parts[:1])


def print_table(counts):
    totals = collections.defaultdict(lambda: [0, 0])
    for name, lines in counts.items():
        total = totals[folder_of(name)]
        total[0] += sum(lines.values())
        total[1] += len(lines)
    low = []
    print(f"{'folder':<20} {'lines':>7} {'covered':>8}")
    for folder, (covered, lines) in sorted(totals.items()):
        percent = 100 * covered / lines
        core = folder in CORE
        if core and percent < LEAST_PCT:
            low.append(folder)
        print(f"{folder:<20} {lines:>7} {percent:>7.1f}%{'' if core else '  not core'}")
    for folder in low:
        print(f"coverage: {folder} is below {LEAST_PCT} %")
    return low


def print_missing(counts, folder):
    for name, lines in sorted(counts.items()):
        missed = sorted(number for number, executed in lines.items() if not executed)
        if missed and (name.startswith(folder + "/") or name == folder):
            print(f"{name} ({len(missed)} of {len(lines)}): {' '.join(map(str, missed))}")


def run_tests(build):
    for step in (["cmake", "--preset", "coverage"],
                 ["cmake", "--build", "--preset", "coverage", "--", "-j", str(os.cpu_count())]):
        if subprocess.run(step, cwd=ROOT, check=False).returncode:
            sys.exit(f"coverage: {' '.join(step)} fails")
    for counts in build.rglob("*.gcda"):
        counts.unlink()
    tests = ["ctest", "--preset", "coverage", "-LE", "slow"]
    return subprocess.run(tests, cwd=ROOT, check=False).returncode


def parse_arguments():
    if "-h" in sys.argv[1:] or "--help" in sys.argv[1:]:
        print(__doc__)
        sys.exit(0)
    parser = argparse.ArgumentParser(usage=__doc__)
    parser.add_argument("--build")
    parser.add_argument("--report", action="store_true")
    parser.add_argument("--missing")
    return parser.parse_args()


def main():
    arguments = parse_arguments()
    build = pathlib.Path(arguments.build or ROOT / "build/coverage").resolve()
    failed = 0
    if not arguments.build and not arguments.report:
        failed = run_tests(build)
    counts = read_counts(build)
    if not counts:
        sys.exit(f"coverage: {build} holds no counts; was it built with --coverage?")
    low = print_table(counts)
    if arguments.missing:
        print_missing(counts, arguments.missing)
    return 1 if low or failed else 0


if __name__ == "__main__":
    sys.exit(main())
