"""Log probabilities: one object a token in a chat, and parallel lists in the older completions."""

from typing import Any


def tokens_of(logprobs: object) -> tuple[dict[str, Any], ...]:
    """OpenAI's log probabilities of a piece, one object a token."""
    return tuple(_tokens(logprobs.get("content"))) if isinstance(logprobs, dict) else ()


def _tokens(listed: object, *, alternatives: bool = True) -> list[dict[str, Any]]:
    """Tokens by the fields that OpenAI's reference gives them: callers are written what is known to be well-formed."""
    tokens = []
    for entry in listed if isinstance(listed, list) else ():
        match entry:
            case {"token": str(token), "logprob": float() | int() as logprob, **rest}:
                written: dict[str, Any] = {"token": token, "logprob": logprob, "bytes": _bytes(rest.get("bytes"))}
                if alternatives:
                    written["top_logprobs"] = _tokens(rest.get("top_logprobs"), alternatives=False)
                tokens.append(written)
            case _:
                pass
    return tokens


def _bytes(value: object) -> list[int] | None:
    return [byte for byte in value if isinstance(byte, int)] if isinstance(value, list) else None


def lists_of(tokens: tuple[dict[str, Any], ...], offset: int) -> dict[str, list[Any]]:
    """Log probabilities as the older completions list them, the first token at `offset` of the whole text."""
    offsets = []
    for token in tokens:
        offsets.append(offset)
        offset += len(token["token"])
    return {
        "tokens": [token["token"] for token in tokens],
        "token_logprobs": [token["logprob"] for token in tokens],
        "top_logprobs": [{other["token"]: other["logprob"] for other in token["top_logprobs"]} for token in tokens],
        "text_offset": offsets,
    }
