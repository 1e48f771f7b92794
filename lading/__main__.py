"""`python -m lading` is `lading`."""

from lading.main import run

run()
