"""A gateway with a folder in memory: files that change here and elsewhere, backups, and what it finds in them."""

from dataclasses import dataclass, field, replace

from ai_dashboard.config.json_schema import schema_text
from ai_dashboard.core.control import (
    BackupView,
    Committed,
    ConfigFile,
    ConfigText,
    ProposalView,
    Rerouted,
    WhatIf,
)
from ai_dashboard.core.diagnostics import Diagnostic, Severity
from ai_dashboard.core.errors import ConfigConflict, ConfigRefused
from tests.tui.fakes import NOW, FakePort, busy, config

PROVIDERS = """\
# Who can answer.
providers:
  ollama:
    type: ollama
    base_url: http://127.0.0.1:11434
    api_key: sk-0123456789abcd
"""
MAPPINGS = "exact_matches: {}\n"
NAMES = ("providers.yaml", "model-mappings.yaml", "gateway.yaml")


def hash_of(text: str) -> str:
    return f"hash of {text}"


@dataclass
class FolderPort(FakePort):
    """A word `BROKEN` in a text is an error where it stands, `odd` a warning."""

    texts: dict[str, str] = field(
        default_factory=lambda: {"providers.yaml": PROVIDERS, "model-mappings.yaml": MAPPINGS}
    )
    kept: list[tuple[BackupView, str]] = field(default_factory=list)
    proposed: list[tuple[str, str, str | None]] = field(default_factory=list)
    whys: list[str] = field(default_factory=list)
    number: int = 17
    refuses: str = ""

    async def config_files(self) -> tuple[ConfigFile, ...]:
        self._door()
        return tuple(ConfigFile(name, f"/etc/x/{name}", "", missing=name not in self.texts) for name in NAMES)

    async def config_text(self, file: str) -> ConfigText:
        self._door()
        text = self.texts.get(file)
        return ConfigText(file, "", "") if text is None else ConfigText(file, text, hash_of(text))

    async def config_schema(self, file: str) -> str:
        self._door()
        return schema_text(file)

    async def propose(self, file: str, text: str, base: str | None = None) -> ProposalView:
        self._door()
        self.proposed.append((file, text, base))
        found = tuple(self._found(file, text))
        changed = text != self.texts.get(file, "")
        moved = WhatIf(500, 12, (Rerouted("chat", "ollama/a", "openai/b"),)) if changed else WhatIf(500, 0)
        changes = ("changed provider ollama: type ollama → vllm",) if changed else ()
        view = ProposalView(file, base or "", found, changes, moved)
        return replace(view, what_if=None, changes=()) if view.refused else view

    async def commit(self, file: str, text: str, base: str, why: str) -> Committed:
        self._door()
        if self.refuses:
            raise ConfigRefused(self.refuses)
        now = self.texts.get(file)
        if (hash_of(now) if now is not None else "") != base:
            raise ConfigConflict(f"{file} was changed by somebody else in the meantime")
        self.whys.append(why)
        self.texts[file] = text
        self.number += 1
        return Committed(self._keep(file, now, why) if now is not None else None, self.number)

    async def backups(self, file: str | None = None) -> tuple[BackupView, ...]:
        self._door()
        return tuple(view for view, _ in reversed(self.kept) if file in {None, view.file})

    async def backup_text(self, backup_id: str) -> ConfigText:
        self._door()
        view, text = next(it for it in self.kept if it[0].id == backup_id)
        return ConfigText(view.file, text, hash_of(text))

    async def rollback(self, backup_id: str) -> Committed:
        was = await self.backup_text(backup_id)
        now = self.texts[was.file]
        self.texts[was.file] = was.text
        self.number += 1
        return Committed(self._keep(was.file, now, f"rollback to {backup_id}"), self.number)

    def _keep(self, file: str, text: str, why: str) -> str:
        view = BackupView(f"backup-{len(self.kept) + 1}", file, NOW + len(self.kept), len(text), "this screen", why)
        self.kept.append((view, text))
        return view.id

    def _found(self, file: str, text: str) -> list[Diagnostic]:
        marks = {"BROKEN": Severity.ERROR, "odd": Severity.WARNING}
        return [
            Diagnostic(severity, file, row, line.index(word) + 1, "a.path", f"{word} is what it is", "mend it")
            for row, line in enumerate(text.split("\n"), 1)
            for word, severity in marks.items()
            if word in line
        ]


def folder_port() -> FolderPort:
    """A working day, with two files of three."""
    return FolderPort(busy(config=config()))
