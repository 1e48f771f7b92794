"""Names that look like secrets, and texts whose secrets are hidden."""

from time import perf_counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sbom.secrets import is_secret, without_secrets

SECRETS = (
    "PASSWORD", "DB_PASSWORD", "MYSQL_ROOT_PASSWORD", "dbPassword", "API_TOKEN", "apikey",
    "AWS_SECRET_ACCESS_KEY", "SIGNING_KEY", "BASIC_AUTH", "db.password", "DB_PASS", "GITHUB_PAT",
    "passphrase", "X-AUTH", "ENCRYPTION_KEYS",
)  # fmt: skip
PLAIN = (
    "", "PATH", "PWD", "OLDPWD", "GPG_KEY", "GPG_KEYS", "PUBLIC_KEY", "TOKENIZERS_PARALLELISM",
    "POSTGRES_PASSWORD_FILE", "TOKEN_URL", "KEYBOARD", "KEY_SERVER", "KEY", "MONKEY", "AUTHOR",
    "PASSENGER_COUNT", "SECRETARY", "LANG", "PYTHON_VERSION",
)  # fmt: skip


@pytest.mark.parametrize("name", SECRETS)
def test_secrets_are_known_by_their_names(name):
    assert is_secret(name)


@pytest.mark.parametrize("name", PLAIN)
def test_other_names_are_no_secrets(name):
    assert not is_secret(name)


@pytest.mark.parametrize(
    ("text", "hidden"),
    [
        ("ENV A=1 DB_PASSWORD=hunter2 B=2", "ENV A=1 DB_PASSWORD=*** B=2"),
        ('ENV DB_PASSWORD="hunt er2" B=2', "ENV DB_PASSWORD=*** B=2"),
        ("ENV DB_PASSWORD 'hunt er2'", "ENV DB_PASSWORD ***"),
        (r"ENV TOKEN=hunt\ er2 B=1", "ENV TOKEN=*** B=1"),
        ("serve --token hunter2 --port 80", "serve --token *** --port 80"),
        ("serve --token=hunter2", "serve --token=***"),
        ("1password=hunter2 (=password=hunter2", "1password=*** (=password=***"),
        ("serve --auth-token -v", "serve --auth-token -v"),
        ("git clone https://me:hunter2@git.example/x", "git clone https://***@git.example/x"),
        ("curl -H 'Authorization: Bearer hunter2hunter2'", "curl -H 'Authorization: Bearer ***'"),
        ("export PGPASSWORD_FILE=/run/x; id", "export PGPASSWORD_FILE=/run/x; id"),
        ("apt-get install curl", "apt-get install curl"),
    ],
)
def test_values_of_secrets_are_hidden(text, hidden):
    assert without_secrets(text) == hidden
    assert without_secrets(hidden) == hidden


@pytest.mark.parametrize("text", ["a" * 100_000, "-a" * 50_000, "a." * 50_000, "a=" * 50_000])
def test_hostile_texts_take_time_in_proportion(text):
    begun = perf_counter()
    assert without_secrets(text) == text
    assert perf_counter() - begun < 5


@given(st.text(alphabet="abcXYZ0189$%+/.:_-", min_size=4, max_size=40).map(lambda v: f"v{v}v"))
def test_no_value_of_a_secret_is_left(value):
    for text in (
        f"ENV API_TOKEN={value}",
        f'RUN x --password="{value}" y',
        f"A PASSWORD='{value}'",
    ):
        assert value not in without_secrets(text)
