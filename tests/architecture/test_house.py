"""The rules of the house that no linter knows: tests mirror rooms, threads have few homes, files stay small."""

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "ai_dashboard"
MAX_LINES = 450
THREAD_HOMES = {"gateway/thread.py", "hardware/sampler.py", "state/sqlite_writer.py"}
FORBIDDEN_WORDS = ("aiohttp",)

TESTED_ELSEWHERE = {
    "__main__": "tests/e2e/test_commands.py",
    "core/balance": "vocabulary: shapes without behaviour",
    "core/cache": "vocabulary: shapes without behaviour",
    "core/chat": "vocabulary: shapes without behaviour",
    "core/clock": "vocabulary: shapes without behaviour",
    "core/diagnostics": "tests/unit/cli/commands/test_config.py",
    "core/errors": "tests/integration/gateway/test_dispatch.py",
    "core/records": "tests/unit/gateway/test_trip.py",
    "core/control": "vocabulary: shapes without behaviour",
    "core/models": "vocabulary: shapes without behaviour",
    "core/playground": "vocabulary: shapes without behaviour",
    "core/request_log": "vocabulary: shapes without behaviour",
    "core/logs": "vocabulary: shapes without behaviour",
    "core/tenancy": "vocabulary: shapes without behaviour",
    "core/events": "vocabulary: shapes without behaviour",
    "core/plan": "vocabulary: shapes without behaviour",
    "core/snapshot": "vocabulary: shapes without behaviour",
    "core/screen": "vocabulary: shapes without behaviour",
    "costs/reports": "tests/integration/gateway/test_costs_api.py",
    "config/schema/logs": "tests/unit/cli/test_lines.py",
    "config/schema/base": "tests/unit/config/test_validate.py",
    "config/schema/dashboard": "tests/unit/config/test_diagnose_dashboard.py",
    "control/local": "tests/integration/control/test_ports.py",
    "control/remote": "tests/integration/control/test_ports.py",
    "cli/asking": "tests/integration/gateway/test_costs_api.py",
    "cli/child": "tests/e2e/test_screen.py",
    "cli/benching/load": "tests/integration/cli/test_bench.py",
    "cli/commands/backup": "tests/integration/cli/test_saving.py",
    "cli/commands/bench": "tests/integration/cli/test_bench.py",
    "cli/commands/restore": "tests/integration/cli/test_saving.py",
    "cli/doctoring/finding": "vocabulary: shapes without behaviour",
    "cli/saving/copying": "tests/integration/cli/test_saving.py",
    "cli/saving/places": "tests/integration/cli/test_saving.py",
    "cli/servicing/manager": "tests/unit/cli/commands/test_service.py",
    "cli/handover": "tests/e2e/test_handover.py",
    "cli/configuring/backups": "tests/unit/cli/test_configuring.py",
    "cli/configuring/check": "tests/unit/cli/commands/test_config.py",
    "cli/configuring/diff": "tests/unit/cli/test_configuring.py",
    "cli/configuring/folder": "tests/unit/cli/test_configuring.py",
    "cli/configuring/init": "tests/unit/cli/test_configuring.py",
    "cli/configuring/put": "tests/unit/cli/test_configuring.py",
    "cli/configuring/rollback": "tests/unit/cli/test_configuring.py",
    "cli/configuring/schema": "tests/unit/cli/test_configuring.py",
    "cli/completing/bash": "tests/unit/cli/completing/test_shells.py",
    "cli/completing/fish": "tests/unit/cli/completing/test_shells.py",
    "cli/completing/zsh": "tests/unit/cli/completing/test_shells.py",
    "cli/opening": "tests/e2e/test_serve.py",
    "cli/screen": "tests/e2e/test_screen.py",
    "cli/commands/app": "tests/e2e/test_screen.py",
    "cli/commands/attach": "tests/e2e/test_screen.py",
    "cli/commands/balance": "tests/integration/gateway/test_balance_api.py",
    "cli/commands/chat": "tests/integration/cli/test_chat.py",
    "cli/commands/compare": "tests/integration/cli/test_chat.py",
    "cli/commands/serve": "tests/e2e/test_serve.py",
    "core/history": "vocabulary: shapes without behaviour",
    "gateway/audit_api": "tests/integration/gateway/test_openapi.py",
    "gateway/engine_models": "tests/integration/gateway/test_models_api.py",
    "gateway/described": "tests/integration/gateway/test_openapi.py",
    "gateway/metrics_counted": "tests/integration/gateway/test_metrics_page.py",
    "gateway/watching": "tests/integration/gateway/test_metrics_door.py",
    "gateway/log_entry": "tests/integration/gateway/test_request_log.py",
    "gateway/turned_away": "tests/integration/gateway/test_request_log.py",
    "gateway/insight_api": "tests/integration/control/test_ports.py",
    "gateway/replying": "tests/integration/gateway/test_pipeline.py",
    "gateway/queue_api": "tests/integration/gateway/test_waiting.py",
    "gateway/own_events": "tests/integration/gateway/test_logs_api.py",
    "gateway/own_routes": "tests/integration/gateway/test_server.py",
    "gateway/on_record": "tests/integration/gateway/test_pipeline.py",
    "gateway/keeping": "tests/integration/gateway/test_money.py",
    "gateway/beginning": "tests/integration/gateway/test_server.py",
    "gateway/desk": "tests/integration/gateway/test_keys.py",
    "gateway/config_api": "tests/integration/gateway/test_reload.py",
    "telemetry/log_reader": "tests/integration/telemetry/test_request_log.py",
    "tenancy/memory_limits": "tests/integration/tenancy/test_limits.py",
    "tenancy/redis_limits": "tests/integration/tenancy/test_limits.py",
    "transport/client/client": "tests/integration/transport/test_upstream_client.py",
    "transport/client/parsing": "tests/integration/transport/test_upstream_client.py",
    "transport/client/tunnel": "tests/integration/transport/test_proxy.py",
    "transport/http1/hangup": "tests/integration/transport/test_http1_server.py",
    "transport/client/connect": "tests/integration/transport/test_upstream_client.py",
    "transport/client/connection": "tests/integration/transport/test_upstream_client.py",
    "transport/client/pool": "tests/integration/transport/test_pool.py",
    "transport/client/reply": "tests/integration/transport/test_upstream_client.py",
    "transport/client/timeouts": "tests/integration/transport/test_upstream_client.py",
    "transport/http1/exchange": "tests/integration/transport/test_http1_server.py",
    "transport/http1/limits": "tests/integration/transport/test_http1_server.py",
    "transport/http1/protocol": "tests/integration/transport/test_http1_server.py",
    "tui/app": "tests/tui/test_app.py",
    "tui/filter": "tests/tui/test_overview.py",
    "tui/look": "tests/tui/test_frame.py",
    "tui/in_order": "tests/tui/test_everything.py",
    "tui/palette": "tests/tui/test_app.py",
    "tui/panels/base": "tests/tui/test_overview.py",
    "tui/screens/base": "tests/tui/test_app.py",
    "tui/screens/cache": "tests/tui/test_cache.py",
    "tui/screens/config": "tests/tui/test_config_screen.py",
    "tui/screens/costs": "tests/tui/test_costs.py",
    "tui/screens/help": "tests/tui/test_app.py",
    "tui/screens/listing": "tests/tui/test_overview.py",
    "tui/screens/overview": "tests/tui/test_overview.py",
    "tui/screens/logs": "tests/tui/test_logs.py",
    "tui/alerting": "tests/tui/test_logs.py",
    "tui/screens/line": "tests/tui/test_requests.py",
    "tui/panels/table": "tests/tui/test_providers.py",
    "tui/screens/host": "tests/tui/test_host.py",
    "tui/screens/latency": "tests/tui/test_latency.py",
    "tui/screens/operating": "tests/tui/test_providers.py",
    "tui/screens/provider": "tests/tui/test_providers.py",
    "tui/screens/providers": "tests/tui/test_providers.py",
    "tui/screens/playground": "tests/tui/test_playground.py",
    "tui/panels/playground_prompt": "tests/tui/test_playground.py",
    "tui/screens/quit": "tests/tui/test_app.py",
    "tui/screens/record": "tests/tui/test_request.py",
    "tui/screens/request": "tests/tui/test_request.py",
    "tui/screens/requests": "tests/tui/test_requests.py",
    "tui/screens/routing": "tests/tui/test_routing.py",
    "tui/typed_line": "tests/tui/test_requests.py",
    "tui/editor/bars": "tests/tui/test_config_screen.py",
    "tui/editor/files": "tests/tui/editor/test_saving.py",
    "tui/editor/highlight": "tests/tui/editor/test_text.py",
    "tui/editor/panes": "tests/tui/test_config_screen.py",
    "tui/editor/popup": "tests/tui/editor/test_completion.py",
    "tui/editor/shelf": "tests/tui/test_config_screen.py",
    "tui/editor/text": "tests/tui/editor/test_text.py",
    "tui/screens/ask": "tests/tui/editor/test_saving.py",
    "tui/screens/compare": "tests/tui/test_requests.py",
    "tui/screens/diff": "tests/tui/editor/test_saving.py",
    "tui/screens/editing": "tests/tui/test_config_screen.py",
}
"""Modules without a mirror of their own, and the file that tests them or the reason why there is none."""

