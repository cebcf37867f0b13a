"""Texts that are made to hurt whoever reads YAML, and a child process that reads them all with little memory.

Run as a program it prints, one JSON object a line, how each was answered and how long that took.
"""

import json
import resource
import sys
import time
from collections.abc import Callable, Mapping

from ai_dashboard.config.yaml_read import YamlProblem, parse

MEMORY_MB = 500
"""What the child may take in all: the interpreter and its libraries are a part of it."""


def _bomb(kind: str) -> str:
    first = "a0: &a0 {x: 1, y: 2}" if kind == "merge" else "a0: &a0 [x, x, x, x, x, x, x, x, x]"
    later = (
        "a{0}: &a{0} {{<<: *a{1}, z: *a{1}}}" if kind == "merge" else "a{0}: &a{0} [" + ", ".join(["*a{1}"] * 9) + "]"
    )
    return "\n".join([first, *(later.format(level, level - 1) for level in range(1, 40))])


ATTACKS: Mapping[str, tuple[Callable[[], str], str]] = {
    "billion laughs": (lambda: _bomb("list"), "aliases written out"),
    "quadratic merges": (lambda: _bomb("merge"), "aliases written out"),
    "one anchor, many aliases": (lambda: f"a: &a x\nb: [{','.join(['*a'] * 3_000_000)}", "aliases written out"),
    "long text behind aliases": (lambda: f"a: &a {'x' * 100_000}\nb: [{', '.join(['*a'] * 101)}]", "characters"),
    "ten megabytes of lines": (lambda: "".join(f"k{line}: v\n" for line in range(850_000)), "100,000 values"),
    "one line of many keys": (lambda: f"a: {{{','.join(f'k{key}: v' for key in range(700_000))}}}", "100,000 values"),
    "many anchors": (lambda: f"[{','.join(f'&a{name} x' for name in range(900_000))}", "100,000 values"),
    "more than ten megabytes": (lambda: "x" * 10_000_001, "more than 10,000,000 characters"),
    "deep lists": (lambda: "[" * 9_000_000, "inside each other"),
    "deep maps": (lambda: "{a: " * 2_000_000, "inside each other"),
    "deep blocks": (lambda: "- " * 4_000_000, "inside each other"),
    "an object": (lambda: "a: !!python/object/apply:os.system [ls]", "is not allowed"),
    "a type of somebody's": (lambda: "a: !thing {b: 1}", "is not allowed"),
    "a set": (lambda: "a: !!set {b}", "is not allowed"),
    "binary": (lambda: "a: !!binary aGVsbG8=", "is not allowed"),
    "a key twice": (lambda: "a: 1\n" * 1_000_000, "is here twice"),
    "a key twice, deep inside": (lambda: "a: {b: [{c: 1, d: 2, c: 3}]}", "is here twice"),
    "a key twice, in two spellings": (lambda: "a: 1\n'a': 2", "is here twice"),
    "itself inside": (lambda: "a: &a [*a]", "stands inside itself"),
    "maps as keys": (lambda: "? " * 4_000_000, "as a key"),
    "many documents": (lambda: "---\n" * 2_000_000, "a second document"),
    "many directives": (lambda: "%YAML 1.1\n" * 900_000, "this is not YAML"),
    "quotes without an end": (lambda: f'a: "{"x" * 9_000_000}', "this is not YAML"),
    "a number of many digits": (lambda: f"a: !!float {'9' * 1_000_000}", "but the value is none"),
    "control characters": (lambda: "a: " + "x" * 9_000_000 + "\x00", "a control character"),
}
"""Each text, and what must be said of it."""


def main() -> None:
    limit = MEMORY_MB * 1024 * 1024
    resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
    for name, (text, _) in ATTACKS.items():
        written = text()
        began = time.process_time()
        try:
            parse(written)
            answer, line = "", 0
        except YamlProblem as problem:
            answer, line = problem.message, problem.mark.line
        took_s = time.process_time() - began
        sys.stdout.write(json.dumps({"name": name, "answer": answer, "line": line, "took_s": took_s}) + "\n")


if __name__ == "__main__":
    main()
