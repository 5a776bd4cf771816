#!/usr/bin/env python3
"""The commands in the documents: every line that begins with `$` runs, document by document, in an
empty folder; every other line with a verb of yates names a verb and options that exist. Then every
table of fields below a heading that is the path of a file is compared with the files made.

Arguments: the yates executable, the repository, then `worker` if verbs with tensors are built."""
import csv
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile

YATES, REPOSITORY = sys.argv[1], pathlib.Path(sys.argv[2])
WITH_WORKER = sys.argv[3:] == ["worker"]
TIMEOUT_S = 600
FILE_HEADING = re.compile(r"^### `([^`]+)`$")
COMMAND = re.compile(r"^ {4}(\$ )?(.*\S)\s*$")


def commands(document):
    """(line number, runs, text) of the indented lines that hold a command."""
    for number, line in enumerate(document.read_text().splitlines(), 1):
        match = COMMAND.match(line)
        if match and (match[1] or re.search(r"\byates [a-z]", match[2])):
            yield number, bool(match[1]), match[2]


def undocumented(text, helps):
    """What `text` uses of yates that its --help does not know."""
    words = text.split("#")[0].split("yates ", 1)[1].split()
    verb = []
    for word in words[:2]:
        if not re.fullmatch(r"[a-z0-9-]+", word) or word.startswith("-"):
            break
        verb.append(word)
    if not WITH_WORKER and verb[:1] and verb[0] in ("train", "predict", "model", "bench"):
        return []
    for length in (2, 1):
        key = " ".join(verb[:length])
        if key not in helps:
            result = subprocess.run([YATES, *verb[:length], "--help"], capture_output=True,
                                    text=True, timeout=TIMEOUT_S)
            helps[key] = result.stdout if result.returncode == 0 else None
        if helps[key] is not None:
            return [word for word in words if re.match(r"--[a-z]", word)
                    and not re.search(rf"{re.escape(word.split('=')[0])}\b", helps[key])]
    return [" ".join(verb)]


def run(text, folder):
    environment = dict(os.environ, PATH=f"{pathlib.Path(YATES).parent}:{os.environ['PATH']}",
                       OMPI_ALLOW_RUN_AS_ROOT="1", OMPI_ALLOW_RUN_AS_ROOT_CONFIRM="1")
    text = re.sub(r"\bBUILD\b", str(pathlib.Path(YATES).parent.parent), text)
    return subprocess.run(text.replace("REPOSITORY", str(REPOSITORY)), shell=True, cwd=folder,
                          env=environment, capture_output=True, text=True, timeout=TIMEOUT_S)


def described_files(document):
    """(path, {field: optional}) of every heading that is a path, from the first column of the table
    below it."""
    path, fields = None, {}
    for line in document.read_text().splitlines():
        heading = FILE_HEADING.match(line)
        if heading or line.startswith("#"):
            if path:
                yield path, fields
            path, fields = heading[1] if heading else None, {}
        elif path and line.startswith("| `"):
            first, meaning = line.split("|")[1:3]
            for name in re.findall(r"`([^`]+)`", first):
                fields[name] = meaning.strip().startswith("optional")
    if path:
        yield path, fields


def fields_of(file):
    """Keys of JSON (those of items of a list as `list[].key`), or columns."""
    if file.suffix == ".csv":
        return set(next(csv.reader(file.open())))
    texts = file.read_text().splitlines() if file.suffix == ".jsonl" else [file.read_text()]
    found = set()
    for value in map(json.loads, texts):
        for key, inner in value.items():
            found.add(key)
            if isinstance(inner, list) and inner and isinstance(inner[0], dict):
                found |= {f"{key}[].{name}" for item in inner for name in item}
    return found


def wrong_fields(document, folder):
    """What the tables of fields say that the files do not, and what they leave out."""
    for path, fields in described_files(document):
        files = sorted(pathlib.Path(folder).glob(path))
        if not files:
            yield f"{document.name}: no file {path} was made"
        found = set().union(*map(fields_of, files))
        for name, optional in fields.items():
            if name not in found and not optional:
                yield f"{document.name}: {path} has no field '{name}'"
        # A row may speak of a list as a whole; then its items need no rows. Columns of factors have
        # names of the study.
        lists = {name.split("[]")[0] for name in fields if "[]" in name}
        factors = {"relocate", "prune"} if path.endswith(".csv") else set()
        for name in sorted(found - fields.keys() - factors):
            inner = "[]." in name
            if (inner and name.split("[]")[0] in lists) or (not inner and name not in lists):
                yield f"{document.name}: the field '{name}' of {path} is not described"


def main():
    helps, faults, checked, ran = {}, [], 0, 0
    documents = [REPOSITORY / "README.md", *sorted((REPOSITORY / "docs").glob("*.md"))]
    for document in documents:
        name = document.relative_to(REPOSITORY)
        with tempfile.TemporaryDirectory() as folder:
            for number, runs, text in commands(document):
                if "yates " in text:
                    checked += 1
                    faults += [f"{name}:{number}: '{word}' is not in the help: {text}"
                               for word in undocumented(text, helps)]
                if not runs or not WITH_WORKER or document.parent != REPOSITORY / "docs":
                    continue
                ran += 1
                result = run(text, folder)
                if result.returncode != 0:
                    faults.append(f"{name}:{number}: exit {result.returncode}: {text}\n"
                                  f"{result.stdout[-1000:]}{result.stderr[-1000:]}")
            if WITH_WORKER and document.parent == REPOSITORY / "docs":
                faults += wrong_fields(document, folder)
    print("\n".join(faults))
    print(f"documents: {len(documents)}, commands checked: {checked}, run: {ran}")
    if not checked or (WITH_WORKER and not ran):
        sys.exit("no command found: has the form of the documents changed?")
    sys.exit(1 if faults else 0)


if __name__ == "__main__":
    main()
