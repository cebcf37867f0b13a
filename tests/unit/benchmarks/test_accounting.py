from benchmarks.accounting import CASES, measure


def test_every_case_is_measured_against_a_gateway_without_any_of_it() -> None:
    table = measure(rounds=1, requests=5)
    rows = [line for line in table.splitlines() if line.startswith("| ")]
    assert [row.split(" | ")[0].removeprefix("| ") for row in rows[1:]] == [case.name for case in CASES]
    assert "+0.0" in rows[1]
