#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Every promise of promises.txt names tests, and every test it names is there."""
import json
import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
PROMISES = [f"P{number}" for number in range(1, 19)]


def gtest_names():
    names = set()
    for path in (ROOT / "tests").rglob("*.cpp"):
        for suite, name in re.findall(r"\bTEST(?:_F|_P)?\(\s*(\w+),\s*(\w+)\)", path.read_text()):
            names.add(f"{suite}.{name}")
    return names


def script_names():
    names = set()
    for path in (ROOT / "tests").rglob("CMakeLists.txt"):
        names.update(re.findall(r"yates_script_test\((\w+)", path.read_text()))
    return names


def has_sanitizer_presets():
    presets = json.loads((ROOT / "CMakePresets.json").read_text())
    tested = {preset["name"] for preset in presets["testPresets"]}
    return {"asan", "asan-login", "tsan"} <= tested


def problems_of(text, known):
    tests_of = {}
    for line in text.splitlines():
        if re.match(r"P\d+ ", line):
            tests_of[line.split()[0]] = []
        elif line.startswith("  "):
            tests_of[list(tests_of)[-1]].append(line.strip())
    problems = [f"{promise} is missing" for promise in PROMISES if promise not in tests_of]
    for promise, tests in tests_of.items():
        if not tests:
            problems.append(f"{promise} has no test")
        problems += [f"{promise}: no test {test}" for test in tests if test not in known]
    return problems


def main():
    known = gtest_names() | script_names()
    if has_sanitizer_presets():
        known.add("sanitizer_presets")
    text = (ROOT / "tests" / "promises.txt").read_text()
    # The check can fail: without its tests, and with a wrong name.
    assert problems_of(text.replace("P3 ", "P3x "), known)
    assert problems_of(text.replace("FallsBackPast", "FallsBackpast"), known)
    problems = problems_of(text, known)
    print("\n".join(problems) or f"{len(PROMISES)} promises have their tests")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
