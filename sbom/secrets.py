"""Which variables hold a secret, judged by their name alone, and texts without such values.

NIST SP 800-190, 4.1.4: no secret belongs into an image. Where one is, its name is told and its
value is never repeated, in no document, report or message (rules.md 25).
"""

import re

HIDDEN = "***"
"""What stands where a value stood."""
# fmt: off
WORDS = frozenset({
    "apikey", "auth", "authorization", "credential", "credentials", "passphrase", "passwd",
    "password", "passwords", "pswd", "pwd", "secret", "secrets", "token", "tokens",
})
"""A name that has one of these words is a secret's."""
# fmt: on
LAST = frozenset({"key", "keys", "pass", "pat", "pw"})
"""Words that make a secret's name only as its last: `SIGNING_KEY`, not `KEY_SERVER`."""
NO_SECRET = frozenset({"public", "pub", "gpg", "pgp"})
"""Words of keys that anyone may see: images verify downloads with `GPG_KEY`, a fingerprint."""
POINTERS = frozenset(
    {"file", "files", "path", "dir", "url", "uri", "type", "name", "length", "ttl", "timeout"}
)
"""A name that ends so tells where or how a secret is, and holds none."""
FOLDERS = frozenset({"PWD", "OLDPWD"})
"""The shell's own variables for the working directory."""

BEFORE = "-.0123456789"
"""What stands before a name and is none of it: `--password=`, `1password=`."""
BETWEEN = re.compile(r"[^A-Za-z0-9]+|(?<=[a-z0-9])(?=[A-Z])")
VALUE = r"""(?:"(?:[^"\\]|\\.)*"|'[^']*'|(?:\\.|[^\s"'\\;&|])+)"""
# A name is looked for where one begins, and not at each of its letters: time stays linear.
ASSIGNED = re.compile(r"(?<![A-Za-z0-9_.-])([A-Za-z0-9_.-]+)(=)" + VALUE)
OPTION = re.compile(r"(?<![A-Za-z0-9_-])(--?[A-Za-z][A-Za-z0-9_-]*)([ \t]+)(?!-)" + VALUE)
INSTRUCTION = re.compile(r"(?<=^ENV )([A-Za-z_][A-Za-z0-9_]*)( ).+\Z", re.DOTALL)
LOGIN = re.compile(r"(?<=://)[^\s/@'\"]+@")
BEARER = re.compile(r"\b(Bearer|Basic|token)(\s+)[A-Za-z0-9._~+/=-]{8,}")


def is_secret(name: str) -> bool:
    """Tell whether a variable of this name looks like one that holds a secret."""
    words = [word.lower() for word in BETWEEN.split(name) if word]
    if not words or name in FOLDERS or words[-1] in POINTERS or NO_SECRET & set(words):
        return False
    return bool(WORDS & set(words)) or (words[-1] in LAST and len(words) > 1)


def without_secrets(text: str) -> str:
    """Return a command or step with the values of what looks like a secret hidden.

    Hidden are values of secrets' variables and options, logins in addresses, and HTTP credentials.
    """
    text = LOGIN.sub(f"{HIDDEN}@", BEARER.sub(rf"\1\2{HIDDEN}", text))
    for pattern in (INSTRUCTION, ASSIGNED, OPTION):
        text = pattern.sub(_hidden, text)
    return text


def _hidden(found: re.Match[str]) -> str:
    name, between = found.group(1), found.group(2)
    return f"{name}{between}{HIDDEN}" if is_secret(name.lstrip(BEFORE)) else found.group()
