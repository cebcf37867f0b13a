"""Propose, commit, roll back: nothing is written that cannot be loaded, and nothing is lost."""

from pathlib import Path

import pytest

from ai_dashboard.config.store import ConfigStore, Conflict, Refused

BEFORE = b"# mine\nproviders:\n  one: {type: vllm, base_url: http://127.0.0.1:1, models: [a]}   # keep\n"
AFTER = BEFORE + b"  two: {type: ollama, base_url: http://127.0.0.1:2, models: [b]}\n"


@pytest.fixture
def store(tmp_path: Path) -> ConfigStore:
    (tmp_path / "providers.yaml").write_bytes(BEFORE)
    return ConfigStore(tmp_path, {}, lambda: 1_700_000_000.0)


def test_a_proposal_says_what_would_change_and_writes_nothing(store: ConfigStore) -> None:
    in_force = store.propose("providers.yaml", BEFORE, None).loaded.config
    proposal = store.propose("providers.yaml", AFTER, in_force)
    assert [str(change) for change in proposal.changes] == ["added provider two: ollama at http://127.0.0.1:2; b"]
    assert not proposal.refused
    assert store.read("providers.yaml") == BEFORE
    assert store.backups.all() == ()


def test_a_commit_writes_the_very_bytes_and_keeps_the_old_ones(store: ConfigStore) -> None:
    backup = store.commit(store.propose("providers.yaml", AFTER, None), who="ada", why="a second one")
    assert store.read("providers.yaml") == AFTER
    assert backup is not None
    assert store.backups.read(backup.id) == (store.backups.all()[0], BEFORE)


@pytest.mark.parametrize("content", [b"providers: [", b"providers:\n  one: {type: nonsense}\n", b"\xff"])
def test_what_does_not_load_is_not_written(store: ConfigStore, content: bytes) -> None:
    proposal = store.propose("providers.yaml", content, None)
    with pytest.raises(Refused, match=r"providers\.yaml"):
        store.commit(proposal, who="ada", why="")
    assert store.read("providers.yaml") == BEFORE


def test_a_file_that_was_changed_meanwhile_is_left_alone(store: ConfigStore) -> None:
    proposal = store.propose("providers.yaml", AFTER, None)
    theirs = BEFORE + b"# theirs\n"
    (store.folder / "providers.yaml").write_bytes(theirs)
    with pytest.raises(Conflict) as refused:
        store.commit(proposal, who="ada", why="")
    assert refused.value.theirs == theirs
    assert store.read("providers.yaml") == theirs


def test_a_change_may_be_based_on_what_its_author_saw(store: ConfigStore) -> None:
    seen = store.hash("providers.yaml")
    (store.folder / "providers.yaml").write_bytes(AFTER)
    with pytest.raises(Conflict):
        store.commit(store.propose("providers.yaml", BEFORE, None, base=seen), who="ada", why="")


def test_a_rollback_is_a_change_that_can_be_rolled_back(store: ConfigStore) -> None:
    first = store.commit(store.propose("providers.yaml", AFTER, None), who="ada", why="")
    assert first is not None
    _, second = store.rollback(first.id, None, who="bob")
    assert store.read("providers.yaml") == BEFORE
    assert second is not None
    store.rollback(second.id, None, who="bob")
    assert store.read("providers.yaml") == AFTER
    assert any(backup.why == f"rollback to {first.id}" for backup in store.backups.all())


def test_a_backup_that_does_not_exist_is_refused(store: ConfigStore) -> None:
    with pytest.raises(Refused, match="no backup"):
        store.rollback("providers.x.yaml", None, who="ada")


def test_a_new_file_has_no_backup(store: ConfigStore) -> None:
    assert store.commit(store.propose("gateway.yaml", b"drain_s: 3\n", None), who="ada", why="") is None
    assert store.read("gateway.yaml") == b"drain_s: 3\n"


@pytest.mark.parametrize("name", ["../providers.yaml", "secrets.yaml", "/etc/passwd"])
def test_only_files_of_the_configuration_are_touched(store: ConfigStore, name: str) -> None:
    with pytest.raises(Refused):
        store.propose(name, b"", None)
    with pytest.raises(Refused):
        store.read(name)


def test_a_copy_cut_at_any_byte_is_told_from_an_edit(store: ConfigStore) -> None:
    store.commit(store.propose("providers.yaml", AFTER, None), who="ada", why="")
    assert all(store.is_cut("providers.yaml", AFTER[:end]) for end in range(len(AFTER)))
    assert not store.is_cut("providers.yaml", AFTER)
    assert not store.is_cut("providers.yaml", AFTER + b"\n")
    assert not store.is_cut("providers.yaml", AFTER.replace(b"# mine", b"# ours")[:-5])
    assert not store.is_cut("gateway.yaml", b"")
