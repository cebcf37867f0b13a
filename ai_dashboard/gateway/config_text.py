"""Configuration files as text that is edited, and as bytes that are stored."""

from ai_dashboard.config.backups import content_hash
from ai_dashboard.config.store import MISSING
from ai_dashboard.core.control import ConfigText
from ai_dashboard.core.errors import ConfigRefused


def as_text(file: str, content: bytes | None, *, called: str = "") -> ConfigText:
    """Raises `ConfigRefused` for what is no text; `called` is what it is called then."""
    if content is None:
        return ConfigText(file, "", MISSING)
    try:
        return ConfigText(file, content.decode("utf-8"), content_hash(content))
    except UnicodeDecodeError:
        raise ConfigRefused(f"{called or file} is not UTF-8, so it is no text that could be shown or edited") from None


def as_bytes(text: str) -> bytes:
    """Raises `ConfigRefused` for what no file can hold."""
    try:
        return text.encode("utf-8")
    except UnicodeEncodeError:
        raise ConfigRefused("the text holds half a character, which no file can") from None