TESTED_TOGETHER = {"tui/keys": "tests/unit/tui/test_keys.py"}
"""Folders of tables, and the one file that tests them all."""

SOURCES = {str(path.relative_to(PACKAGE)): path for path in sorted(PACKAGE.rglob("*.py"))}
MODULES = sorted(name.removesuffix(".py") for name in SOURCES if not name.endswith("__init__.py"))


def mirrors(module: str) -> list[Path]:
    """Where a module's test may be: `room/test_module.py`, or with the folders in between in the name."""
    room, *rest = module.split("/")
    nested = Path(room, *rest[:-1], f"test_{rest[-1]}.py") if rest else Path(f"test_{room}.py")
    flat = Path(room, f"test_{'_'.join(rest)}.py")
    return [ROOT / "tests" / kind / path for kind in ("unit", "integration") for path in (nested, flat)]


@pytest.mark.parametrize("module", MODULES)
def test_every_module_has_a_test_that_mirrors_it(module: str) -> None:
    elsewhere = TESTED_ELSEWHERE.get(module) or TESTED_TOGETHER.get(module.rpartition("/")[0])
    mirrored = any(path.is_file() for path in mirrors(module))
    if elsewhere is None:
        assert mirrored, f"none of {', '.join(str(path.relative_to(ROOT)) for path in mirrors(module))} exists"
    else:
        assert not mirrored, "it has a mirror: take it off the list"
        assert (ROOT / elsewhere).is_file() or not elsewhere.startswith("tests/")


