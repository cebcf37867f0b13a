import pytest

from ai_dashboard.config.backups import content_hash
from ai_dashboard.core.control import ConfigText
from ai_dashboard.core.errors import ConfigRefused
from ai_dashboard.gateway.config_text import as_bytes, as_text


def test_a_file_is_its_text_and_the_hash_of_its_bytes() -> None:
    content = "\ufeffname: wörld\r\n".encode()
    text = as_text("gateway.yaml", content)
    assert text == ConfigText("gateway.yaml", "\ufeffname: wörld\r\n", content_hash(content))
    assert as_bytes(text.text) == content


def test_no_file_is_an_empty_text_without_a_hash() -> None:
    assert as_text("gateway.yaml", None) == ConfigText("gateway.yaml", "", "")


def test_what_is_no_text_is_refused() -> None:
    with pytest.raises(ConfigRefused, match=r"gateway\.yaml is not UTF-8"):
        as_text("gateway.yaml", b"\xff")
    with pytest.raises(ConfigRefused, match="a-backup is not UTF-8"):
        as_text("gateway.yaml", b"\xff", called="a-backup")
    with pytest.raises(ConfigRefused, match="half a character"):
        as_bytes("\ud800")
