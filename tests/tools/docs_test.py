#!/usr/bin/env python3
"""The commands in the documents: every line that begins with `$` runs, document by document, in an
empty folder; every other line with a verb of yates names a verb and options that exist.

Arguments: the yates executable, the repository, then `worker` if verbs with tensors are built."""
import os
import pathlib
import re
import subprocess
import sys
import tempfile

YATES, REPOSITORY = sys.argv[1], pathlib.Path(sys.argv[2])
WITH_WORKER = sys.argv[3:] == ["worker"]
TIMEOUT_S = 600
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
    print("\n".join(faults))
    print(f"documents: {len(documents)}, commands checked: {checked}, run: {ran}")
    if not checked or (WITH_WORKER and not ran):
        sys.exit("no command found: has the form of the documents changed?")
    sys.exit(1 if faults else 0)


if __name__ == "__main__":
    main()