def test_the_list_of_exceptions_names_modules_that_exist() -> None:
    assert set(TESTED_ELSEWHERE) <= set(MODULES)


def test_threads_start_in_few_files() -> None:
    assert {name for name, path in SOURCES.items() if "Thread" in _calls(path)} == THREAD_HOMES


@pytest.mark.parametrize("name", sorted(SOURCES.keys() - {"core/data.py"}))
def test_dataclasses_are_made_the_quick_way(name: str) -> None:
    assert not re.search(r"from dataclasses import .*\bdataclass\b", SOURCES[name].read_text())


@pytest.mark.parametrize("name", SOURCES)
def test_files_stay_small(name: str) -> None:
    assert len(SOURCES[name].read_text().splitlines()) <= MAX_LINES


@pytest.mark.parametrize("word", FORBIDDEN_WORDS)
def test_no_module_mentions_what_is_not_used(word: str) -> None:
    assert [name for name, path in SOURCES.items() if word in path.read_text().lower()] == []


def _calls(path: Path) -> set[str]:
    """The last part of the name of everything that a file calls: `Thread` for `threading.Thread(…)`."""
    functions = [node.func for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Call)]
    attributes = {function.attr for function in functions if isinstance(function, ast.Attribute)}
    return attributes | {function.id for function in functions if isinstance(function, ast.Name)}
