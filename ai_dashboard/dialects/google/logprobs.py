"""Log probabilities, which Google gives in two lists and OpenAI, and so the canonical form, in one."""

from typing import Any

from ai_dashboard.core.chat import JsonObject


def tokens_of(result: object) -> tuple[JsonObject, ...]:
    """Google's `logprobsResult` as OpenAI's objects, one a token."""
    if not isinstance(result, dict):
        return ()
    chosen = _list(result.get("chosenCandidates"))
    others = _list(result.get("topCandidates"))
    tokens = []
    for place, candidate in enumerate(chosen):
        if (token := _token(candidate)) is None:
            continue
        beside = others[place] if place < len(others) else None
        listed = _list(beside.get("candidates")) if isinstance(beside, dict) else []
        tops = [top for other in listed if (top := _token(other)) is not None]
        tokens.append({**token, "top_logprobs": tops})
    return tuple(tokens)


def result_of(tokens: list[JsonObject]) -> JsonObject:
    """OpenAI's objects as Google's `logprobsResult`."""
    result: JsonObject = {"chosenCandidates": [_candidate(token) for token in tokens]}
    if any(token.get("top_logprobs") for token in tokens):
        tops = [[_candidate(top) for top in _list(token.get("top_logprobs"))] for token in tokens]
        result["topCandidates"] = [{"candidates": candidates} for candidates in tops]
    return result


def _token(candidate: object) -> JsonObject | None:
    match candidate:
        case {"token": str(token), "logProbability": float() | int() as logprob}:
            return {"token": token, "logprob": logprob, "bytes": list(token.encode("utf-8", "replace"))}
        case _:
            return None


def _candidate(token: JsonObject) -> JsonObject:
    return {"token": token.get("token", ""), "logProbability": token.get("logprob", 0)}


def _list(value: object) -> list[Any]:
    return value if isinstance(value, list) else []
