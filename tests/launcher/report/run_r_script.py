#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The script of `yates analyze --r-script` run by R says what effects.csv says.

run_r_script.py RSCRIPT"""
import csv
import os
import subprocess
import sys
import tempfile

TABLES = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "golden", "study", "r")
RUNS = [("cube", ["--factors", "a,b,c"]), ("unequal", ["--factors", "a,b"]),
        ("missing", ["--factors", "a,b"]), ("npk", ["--factors", "n,p,k"]),
        ("cases_missing", None)]
# Of REML fits; least squares agree to rounding.
TOLERANCE = {"mixed": 2e-5}
KEY = ("contrast", "at", "metric", "region", "target", "method")


def rows(path):
    with open(path, newline="") as file:
        return {tuple("" if row[name] == "NA" else row[name] for name in KEY): row
                for row in csv.DictReader(file)}


def close(a, b, tolerance):
    return abs(float(a) - float(b)) <= tolerance * max(abs(float(b)), 1e-6)


def compare(name, factors, rscript, folder):
    table = os.path.join(TABLES, name + ".csv")
    source = ["--results", table] if factors is None else ["--table", table, "--response", "y"] + factors
    script = os.path.join(folder, "again.R")
    subprocess.run([os.environ["YATES_BINARY"], "analyze", *source, "--out", folder, "--r-script", script],
                   check=True, stdout=subprocess.DEVNULL)
    subprocess.run([rscript, script], check=True, stdout=subprocess.DEVNULL, timeout=200)
    ours = rows(os.path.join(folder, "effects.csv"))
    theirs = rows(os.path.join(folder, "again.answers.csv"))
    assert theirs, name
    for key, answer in theirs.items():
        assert key in ours, (name, key)
        tolerance = TOLERANCE.get(answer["method"], 1e-8)
        for quantity in ("estimate", "se", "df", "p"):
            assert close(ours[key][quantity], answer[quantity], tolerance), (
                name, key, quantity, ours[key][quantity], answer[quantity])
    missing = [key for key in ours if key not in theirs and key[4] != "patients" and
               not (factors is None and key[4] == "seeds" and key[5] == "none")]
    assert not missing, (name, missing[:3])
    print(f"{name}: {len(theirs)} rows agree")


def main():
    for name, factors in RUNS:
        with tempfile.TemporaryDirectory() as folder:
            compare(name, factors, sys.argv[1], folder)


main()
