"""Homebrew's receipts."""

import pytest
from reader_files import both, found

FOLDER = "home/linuxbrew/.linuxbrew/Cellar/openssl@3/3.3.1_1"
PATH = f"{FOLDER}/INSTALL_RECEIPT.json"


def test_the_folder_says_name_and_version():
    data = b'{"homebrew_version": "4.3.5", "source": {"tap": "homebrew/core", "path": "x"}}'
    [each] = found("homebrew", data, PATH)
    assert (each.type, each.namespace, each.name, each.version) == (
        "brew",
        "",
        "openssl@3",
        "3.3.1_1",
    )


def test_a_tap_of_someone_elses_is_told():
    [each] = found("homebrew", b'{"source": {"tap": "acme/tools"}}', PATH)
    assert each.namespace == "acme/tools"


@pytest.mark.parametrize("data", [b"", b"7", b'{"source": 1}', b"\xff"])
def test_a_damaged_receipt_costs_only_the_tap(data):
    [each], [problem] = both("homebrew", data, PATH)
    assert (each.name, each.namespace) == ("openssl@3", "")
    assert problem.where == PATH
