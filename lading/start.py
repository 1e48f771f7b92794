"""Imports msgspec without typing_extensions, which it tries first and does not need from 3.11 on.

typing_extensions would pull in `inspect`: 7 ms of the 40 that a cold start may take.
"""

import sys
from typing import Any

_modules: dict[str, Any] = sys.modules
if "typing_extensions" not in _modules:
    _modules["typing_extensions"] = None  # makes the import fail, as if it were not installed
    import msgspec  # noqa: F401

    del _modules["typing_extensions"]
