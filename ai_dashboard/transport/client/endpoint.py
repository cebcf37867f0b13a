"""Where a provider listens: what a connection pool is keyed by."""

from typing import NamedTuple
from urllib.parse import urlsplit

DEFAULT_PORTS = {"http": 80, "https": 443}


class Endpoint(NamedTuple):
    """`scheme` is http or https, `host` a lower-case name or an address without brackets.

    A tuple because it is looked up with every request: a dataclass would be hashed in Python.
    """

    scheme: str
    host: str
    port: int

    @staticmethod
    def parse(base_url: str) -> "tuple[Endpoint, str]":
        """`(endpoint, base_path)` of a provider's `base_url`.

        The path has no trailing slash and no trailing `/v1`, which dialects write themselves: `""`, `"/api"`. Raises
        `ValueError`, whose message is for people, and never repeats a password.
        """
        try:
            parts = urlsplit(base_url.strip())
            port = parts.port
        except ValueError as error:
            raise ValueError(f"the address cannot be read ({error}); write it like http://127.0.0.1:11434") from None
        if parts.scheme not in DEFAULT_PORTS:
            raise ValueError("the address must start with http:// or https://")
        if not parts.hostname:
            raise ValueError("the address names no host; write it like http://127.0.0.1:11434")
        if parts.username is not None or parts.password is not None:
            raise ValueError("the address holds a user name or password; put the key into api_key instead")
        if parts.query or parts.fragment:
            raise ValueError("the address holds a `?` or `#`; it ends with the path")
        if not (parts.hostname.isprintable() and parts.path.isprintable()) or " " in parts.hostname + parts.path:
            raise ValueError("the address holds a space or an unprintable character")
        path = parts.path.rstrip("/")
        path = path.removesuffix("/v1").rstrip("/")
        return Endpoint(parts.scheme, parts.hostname, port or DEFAULT_PORTS[parts.scheme]), path

    @property
    def authority(self) -> str:
        """What the Host header says: the port only when it is not the scheme's own."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == DEFAULT_PORTS[self.scheme] else f"{host}:{self.port}"

    def __str__(self) -> str:
        """For people: always with the port."""
        return f"{f'[{self.host}]' if ':' in self.host else self.host}:{self.port}"
