"""A configuration folder written by the test itself, and what is said about it."""

from collections.abc import Callable
from pathlib import Path

import pytest

from ai_dashboard.config.load import Loaded, load

Read = Callable[..., Loaded]


@pytest.fixture
def read(tmp_path: Path) -> Read:
    """`read(providers=…, mappings=…, gateway=…, env=…, regions=…)` loads a folder with these texts."""

    def read(
        providers: str | bytes = "providers: {}",
        mappings: str | bytes = "",
        gateway: str | bytes = "",
        env: dict[str, str] | None = None,
        regions: str | bytes | None = None,
    ) -> Loaded:
        texts = {"providers.yaml": providers, "model-mappings.yaml": mappings, "gateway.yaml": gateway}
        if regions is not None:
            texts["multi-region.yaml"] = regions
        for name, text in texts.items():
            (tmp_path / name).write_bytes(text if isinstance(text, bytes) else text.encode())
        return load(tmp_path, env or {})

    return read
