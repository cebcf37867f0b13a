from ai_dashboard.tui.picture import Picture
from tests.tui.fakes import busy, record, running


def test_a_request_is_found_running_or_finished() -> None:
    picture = Picture(busy(), records=(record(2), record(1)), running=(running(1),))
    assert picture.find(record(1).id) == record(1)
    assert picture.find(running(1).id) == running(1)
    assert picture.find("nobody") is None
