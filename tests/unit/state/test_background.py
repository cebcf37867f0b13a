import os
import sys
import threading

import pytest

from ai_dashboard.state.background import NICE, give_way


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux knows priorities of threads")
def test_a_thread_that_gives_way_has_a_lower_priority_and_the_others_keep_theirs() -> None:
    before = os.getpriority(os.PRIO_PROCESS, 0)
    seen: list[int] = []

    def work() -> None:
        give_way()
        seen.append(os.getpriority(os.PRIO_PROCESS, threading.get_native_id()))

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert seen == [max(NICE, before)]
    assert os.getpriority(os.PRIO_PROCESS, 0) == before
