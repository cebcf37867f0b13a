import csv
import io
from dataclasses import replace

import orjson

from ai_dashboard.telemetry.export import TABLE, as_csv, as_jsonl
from tests.unit.telemetry.test_har import REQUEST


def test_a_json_object_a_line() -> None:
    lines = "".join(as_jsonl([REQUEST, replace(REQUEST, message="two\nlines")])).splitlines()
    first, second = map(orjson.loads, lines)
    assert (first["id"], first["attempts"], second["message"]) == (
        "0000000000000001",
        [{"provider": "home"}],
        "two\nlines",
    )


def test_a_table_that_spreadsheets_read_as_it_is_meant() -> None:
    requests = [REQUEST, replace(REQUEST, asked='=HYPERLINK("x")', message='a "quoted", text\nin lines', ttft_s=None)]
    heading, first, second = csv.reader(io.StringIO("".join(as_csv(requests))))
    assert heading == list(TABLE)
    row = dict(zip(heading, first, strict=True))
    assert (row["time"], row["status"], row["attempts"]) == ("2026-09-21T14:13:20.000+00:00", "200", "1")
    row = dict(zip(heading, second, strict=True))
    assert (row["asked"], row["message"], row["ttft_s"]) == ('\'=HYPERLINK("x")', 'a "quoted", text\nin lines', "")


def test_without_rows_there_is_a_heading_alone() -> None:
    assert "".join(as_jsonl([])) == ""
    assert "".join(as_csv([])).count("\n") == 1
