"""Ports and addresses as people write them."""

import argparse
import os
import re

import pytest

from ai_dashboard.cli.options import DEFAULT_URL, add_gateway_options, gateway_arguments, port, url, workers


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("127.0.0.1", "http://127.0.0.1:4000"),
        ("localhost:4100", "http://localhost:4100"),
        ("http://127.0.0.1:4000/", "http://127.0.0.1:4000"),
        ("http://gpu.lan", "http://gpu.lan:80"),
        ("https://gpu.lan/dash/", "https://gpu.lan:443/dash"),
        ("[::1]:4000", "http://[::1]:4000"),
    ],
)
def test_an_address_is_made_whole(text: str, address: str) -> None:
    assert url(text) == address


@pytest.mark.parametrize("text", ["", "http://", "ftp://a", "http://a:x", "a:70000", "http://[", "http://u:p@a"])
def test_what_is_no_address_is_refused(text: str) -> None:
    with pytest.raises(argparse.ArgumentTypeError, match=re.escape(DEFAULT_URL)):
        url(text)


@pytest.mark.parametrize(("text", "number"), [("0", 0), ("4000", 4000), ("65535", 65535)])
def test_a_port(text: str, number: int) -> None:
    assert port(text) == number


@pytest.mark.parametrize("text", ["", "-1", "65536", "4k", "1.0"])
def test_no_port(text: str) -> None:
    with pytest.raises(argparse.ArgumentTypeError, match="is no port"):
        port(text)


def test_workers_are_as_many_as_the_cores_can_bear() -> None:
    most = 4 * (os.cpu_count() or 1)
    assert [workers("1"), workers(str(most))] == [1, most]
    with pytest.raises(argparse.ArgumentTypeError, match=f"here it can be 1 to {most}"):
        workers(str(most + 1))


@pytest.mark.parametrize("text", ["", "0", "-1", "two", "1.0", "²"])
def test_no_number_of_workers(text: str) -> None:
    with pytest.raises(argparse.ArgumentTypeError, match="is no number of workers"):
        workers(text)


def read(*written: str) -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    add_gateway_options(parser)
    return parser.parse_args(written)


def test_faults_add_up() -> None:
    assert [str(fault) for fault in read("--fault", "cut@3,html", "--fault", "500").fault] == ["cut@3", "html", "500"]
    assert read().fault == []


def test_no_fault_is_refused_with_a_list_of_all(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        read("--fault", "help")
    said = capsys.readouterr().err
    assert "argument --fault: there is no fault 'help'; there are:\n" in said
    assert "\n  cut[@N] " in said


@pytest.mark.parametrize(
    "written",
    [
        [],
        ["--demo", "--seed=7"],
        ["--demo", "--fault=cut@3:30%@demo-vllm,429=7,slow=250ms", "--fault=nousage"],
        ["--host=0.0.0.0", "--port=0", "--insecure", "--no-discovery", "--config-dir=/some where/config"],
    ],
)
def test_options_for_another_process_read_the_same(written: list[str]) -> None:
    parser = argparse.ArgumentParser()
    add_gateway_options(parser)
    args = parser.parse_args(written)
    assert parser.parse_args(gateway_arguments(args)) == args
