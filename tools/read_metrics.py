#!/usr/bin/env python3
"""Reads metrics.jsonl of runs for tools/gpu_train_check.sh.
usage: read_metrics.py step-seconds FILE
       read_metrics.py compare FILE REFERENCE --steps N --tolerance T"""
import argparse
import json
import math
import sys


def steps_of(path):
    with open(path) as file:
        return [line for line in map(json.loads, file) if "loss" in line]


def step_seconds(arguments):
    # The last step: the first ones hold the start of the libraries.
    print(f"{steps_of(arguments.file)[-1]['step_s']:.3f}")
    return 0


def compare(arguments):
    worst = 0.0
    pairs = list(zip(steps_of(arguments.file), steps_of(arguments.reference)))[:arguments.steps]
    if len(pairs) < arguments.steps:
        print(f"{len(pairs)} steps, not {arguments.steps}: FAILED")
        return 1
    for ours, theirs in pairs:
        a, b = ours["loss"], theirs["loss"]
        difference = abs(a - b) / abs(b) if a is not None and b else math.inf
        worst = max(worst, difference)
        print(f"step {ours['step']}: loss {a} and {b}, relative difference {difference:.1e}")
    passed = worst <= arguments.tolerance
    print(f"largest difference {worst:.1e}, allowed {arguments.tolerance:g}: "
          f"{'passed' if passed else 'FAILED'}")
    return 0 if passed else 1


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    verbs = parser.add_subparsers(required=True)
    verb = verbs.add_parser("step-seconds")
    verb.add_argument("file")
    verb.set_defaults(run=step_seconds)
    verb = verbs.add_parser("compare")
    verb.add_argument("file")
    verb.add_argument("reference")
    verb.add_argument("--steps", type=int, required=True)
    verb.add_argument("--tolerance", type=float, required=True)
    verb.set_defaults(run=compare)
    arguments = parser.parse_args()
    return arguments.run(arguments)


if __name__ == "__main__":
    sys.exit(main())
