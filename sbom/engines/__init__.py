"""Container engines on this machine: where they listen, and what they are asked.

addresses: sockets and hosts, as the engines' own tools find them. api: Docker's HTTP API, as
Docker and podman speak it. programs: `podman` and `ctr` as programs (edge).
"""
