import pytest
from textual.widgets import Input

from ai_dashboard.core.snapshot import GpuProcess, GpuView, HostView, LoadedModel
from ai_dashboard.tui.keys import KEYS, Scope
from ai_dashboard.tui.screens.host import HostScreen
from tests.tui.conftest import Open
from tests.tui.fakes import GIB, PORTS, FakePort, busy, busy_port, empty_port, provider

SIZES = ((120, 40), (80, 24), (60, 15))

GPU = GpuView(
    0, "NVIDIA H200", 0.76, 118 * GIB, 139 * GIB, 61.0, 402.0, 700.0, 1_755.0, 1_980.0, 2_619.0, 0, ("power limit",),
    (GpuProcess(412, "vllm", "qwen3-32b", 112 * GIB),), (), (0.5,) * 30,
)  # fmt: skip


def machine() -> FakePort:
    """A machine with a GPU and two models in its memory."""
    port = busy_port()
    ollama = provider("ollama", loaded=(LoadedModel("llama3.1:8b", 1.0, 6 * GIB),))
    host = HostView(0.3, 16, 2.1, 31 * GIB, 128 * GIB, (GPU,), "", net_in=1e6, net_out=2e5, own_memory=GIB // 8)
    port.picture = busy(providers=(ollama,), host=host)
    return port


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("kind", PORTS)
async def test_every_key_on_every_size_with_every_picture(stage: Open, kind: str, size: tuple[int, int]) -> None:
    async with stage(PORTS[kind](), size) as on:
        for key in [
            k
            for one in KEYS
            if one.scope in {Scope.HOST, Scope.VIEW, Scope.AWAY, Scope.SCROLL}
            for k in one.keys.split(",")
        ]:
            await on.press("7", key)
            assert on.fits(), key
            if isinstance(on.app.focused, Input):
                await on.press(*"8b", "enter")
                assert on.fits(), key
        assert on.app.is_running


@pytest.mark.parametrize("size", SIZES)
async def test_gpu_machine_and_models_are_on_one_screen(stage: Open, size: tuple[int, int]) -> None:
    async with stage(machine(), size) as on:
        await on.press("7")
        for words in ("NVIDIA H200", "118/139 G", "31/128 G", "llama3.1:8b"):
            assert words in on.text(), words


async def test_there_is_room_for_everything_on_a_large_screen(stage: Open) -> None:
    async with stage(machine()) as on:
        await on.press("7")
        for words in ("qwen3-32b", "pid 412", "1760/1980 MHz", "held back: power limit", "977K/s in", "GPU 0"):
            assert words in on.text(), words


async def test_a_machine_without_a_gpu_is_calm_and_its_other_half_works(stage: Open) -> None:
    async with stage(empty_port()) as on:
        await on.press("7")
        assert "no NVIDIA GPU" in on.text()
        assert "4/16 G" in on.text()


@pytest.mark.parametrize("size", SIZES)
async def test_a_model_is_estimated_while_its_name_is_typed(stage: Open, size: tuple[int, int]) -> None:
    async with stage(machine(), size) as on:
        await on.press("7", "f")
        assert isinstance(on.app.focused, Input)
        await on.press(*"70b")
        assert "≈ 43G" in on.text()
        assert "fits on GPU 0 once" in on.text()
        await on.press("space", *"q2", "enter")
        assert "fits on GPU 0 once" in on.text()
        assert on.app.focused is not None
        assert on.app.focused.id == "memory"
        assert isinstance(on.app.screen, HostScreen)
        await on.press("f", *(["backspace"] * 6), *"8b", "escape")
        assert "✓ fits on GPU 0 now" in on.text()
        assert isinstance(on.app.screen, HostScreen)


async def test_letters_type_where_a_model_is_named(stage: Open) -> None:
    async with stage(machine()) as on:
        await on.press("7", "f", "q", "1", "c")
        assert on.app.is_running
        assert on.app.screen.query_one(Input).value == "q1c"


async def test_a_storm_of_resizes(stage: Open) -> None:
    async with stage(machine()) as on:
        await on.press("7")
        for size in ((200, 60), (20, 5), (120, 40), (60, 15), (199, 6), (21, 50), (80, 24)):
            await on.resize(*size)
