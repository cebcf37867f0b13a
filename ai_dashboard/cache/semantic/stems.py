"""The stem of an English word: its endings of number and tense, and nothing that would change what is meant."""

_IRREGULAR = {
    "children": "child", "men": "man", "women": "woman", "feet": "foot", "mice": "mouse", "people": "person",
    "made": "make", "bought": "buy", "sold": "sell", "wrote": "write", "written": "write", "ran": "run", "went": "go",
    "gone": "go", "built": "build", "found": "find", "broke": "break", "broken": "break", "chose": "choose",
    "sent": "send", "kept": "keep", "lost": "lose", "won": "win", "ate": "eat", "eaten": "eat", "saw": "see",
    "seen": "see", "gave": "give", "given": "give", "took": "take", "taken": "take", "forgot": "forget",
    "forgotten": "forget", "better": "better", "died": "die", "dying": "die", "does": "do", "data": "data",
}  # fmt: skip

_SHORTEST = 3


def stem(word: str) -> str:
    """The stem of a word in lower case. Never shorter than three letters, so that short words stay what they are."""
    if word in _IRREGULAR:
        return _trimmed(_IRREGULAR[word])
    for ending, instead in (("ies", "y"), ("sses", "ss"), ("ing", ""), ("ed", ""), ("es", ""), ("s", "")):
        if word.endswith(ending) and len(word) - len(ending) >= _SHORTEST and not word.endswith(("ss", "us", "is")):
            return _trimmed(word[: -len(ending)] + instead)
    return _trimmed(word)


def _trimmed(word: str) -> str:
    """Without a silent `e`, and with one consonant where tense has doubled it."""
    if len(word) > _SHORTEST and word[-1] == word[-2] and word[-1] in "bdgmnprt":
        return word[:-1]
    return word[:-1] if word.endswith("e") and len(word) > _SHORTEST else word
