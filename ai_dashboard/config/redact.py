"""A configuration file's text with its secrets masked, so that it may be shown.

Secrets are found by their place in the tree (keys, headers, passwords in addresses), and again by their look, so that
a file that is not YAML and a key in a comment are masked as well. References such as `${VAR}` stay readable.
"""

from collections.abc import Iterator

from ai_dashboard.config.yaml_read import YamlProblem, parse
from ai_dashboard.config.yaml_tree import Items, Map, Node, Scalar
from ai_dashboard.core.secrets import BY_KEY, BY_LOOK, IN_ADDRESS, PLAIN_HEADERS, SECRET_KEYS, is_reference, mask


def redact(text: str) -> str:
    """The text with every secret in it replaced by `sk-…last4` or `…`; line breaks stay where they are."""
    try:
        spans = sorted(
            {(secret.mark.index, secret.end.index) for secret in _secrets(parse(text.removeprefix("\ufeff")))}
        )
    except YamlProblem:
        spans = []
    shift = len(text) - len(text.removeprefix("\ufeff"))
    for start, end in reversed(spans):
        text = text[: start + shift] + _masked(text[start + shift : end + shift]) + text[end + shift :]
    text = BY_KEY.sub(lambda found: found["key"] + _unless_reference(found["secret"]), text)
    text = IN_ADDRESS.sub("…", text)
    return BY_LOOK.sub(lambda found: mask(found.group()), text)


def _secrets(node: Node, *, secret: bool = False) -> Iterator[Scalar]:
    """The values under a secret's key and all headers but the harmless ones."""
    match node:
        case Scalar():
            if secret and isinstance(node.value, str) and not is_reference(node.value):
                yield node
        case Items():
            for item in node.nodes:
                yield from _secrets(item, secret=secret)
        case Map():
            for key, entry in node.entries.items():
                if key == "headers" and isinstance(entry.node, Map):
                    for name, header in entry.node.entries.items():
                        yield from _secrets(header.node, secret=name.lower() not in PLAIN_HEADERS)
                else:
                    yield from _secrets(entry.node, secret=secret or key in SECRET_KEYS)


def _masked(written: str) -> str:
    """A value's source text, with its quotes and as many line breaks as it had."""
    quote = written[0] if written[:1] in ("'", '"') else ""
    content = written.strip("'\"") if quote else written
    return f"{quote}{mask(' '.join(content.split()))}{quote}" + "\n" * written.count("\n")


def _unless_reference(value: str) -> str:
    bare = value.strip("\"'")
    return value if "…" in bare or is_reference(bare) else mask(bare)
