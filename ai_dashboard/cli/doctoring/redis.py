"""The Redis that gateways share: whether it answers, how soon, and whether its clock is ours."""

import time
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from ai_dashboard.cli.doctoring.finding import Finding, Level
from ai_dashboard.config.load import Config
from ai_dashboard.state.link import CALL_S, without_password

if TYPE_CHECKING:
    from redis import Redis

REDIS = "redis"
ANSWER_S = 2.0
LOOKS = 5
SKEW_S = 2.0


def check_redis(config: Config, now: Callable[[], float] = time.time) -> Iterator[Finding]:
    """Ask it, as a gateway would."""
    if config.gateway.redis.url is None:
        yield Finding(REDIS, Level.NOTE, "none is configured: each gateway keeps its own state")
        return
    from redis import Redis
    from redis.exceptions import AuthenticationError, NoPermissionError, RedisError

    url = config.gateway.redis.url.get_secret_value()
    where = without_password(url)
    server: Redis = Redis.from_url(url, socket_timeout=ANSWER_S, socket_connect_timeout=ANSWER_S)
    try:
        yield from _look(server, where, now)
    except AuthenticationError:
        fix = "correct the user name or password in `redis.url` or REDIS_URL"
        yield Finding(REDIS, Level.PROBLEM, f"{where} refuses the password", fix)
    except NoPermissionError:
        fix = "allow the user all commands on keys `aid:*` (ACL SETUSER)"
        yield Finding(REDIS, Level.PROBLEM, f"{where} does not allow this user what a gateway does", fix)
    except RedisError:
        fix = "start it, or correct `redis.url` in gateway.yaml (REDIS_URL wins over it)"
        yield Finding(REDIS, Level.PROBLEM, f"{where} does not answer: gateways go on, each by itself", fix)
    finally:
        server.close()


def _look(server: "Redis", where: str, now: Callable[[], float]) -> Iterator[Finding]:
    server.ping()
    times = []
    for _ in range(LOOKS):
        began = time.perf_counter()
        server.ping()
        times.append(time.perf_counter() - began)
    usual = sorted(times)[LOOKS // 2]
    if usual > CALL_S:
        text = f"{where} takes {usual * 1000:.0f} ms to answer; gateways go on without it after {CALL_S * 1000:.0f}"
        yield Finding(REDIS, Level.WARNING, text, "use one that is nearer, or less busy")
    else:
        yield Finding(REDIS, Level.OK, f"{where} answers in {usual * 1000:.1f} ms")
    seconds, micros = server.time()
    apart = abs(seconds + micros / 1e6 - now())
    if apart > SKEW_S:
        text = f"its clock and this machine's are {apart:.0f} s apart: limits and budgets go by both"
        yield Finding(REDIS, Level.WARNING, text, "have both set their clocks by NTP")
