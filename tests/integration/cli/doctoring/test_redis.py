"""Findings about Redis, at a real Valkey."""

import dataclasses
import time
from pathlib import Path

import pytest
from pydantic import SecretStr

from ai_dashboard.cli.doctoring.finding import Finding, Level
from ai_dashboard.cli.doctoring.redis import SKEW_S, check_redis
from ai_dashboard.config.load import Config, load
from ai_dashboard.config.schema.queue import RedisSettings
from tests.valkey import valkey


def config(url: str | None) -> Config:
    made = load(None, {}).config
    assert made is not None
    redis = RedisSettings(url=SecretStr(url) if url is not None else None)
    return dataclasses.replace(made, gateway=made.gateway.model_copy(update={"redis": redis}))


def found(url: str | None, ahead_s: float = 0.0) -> list[Finding]:
    return list(check_redis(config(url), lambda: time.time() + ahead_s))


def test_one_that_answers_is_well_and_its_clock_is_compared() -> None:
    with valkey() as server:
        (well,) = found(server.url)
        assert (well.level, "answers in" in well.text) == (Level.OK, True)
        _, apart = found(server.url, SKEW_S + 10)
        assert (apart.level, "12 s apart" in apart.text) == (Level.WARNING, True)


def test_a_wrong_password_is_told_without_it() -> None:
    with valkey("--requirepass", "right") as server:
        (refused,) = found(f"unix://:wr0ng-secret@{server.socket}")
        assert (refused.level, "refuses the password" in refused.text) == (Level.PROBLEM, True)
        assert "wr0ng-secret" not in str(refused)
        (well,) = found(f"unix://:right@{server.socket}")
        assert well.level is Level.OK


def test_nobody_there_is_a_problem_with_a_fix(tmp_path: Path) -> None:
    (gone,) = found(f"unix://{tmp_path}/nobody.sock")
    assert (gone.level, "does not answer" in gone.text) == (Level.PROBLEM, True)
    assert "redis.url" in gone.fix


def test_none_is_a_note() -> None:
    assert [it.level for it in found(None)] == [Level.NOTE]


@pytest.mark.parametrize("rights", ["+@all -ping", "+@all -time"])
def test_a_user_who_may_not_is_told_so(rights: str) -> None:
    with valkey() as server:
        from redis import Redis

        with Redis.from_url(server.url) as operator:
            operator.execute_command("ACL", "SETUSER", "u", "on", ">p", "~*", *rights.split())
        refused = found(f"unix://u:p@{server.socket}")[-1]
        assert (refused.level, "does not allow" in refused.text) == (Level.PROBLEM, True)
