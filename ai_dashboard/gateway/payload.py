"""A request's body that is passed on as bytes: the model that it names, and the same bytes with another name for it.

Models are named in JSON, or in a field of a form (RFC 7578) that mostly consists of a file. Nothing else is read.
"""

import re
from collections.abc import Iterator

from ai_dashboard.core.chat import JsonObject
from ai_dashboard.core.data import dataclass
from ai_dashboard.core.errors import CallerError, UnsupportedMediaType
from ai_dashboard.dialects.body import encode, with_numbers_as_written
from ai_dashboard.dialects.openai.passthrough import with_model
from ai_dashboard.dialects.openai.read import model_of, parse_object

FROM_A_PAGE = frozenset({"", "text/plain", "application/x-www-form-urlencoded"})
"""What a page can send to anybody, and what no service takes."""

_PARAMETER = re.compile(r';[ \t]*([\w*-]+)=("(?:[^"\\]|\\.)*"|[^;\s]*)', re.ASCII)
_BEHIND_BOUNDARY = re.compile(rb"(--)?[ \t]*(?:\r\n|\Z)")
_EMPTY_LINE = b"\r\n\r\n"
_DISPOSITION = re.compile(rb"^content-disposition:[ \t]*form-data([^\r\n]*)", re.IGNORECASE | re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Payload:
    """A body of which nothing is known. `model` is "" where a body names none."""

    raw: bytes
    model: str = ""

    def naming(self, model: str) -> bytes:
        """The bytes with a provider's name for the model; as they came where that is the same."""
        return self.raw if model == self.model else self._renamed(model)

    def _renamed(self, _model: str) -> bytes:
        return self.raw


@dataclass(frozen=True, slots=True)
class JsonPayload(Payload):
    """A JSON object with a `model`."""

    def _renamed(self, model: str) -> bytes:
        if (raw := with_model(self.raw, model)) is not None:
            return raw
        return encode(with_numbers_as_written(parse_object(self.raw), self.raw) | {"model": model})


@dataclass(frozen=True, slots=True)
class FormPayload(Payload):
    """A form; the name of the model is between `begin` and `end`."""

    begin: int = 0
    end: int = 0

    def _renamed(self, model: str) -> bytes:
        return self.raw[: self.begin] + model.encode() + self.raw[self.end :]


def read(content_type: bytes, raw: bytes) -> Payload:
    """Find the model. Raises `CallerError` for JSON or a form that is none, and for what only pages send."""
    media_type, _, parameters = content_type.decode("latin-1").partition(";")
    match media_type.strip().lower():
        case _ if not raw:
            return Payload(raw)
        case "application/json":
            return _json(raw, parse_object(raw))
        case "multipart/form-data":
            return _form(raw, _parameters(f";{parameters}").get("boundary", ""))
        case media_type if media_type in FROM_A_PAGE:
            raise UnsupportedMediaType(
                f"the body has to say what it is; its content type is {media_type or 'nothing'}",
                hint="send application/json or multipart/form-data",
            )
        case _:
            return Payload(raw)


def _json(raw: bytes, body: JsonObject) -> Payload:
    return Payload(raw) if body.get("model") is None else JsonPayload(raw, model_of(body))


def _form(raw: bytes, boundary: str) -> Payload:
    if not boundary:
        raise CallerError("the content type of the form names no `boundary`")
    places = [(begin, end) for name, begin, end in _fields(raw, boundary.encode("latin-1")) if name == "model"]
    if len(places) > 1:
        raise CallerError("the form names more than one `model`")
    if not places:
        return Payload(raw)
    begin, end = places[0]
    return FormPayload(raw, model_of({"model": raw[begin:end].decode("utf-8", "replace")}), begin, end)


def _fields(raw: bytes, boundary: bytes) -> Iterator[tuple[str, int, int]]:
    """Each field's name, and where its content begins and ends. Raises `CallerError` for a form that is not whole."""
    mark = b"\r\n--" + boundary
    # The first boundary may be the very beginning, as if a line had ended just before it.
    first = mark[2:]
    opening = _BEHIND_BOUNDARY.match(raw, len(first)) if raw.startswith(first) else _boundary(raw, mark, 0)[1]
    while opening is not None and opening[1] is None:
        begin = raw.find(_EMPTY_LINE, opening.end() - 2) + len(_EMPTY_LINE)
        end, closing = _boundary(raw, mark, begin)
        if begin < len(_EMPTY_LINE) or closing is None or mark in raw[opening.end() - 2 : begin]:
            opening = None
        else:
            said = _DISPOSITION.search(raw, opening.end(), begin)
            name = _parameters(said[1].decode("utf-8", "replace")).get("name", "") if said is not None else ""
            yield name, begin, end
            opening = closing
    if opening is None:
        raise CallerError("the form is not whole: a boundary or an empty line is missing")


def _boundary(raw: bytes, mark: bytes, start: int) -> tuple[int, re.Match[bytes] | None]:
    """The next boundary: where it begins, and what is behind it. A longer word that begins like it is none."""
    at = raw.find(mark, start)
    while at != -1 and (behind := _BEHIND_BOUNDARY.match(raw, at + len(mark))) is None:
        at = raw.find(mark, at + len(mark))
    return at, behind if at != -1 else None


def _parameters(text: str) -> dict[str, str]:
    """What follows a header's value, as in `; name="model"`. Names in lower case."""
    return {name.lower(): value.strip('"') for name, value in _PARAMETER.findall(text)}
