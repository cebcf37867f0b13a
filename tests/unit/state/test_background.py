import os
import sys
import threading

import pytest

from ai_dashboard.state.background import NICE, Lookout, give_way


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


def test_a_lookout_looks_on_a_thread_of_its_own_until_nobody_knows_it() -> None:
    lookout = Lookout("tower")
    threads = [lookout.look(threading.current_thread).result(5) for _ in range(2)]
    assert threads[0] is threads[1] is not threading.current_thread()
    assert threads[0].name.startswith("tower")
    del lookout
    threads[0].join(5)
    assert not threads[0].is_alive()
