from ai_dashboard.core.snapshot import DiskView, HostView
from ai_dashboard.tui.ink import text_of, width_of
from ai_dashboard.tui.panels.machine import draw, select
from ai_dashboard.tui.picture import Picture
from tests.tui.fakes import GIB, busy

HOST = HostView(
    cpu=0.344, cores=16, load1=2.1, memory_used=31 * GIB, memory_total=128 * GIB, swap_used=GIB, swap_total=4 * GIB,
    disks=(DiskView("/", 24 * GIB, 252 * GIB), DiskView("/home/o", 900 * GIB, 1_000 * GIB)),
    net_in=1_300_000.0, net_out=512.0, disk_read=0.0, disk_write=4096.0, own_memory=200 * 1024**2,
    cpu_trend=(0.1, None, 0.9),
)  # fmt: skip


def shown(host: HostView, width: int = 44) -> list[str]:
    return [text_of(line) for line in draw(select(Picture(busy(host=host))), width)]


def test_the_machine_is_shown_with_what_flows() -> None:
    text = "\n".join(shown(HOST))
    for words in (
        "34%", "31/128 G", "swap", "1.0/4.0 G", "disk", "24/252 G", "home", "900/1000 G", "2.1 on 16 cores",
        "1.2M/s in · 512/s out", "0/s read · 4.0K/s written", "the gateway holds 200M",
    ):  # fmt: skip
        assert words in text, words


def test_what_is_hidden_is_a_dash() -> None:
    lines = shown(HostView())
    assert [line.split()[-1] for line in lines] == ["–"] * 6


def test_before_the_first_answer_it_waits() -> None:
    assert text_of(draw(select(Picture()), 40)[0]) == "waiting for the gateway"


def test_every_width_holds_it() -> None:
    for width in range(24, 120, 5):
        assert all(width_of(line) <= width for line in draw(select(Picture(busy(host=HOST))), width)), width
