"""The users of an image, from its `etc/passwd` (passwd(5)): only names and numbers are kept."""

MOST_BYTES = 1 << 18
MOST_DIGITS = 10


def names_and_numbers(data: bytes) -> bytes:
    """Return a line `name:number` for each user of a passwd file; other lines say nothing."""
    users = []
    for line in data[:MOST_BYTES].splitlines():
        name, _, rest = line.partition(b":")
        number = rest.partition(b":")[2].partition(b":")[0]
        if name and number.isdigit() and len(number) <= MOST_DIGITS:
            users.append(name + b":" + number)
    return b"\n".join(users)


def number_of(users: bytes, name: str) -> str:
    """Return the number of a user, by the first line of its name; empty where there is none."""
    for line in users.splitlines():
        stated, _, number = line.partition(b":")
        if stated == name.encode():
            return number.decode()
    return ""
