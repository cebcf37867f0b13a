"""A tree into one section of the schema: every complaint gets its place, plain words and a fix.

Unknown keys are warnings, not errors: they are reported by a strict first reading and dropped by a second one. So are
items of unknown form where the schema says that they are passed over. No value is ever repeated in a message, since any
of them may be a secret.
"""

from collections.abc import Iterable, Sequence
from difflib import get_close_matches
from itertools import islice
from typing import Any, TypeVar, get_args, get_origin

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from ai_dashboard.config.schema.base import DROP_UNKNOWN, PASSED_OVER, Section
from ai_dashboard.config.schema.gateway import NOT_YET
from ai_dashboard.config.yaml_tree import Items, Map, Node, Scalar, key_mark, node_at, plain, value_mark
from ai_dashboard.core.data import dataclass
from ai_dashboard.core.diagnostics import Diagnostic, Severity

MAX_FINDINGS = 100
"""Complaints about one file; whoever has more will not read them one by one."""

Path = Sequence[str | int]
S = TypeVar("S", bound=Section)

_EXPECTED = {
    "bool_parsing": "true or false",
    "bool_type": "true or false",
    "dict_type": "a map (`key: value`)",
    "float_parsing": "a number",
    "float_type": "a number",
    "int_from_float": "a whole number",
    "int_parsing": "a whole number",
    "int_parsing_size": "a smaller number",
    "int_type": "a whole number",
    "model_attributes_type": "a map (`key: value`)",
    "model_type": "a map (`key: value`)",
    "finite_number": "a finite number",
    "string_type": "text",
    "tuple_type": "a list (`- item`)",
}


@dataclass(frozen=True, slots=True)
class Source:
    """One file of the configuration as a tree; `written` is False when there is no such file."""

    file: str
    root: Node
    written: bool = True

    def has(self, path: Path) -> bool:
        """Whether there is something at exactly this path."""
        return node_at(self.root, path) is not None

    def say(self, severity: Severity, path: Path, message: str, fix: str = "", *, at_key: bool = False) -> Diagnostic:
        """A finding about what stands at `path`, or about its key."""
        mark = (key_mark if at_key else value_mark)(self.root, path)
        line, column = (mark.line, mark.column) if self.written else (0, 0)
        return Diagnostic(severity, self.file, line, column, dotted(path), message, fix)


def dotted(path: Path) -> str:
    """`providers.ollama.models.0` for people."""
    return ".".join(str(part) for part in path)


def validate(section: type[S], source: Source) -> tuple[S | None, list[Diagnostic]]:
    """The section, or None when there are errors, with all that is to be said about its form."""
    data = plain(source.root)
    try:
        return section.model_validate(data), []
    except ValidationError as error:
        complaints = error.errors(include_url=False, include_input=False)
    found = [_finding(section, source, complaint) for complaint in islice(complaints, MAX_FINDINGS)]
    if len(complaints) > MAX_FINDINGS:
        rest = f"{len(complaints) - MAX_FINDINGS} more findings are not shown"
        found.append(source.say(Severity.WARNING, (), rest, "fix those above first"))
    for complaint in complaints:
        if complaint["type"] == "extra_forbidden":
            continue
        item = _passed_over(section, complaint["loc"])
        if item is None:
            return None, _with_an_error(found, source)
        _leave_out(data, item)
    return section.model_validate(data, context=DROP_UNKNOWN), found


def _with_an_error(found: list[Diagnostic], source: Source) -> list[Diagnostic]:
    """A refused file always shows an error, also when the first hundred complaints are about unknown keys."""
    if any(finding.severity is Severity.ERROR for finding in found):
        return found
    return [*found, source.say(Severity.ERROR, (), "there are errors among the findings that are not shown")]


