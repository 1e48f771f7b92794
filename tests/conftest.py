"""What every test may ask for."""

import os
from pathlib import Path

import pytest
from postgres import postgres, postgres_server, store

__all__ = ["postgres", "postgres_server", "store"]
ROOT = Path(__file__).resolve().parent.parent


def skip_or_fail(why: str) -> None:
    """Skip the test and say why; under CI a missing part is a failure, never a skip."""
    if os.environ.get("CI") == "true":
        pytest.fail(f"{why}; under CI this must be there")
    pytest.skip(why)


@pytest.fixture(scope="session", autouse=True)
def _store_of_its_own(tmp_path_factory):
    """No test reads or writes the store of whoever runs the tests."""
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("LADING_DB", raising=False)
        patch.setenv("XDG_DATA_HOME", str(tmp_path_factory.mktemp("data")))
        yield


@pytest.fixture(scope="session")
def shared() -> Path:
    """The shared acceptance data: real images, feeds and cases."""
    path = Path(os.environ.get("LADING_SHARED", ROOT.parent / "shared")).resolve()
    if not (path / "cases").is_dir():
        skip_or_fail(f"no shared data at {path} (set LADING_SHARED)")
    return path
