"""The admin API's part about keys and tenants. A secret is in one reply, once: in that to whoever made the key."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import Annotated
from urllib.parse import unquote

from pydantic import BaseModel, ConfigDict, Field

from ai_dashboard.config.schema.tenants import Tenant
from ai_dashboard.core.data import dataclass
from ai_dashboard.core.errors import NotFound
from ai_dashboard.core.tenancy import DEFAULT_TENANT, TENANT_NAME, KeyScope, KeyView, NewKey, TenantView
from ai_dashboard.gateway.admin import read_body, reply_json
from ai_dashboard.gateway.auditing import note_change
from ai_dashboard.gateway.described import described
from ai_dashboard.gateway.routes import Handler
from ai_dashboard.telemetry.audit import Audit
from ai_dashboard.tenancy.key_book import KeyBook
from ai_dashboard.tenancy.keys import Wanted
from ai_dashboard.tenancy.tenants import tenant_view, tenant_views
from ai_dashboard.transport.http1 import Exchange

MAX_NAMES = 200

Name = Annotated[str, Field(max_length=100)]
Names = Annotated[tuple[Annotated[str, Field(min_length=1, max_length=200)], ...], Field(max_length=MAX_NAMES)]
TenantName = Annotated[str, Field(pattern=f"^{TENANT_NAME.pattern}$")]
Whole = Annotated[int, Field(gt=0, le=10**12, strict=True)]
Dollars = Annotated[float, Field(ge=0, le=1e6, allow_inf_nan=False)]

LIMITS = ("rpm", "tpm", "concurrency", "budget_daily", "budget_monthly", "budget_total")


class KeyBody(BaseModel):
    """What a key shall be; of one that is changed, only what is given."""

    model_config = ConfigDict(extra="forbid")

    name: Name = ""
    tenant: TenantName = DEFAULT_TENANT
    scopes: Annotated[tuple[KeyScope, ...], Field(min_length=1)] = ("chat", "read")
    models: Names = ()
    providers: Names = ()
    rpm: Whole | None = None
    tpm: Whole | None = None
    concurrency: Whole | None = None
    budget_daily: Dollars | None = None
    budget_monthly: Dollars | None = None
    budget_total: Dollars | None = None
    expires_at: Annotated[float, Field(gt=0, lt=1e11, allow_inf_nan=False)] | None = None


class KeyChange(KeyBody):
    """`POST …/keys/{id}`."""

    disabled: bool = False


@dataclass(frozen=True, slots=True)
class KeyList:
    """All keys. `trouble` says why they cannot be read, while they cannot."""

    keys: tuple[KeyView, ...]
    trouble: str


@dataclass(frozen=True, slots=True)
class TenantList:
    """The tenants that the configuration names."""

    tenants: tuple[TenantView, ...]


class KeysApi:
    """Handlers below `/api/admin/`. `tenants` gives what the configuration in force says."""

    def __init__(self, book: KeyBook, tenants: Callable[[], Mapping[str, Tenant]], audit: Audit | None) -> None:
        self._book = book
        self._tenants = tenants
        self._audit = audit

    def handlers(self) -> Iterator[tuple[str, str, Handler]]:
        """Method, name and handler of each."""
        yield "GET", "keys", self._list
        yield "POST", "keys", self._create
        yield "GET", "keys/*", self._show
        yield "POST", "keys/*", self._change
        yield "DELETE", "keys/*", self._revoke
        yield "GET", "tenants", self._list_tenants
        yield "GET", "tenants/*", self._show_tenant

    @described(KeyList)
    async def _list(self, exchange: Exchange) -> None:
        """`GET …/keys`: all keys, those that were revoked too."""
        reply_json(exchange, KeyList(self._book.views(), self._book.trouble))

    @described(NewKey, body=KeyBody)
    async def _create(self, exchange: Exchange) -> None:
        """`POST …/keys`: make a key; its secret is in this reply and never again."""
        asked = await read_body(exchange, KeyBody)
        new = await self._book.create(_changed(Wanted(), asked, set(KeyBody.model_fields)))
        await self._note(exchange, "key.create", new.key, "", _rights(new.key))
        reply_json(exchange, new)

    @described(KeyView, below="{id}")
    async def _show(self, exchange: Exchange) -> None:
        """`GET …/keys/{id}`: a key, by its id, the beginning of it, or its name."""
        reply_json(exchange, self._book.view(_last(exchange)))

    @described(KeyView, body=KeyChange, below="{id}")
    async def _change(self, exchange: Exchange) -> None:
        """`POST …/keys/{id}`: give a key other rights; what is not given stays as it is."""
        name, asked = _last(exchange), await read_body(exchange, KeyChange)
        before = self._book.view(name)
        wanted, disabled = self._book.wanted(before.id)
        given = asked.model_fields_set
        view = await self._book.change(
            before.id, _changed(wanted, asked, given), disabled=asked.disabled if "disabled" in given else disabled
        )
        await self._note(exchange, "key.change", view, _rights(before), _rights(view))
        reply_json(exchange, view)

    @described(KeyView, below="{id}")
    async def _revoke(self, exchange: Exchange) -> None:
        """`DELETE …/keys/{id}`: revoke a key for good."""
        before = self._book.view(_last(exchange))
        view = await self._book.revoke(before.id)
        await self._note(exchange, "key.revoke", view, before.state, view.state)
        reply_json(exchange, view)

    @described(TenantList)
    async def _list_tenants(self, exchange: Exchange) -> None:
        """`GET …/tenants`: the tenants that the configuration names, with what holds for them."""
        reply_json(exchange, TenantList(tenant_views(self._tenants())))

    @described(TenantView)
    async def _show_tenant(self, exchange: Exchange) -> None:
        """`GET …/tenants/{name}`: a tenant, named or not; what is not named is under what `*` says."""
        name = _last(exchange)
        if TENANT_NAME.fullmatch(name) is None and name not in self._tenants():
            raise NotFound(f"{name[:64]!r} is no name of a tenant")
        reply_json(exchange, tenant_view(self._tenants(), name))

    async def _note(self, exchange: Exchange, what: str, key: KeyView, before: str, after: str) -> None:
        await note_change(self._audit, exchange, what, key.id, before=before, after=after)


def _changed(wanted: Wanted, asked: KeyBody, given: set[str]) -> Wanted:
    limits = {name: getattr(asked, name) for name in LIMITS if name in given}
    rights = {
        name: getattr(asked, name)
        for name in ("name", "tenant", "scopes", "models", "providers", "expires_at")
        if name in given
    }
    return replace(wanted, **rights, limits=replace(wanted.limits, **limits))


def _rights(key: KeyView) -> str:
    """In one line, for the record."""
    limits = ", ".join(f"{name} {value}" for name in LIMITS if (value := getattr(key.limits, name)) is not None)
    parts = (f"tenant {key.tenant}", f"scopes {'+'.join(key.scopes)}", f"models {_or_all(key.models)}",
             f"providers {_or_all(key.providers)}", limits, key.state)  # fmt: skip
    return "; ".join(part for part in parts if part)


def _or_all(names: tuple[str, ...]) -> str:
    return ", ".join(names) or "all"


def _last(exchange: Exchange) -> str:
    return unquote(exchange.path.rpartition("/")[2])
