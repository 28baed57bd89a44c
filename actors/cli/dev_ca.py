"""`anpr dev-ca`: an authority and certificates for a laptop."""

from __future__ import annotations

import argparse

from pipeline.access.callers.authority import AUTHORITY, DAYS, REVOKED, Authority
from pipeline.access.callers.settings import Right
from pipeline.clock import SystemClock
from pipeline.errors import BadInput

_SUFFIX = "anpr.internal"


def execute(chosen: argparse.Namespace) -> int:
    first = not (chosen.out / f"{AUTHORITY}.pem").exists()
    if not first and not chosen.client and not chosen.revoke:
        raise BadInput(
            f"{chosen.out}: there is an authority already; name a --client that it shall sign for, or one to --revoke"
        )
    authority = Authority(chosen.out, now=SystemClock().now())
    strangers = [one for one in chosen.revoke if one == AUTHORITY or not authority.file(one).exists()]
    if strangers:
        raise BadInput(f"{authority.file(strangers[0])}: is not there, so there is nothing to revoke")
    taken = [one for one in chosen.client if authority.file(one).exists() or one in (AUTHORITY, REVOKED, "server")]
    if taken:
        raise BadInput(f"{authority.file(taken[0])}: is already there and is not replaced")
    if first:
        authority.write("server", [*chosen.host, f"node.{_SUFFIX}"])
    for client in chosen.client:
        authority.write(client, [f"{client}.{_SUFFIX}"])
    if first or chosen.revoke:
        authority.revoke([authority.file(one).read_bytes() for one in chosen.revoke])
    if chosen.revoke:
        print(f"# {authority.file(REVOKED).resolve()}: revoked, from the next call on")
    if not first and not chosen.client:
        return 0
    print(f"# {DAYS} days, for trying out on one machine only. For the settings:")
    if first:
        print("[services]")
        print(f'certificate_file = "{authority.file("server").resolve()}"')
        print(f'key_file = "{authority.file("server", key=True).resolve()}"')
        print(f'client_authorities_file = "{authority.file().resolve()}"')
        print(f'revocations_file = "{authority.file(REVOKED).resolve()}"')
        # the commands of the node call with its own certificate
        _organisation("node")
    for client in chosen.client:
        _organisation(client)
    return 0


def _organisation(name: str) -> None:
    rights = ", ".join(f'"{one.value}"' for one in Right)
    print(f"\n[services.organisations.{name}]")
    print(f'names = ["{name}.{_SUFFIX}"]')
    print(f"may = [{rights}]")
