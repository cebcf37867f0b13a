"""The one error tree. Each class says what the caller sees; foreign exceptions become one of these in `transport` only.

Two branches decide what the gateway does next: a `CallerError` is the ask's own fault and is answered at once; an
`UpstreamError` is a provider's failure and knows whether another candidate may answer instead and whether the provider
is to blame. Nothing is ever classified by searching a message's text.
"""

from typing import ClassVar

from ai_dashboard.core.diagnostics import Diagnostic
from ai_dashboard.core.tenancy import NO_LIMITS, Standing


class GatewayError(Exception):
    """Anything that ends a request. `code` is a stable identifier, `hint` says what to do."""

    status: ClassVar[int] = 500
    code: ClassVar[str] = "internal_error"
    kind: ClassVar[str] = "server_error"

    def __init__(self, message: str, *, hint: str = "", retry_after_s: float | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        self.retry_after_s = retry_after_s


class ConfigError(Exception):
    """The configuration cannot be used. Carries one printable line per problem."""

    def __init__(self, lines: tuple[str, ...]) -> None:
        super().__init__("\n".join(lines))
        self.lines = lines


# ── the ask is at fault ──────────────────────────────────────────────────────────────────────────────────────────────


class CallerError(GatewayError):
    """The request cannot be answered as it is; trying another provider would not help."""

    status = 400
    code = "invalid_request"
    kind = "invalid_request_error"


class Unauthorized(CallerError):
    """No key, or one that is not known here."""

    status = 401
    code = "invalid_api_key"
    kind = "authentication_error"


class Forbidden(CallerError):
    """Known, but not allowed: a foreign origin, an unlisted host, a missing scope."""

    status = 403
    code = "forbidden"
    kind = "permission_error"


class ModelNotAllowed(Forbidden):
    """The key or the tenant may not ask for this model."""

    code = "model_not_allowed"


class NotFound(CallerError):
    """No such path or record."""

    status = 404
    code = "not_found"


class KeyNotFound(NotFound):
    """No key has this id."""

    code = "key_not_found"


class RecordNotFound(NotFound):
    """No request that is remembered has this id, or more than one has an id that begins like it."""

    code = "record_not_found"


class AlertNotFound(NotFound):
    """No alert with this key is there now."""

    code = "alert_not_found"


class ProviderNotFound(NotFound):
    """No provider of the configuration has this name."""

    code = "provider_not_found"


class ModelNotFound(NotFound):
    """No rule, capability or provider knows the model that was asked for."""

    code = "model_not_found"


class PreviousResponseNotFound(CallerError):
    """The reply that an ask goes on from is not, or no longer, known here; or it is somebody else's."""

    code = "previous_response_not_found"


class MethodNotAllowed(CallerError):
    """The path exists, for another method."""

    status = 405
    code = "method_not_allowed"


class BodyTimeout(CallerError):
    """The caller stopped sending its body."""

    status = 408
    code = "request_timeout"


class BodyTooLarge(CallerError):
    """The body is over `limits.max_body_mb`."""

    status = 413
    code = "body_too_large"


class UnsupportedMediaType(CallerError):
    """A JSON endpoint was sent something that does not call itself JSON."""

    status = 415
    code = "unsupported_media_type"


class FeatureMissing(CallerError):
    """None of the models that could answer has what the request needs: embeddings, images, tools."""

    code = "feature_missing"


class ContextExceeded(CallerError):
    """The request is longer than the window of every model that could answer: `tokens` that it takes, prompt and answer
    together, and the largest `window` of them. Each dialect has words of its own for it."""

    code = "context_length_exceeded"

    def __init__(self, message: str, *, tokens: int, window: int, hint: str = "") -> None:
        super().__init__(message, hint=hint)
        self.tokens = tokens
        self.window = window


class UnknownCapability(CallerError):
    """The request asks for a capability that the configuration does not have."""

    code = "unknown_capability"


class RequirementsUnmet(CallerError):
    """No candidate keeps the limits that the caller set; the message lists each with the limit that it breaks."""

    status = 422
    code = "requirements_unmet"


class UnknownResidency(CallerError):
    """The request belongs to a residency group that no rule is for: it is not known where its data may go."""

    code = "unknown_residency_group"


class ResidencyRefused(CallerError):
    """A residency rule leaves nobody who may answer. No byte of the request has left."""

    status = 451
    code = "residency_refused"
    kind = "permission_error"


class BudgetExceeded(CallerError):
    """What may be spent does not allow for this call. Models that cost nothing may answer still."""

    status = 402
    code = "budget_exceeded"
    kind = "insufficient_quota"


class OffInConfig(CallerError):
    """The configuration itself keeps the provider off: an operator's word cannot put it on."""

    status = 409
    code = "provider_off_in_config"


class ConfigConflict(CallerError):
    """A change of a configuration file was made from something else than what is there now."""

    status = 409
    code = "config_conflict"


class ConfigRefused(CallerError):
    """A change of the configuration that cannot be made; `diagnostics` hold everything that was found."""

    status = 422
    code = "config_refused"

    def __init__(self, message: str, diagnostics: tuple[Diagnostic, ...] = ()) -> None:
        super().__init__(message)
        self.diagnostics = diagnostics


class HeadersTooLarge(CallerError):
    """Request line and headers are over `limits.max_header_kb`, or there are too many."""

    status = 431
    code = "headers_too_large"


class ConfigNotWritten(GatewayError):
    """The configuration could not be read or written: a full disk, missing rights. What is there is as it was."""

    code = "config_not_written"


# ── the gateway cannot take it now ───────────────────────────────────────────────────────────────────────────────────


class Overloaded(GatewayError):
    """Too much is in flight, or the gateway is shutting down."""

    status = 503
    code = "overloaded"


class KeysUnreadable(GatewayError):
    """The callers' keys cannot be read or written now. Those that are known already stay good."""

    status = 503
    code = "keys_unreadable"


class RateLimited(GatewayError):
    """A limit of the tenant or of the key is used up. `standing` says how its limits stand; there is no
    `retry_after_s` where waiting does not help."""

    status = 429
    code = "rate_limit_exceeded"
    kind = "rate_limit_error"

    def __init__(
        self, message: str, *, hint: str = "", retry_after_s: float | None = None, standing: Standing = NO_LIMITS
    ) -> None:
        super().__init__(message, hint=hint, retry_after_s=retry_after_s)
        self.standing = standing


class LedgerUnavailable(GatewayError):
    """What was spent cannot be looked up, or a budget not be set: the disk or Redis refuses. Calls go on."""

    status = 503
    code = "ledger_unavailable"


class NoCandidate(GatewayError):
    """The model is known, and every candidate was left out before any byte was sent."""

    status = 503
    code = "no_provider_available"


class AllCoolingDown(NoCandidate):
    """Whoever could answer has to be left alone for a while; `retry_after_s` says until when at least."""

    status = 429
    code = "all_providers_cooling_down"
    kind = "rate_limit_error"


class QueueFull(GatewayError):
    """Too many wait already for whoever could answer; `retry_after_s` is about how long those take."""

    status = 429
    code = "queue_full"
    kind = "rate_limit_error"


class QueueExpired(GatewayError):
    """The request's own deadline passed while it waited. Nothing was sent to any provider."""

    status = 504
    code = "queue_deadline_exceeded"


# ── a provider failed ────────────────────────────────────────────────────────────────────────────────────────────────


class UpstreamError(GatewayError):
    """A provider did not answer properly. `falls_over`: another candidate may answer instead; `blames`: counts against
    the provider's health; `upstream_status`: its HTTP status, when it got that far. `may_be_repeated` is False where
    the provider said when to come back in a way that makes no sense: whoever asks again then asks too early."""

    status = 502
    code = "upstream_error"
    kind = "upstream_error"
    falls_over: ClassVar[bool] = True
    blames: ClassVar[bool] = True

    def __init__(
        self,
        message: str,
        *,
        hint: str = "",
        retry_after_s: float | None = None,
        upstream_status: int | None = None,
        may_be_repeated: bool = True,
    ) -> None:
        super().__init__(message, hint=hint, retry_after_s=retry_after_s)
        self.upstream_status = upstream_status
        self.may_be_repeated = may_be_repeated


class UpstreamUnreachable(UpstreamError):
    """DNS, connect or TLS failed: no byte of the request was taken."""

    code = "upstream_unreachable"


class UpstreamCrowded(UpstreamError):
    """All connections that we open to a provider at one time are in use. That is our limit, not its fault."""

    status = 503
    code = "upstream_connections_in_use"
    blames = False


class UpstreamTimeout(UpstreamError):
    """A deadline passed: connecting, first token, idle between chunks, or in total."""

    status = 504
    code = "upstream_timeout"


class DeadlineExceeded(UpstreamTimeout):
    """The time for the whole request is over: what the caller waits for at most, or what requests are given here."""

    code = "deadline_exceeded"
    falls_over = False
    blames = False


class UpstreamTruncated(UpstreamError):
    """The reply ended before it was whole: EOF, reset, or a stream without its terminal event."""

    code = "upstream_truncated"


class UpstreamInvalid(UpstreamError):
    """The reply is not what its dialect promises: HTML, broken JSON, an error under status 200, no choices."""

    code = "upstream_invalid_reply"


class UpstreamRefusedKey(UpstreamError):
    """401 or 403 from the provider: our key for it is missing, wrong, or not allowed this."""

    code = "upstream_auth_failed"


class UpstreamRateLimited(UpstreamError):
    """429 from the provider."""

    status = 429
    code = "upstream_rate_limited"
    kind = "rate_limit_error"


class UpstreamLacksModel(UpstreamError):
    """404 from the provider: it does not have this model; others may."""

    status = 404
    code = "upstream_model_not_found"
    blames = False


class UpstreamRejected(UpstreamError):
    """400, 413 or 422 from the provider: the ask itself is refused, and its body goes back to the caller as it came."""

    status = 400
    code = "upstream_rejected"
    kind = "invalid_request_error"
    falls_over = False
    blames = False

    def __init__(self, message: str, *, upstream_status: int, body: bytes, content_type: str) -> None:
        super().__init__(message, upstream_status=upstream_status)
        self.body = body
        self.content_type = content_type


class UpstreamContextExceeded(UpstreamRejected):
    """The provider's own structured word that the ask is too long for the model: a larger window may take it."""

    code = "context_length_exceeded"
    falls_over = True
