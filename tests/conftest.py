"""What every test may ask for."""

import os
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent


def skip_or_fail(why: str) -> None:
    """Skip the test and say why; under CI a missing part is a failure, never a skip."""
    if os.environ.get("CI") == "true":
        pytest.fail(f"{why}; under CI this must be there")
    pytest.skip(why)


@pytest.fixture(scope="session")
def shared() -> Path:
    """The shared acceptance data: real images, feeds and cases."""
    path = Path(os.environ.get("LADING_SHARED", ROOT.parent / "shared")).resolve()
    if not (path / "cases").is_dir():
        skip_or_fail(f"no shared data at {path} (set LADING_SHARED)")
    return path