def _finding(section: type[Section], source: Source, complaint: ErrorDetails) -> Diagnostic:
    path = complaint["loc"]
    if complaint["type"] == "extra_forbidden":
        return _unknown_key(section, source, path)
    missing = complaint["type"] == "missing"
    if missing:
        message, fix = f"`{path[-1]}` is missing", f"add `{path[-1]}: …`"
    else:
        message, fix = _in_words(complaint, node_at(source.root, path))
    if _passed_over(section, path) is not None:
        return source.say(Severity.WARNING, path, f"{message}: passed over", fix, at_key=missing)
    return source.say(Severity.ERROR, path, message, fix, at_key=missing)


def _in_words(complaint: ErrorDetails, node: Node | None) -> tuple[str, str]:
    """What is wrong with a value, and what to do."""
    kind, context = complaint["type"], complaint.get("ctx", {})
    is_a = "a map" if isinstance(node, Map) else "a list" if isinstance(node, Items) else "a single value"
    match kind:
        case "literal_error":
            return f"should be one of {context['expected'].replace(chr(39), '`')}", _nearest_literal(context, node)
        case "greater_than":
            return f"should be more than {context['gt']}", ""
        case "greater_than_equal":
            return f"should be at least {context['ge']}", ""
        case "less_than_equal":
            return f"should be at most {context['le']}", ""
        case "string_too_short":
            return "should not be empty", "write a name, or delete the item"
        case "string_type" if isinstance(node, Scalar):
            read_as = "nothing" if node.value is None else "true or false"
            return f"should be text, and is read as {read_as}", "put it in quotes"
        case _ if kind in _EXPECTED:
            return f"should be {_EXPECTED[kind]}", f"it is {is_a}" if is_a != "a single value" else ""
        case _:
            return complaint["msg"][:1].lower() + complaint["msg"][1:], ""


def _nearest_literal(context: dict[str, Any], node: Node | None) -> str:
    value = plain(node) if node is not None else None
    if isinstance(value, str):
        choices = [word.strip("'") for word in context["expected"].replace(" or ", ", ").split(", ")]
        return _did_you_mean(value, choices)
    return ""


def _unknown_key(section: type[Section], source: Source, path: Path) -> Diagnostic:
    if section.__name__ == "GatewaySettings" and dotted(path) in NOT_YET:
        return source.say(Severity.INFO, path, "known, has no effect in this version", at_key=True)
    nearest = _did_you_mean(str(path[-1]), _section_at(section, path[:-1]).keys())
    fix = nearest or "delete it, or check the spelling"
    return source.say(Severity.WARNING, path, f"unknown key `{path[-1]}`, ignored", fix, at_key=True)


def _did_you_mean(word: str, choices: Iterable[str]) -> str:
    nearest = get_close_matches(word.lower(), sorted(choices), n=1, cutoff=0.6)
    return f"did you mean `{nearest[0]}`?" if nearest else ""


def _passed_over(section: type[Section], path: Path) -> Path | None:
    """The path of the item that `path` lies in, or of the whole map or list, where such items are passed over."""
    for place, part in enumerate(path):
        known = section.keys()
        if part not in known:
            return None
        field = section.field(str(part))
        if PASSED_OVER in field.metadata:
            return path[: place + 2]
        if not (isinstance(field.annotation, type) and issubclass(field.annotation, Section)):
            return None
        section = field.annotation
    return None


def _leave_out(data: object, path: Path) -> None:
    """Take an item away; in a list, nothing is left in its place."""
    first, *rest = path
    if isinstance(data, dict):
        if rest:
            _leave_out(data.get(first), rest)
        else:
            data.pop(first, None)
    elif isinstance(data, list) and isinstance(first, int):
        if rest:
            _leave_out(data[first], rest)
        else:
            data[first] = None


def _section_at(section: type[Section], path: Path) -> type[Section]:
    """The section that a path leads into; in a map or list of sections one more part of the path says which."""
    parts = iter(path)
    for part in parts:
        annotation: Any = section.field(str(part)).annotation
        while (container := get_origin(annotation)) is not None:
            if container in (dict, tuple):
                next(parts, None)
            annotation = get_args(annotation)[1 if container is dict else 0]
        section = annotation
    return section
