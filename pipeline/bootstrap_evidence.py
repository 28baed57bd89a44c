"""Builds what takes reads out as exhibits from the settings: part of the wiring.

Packages are signed with a key of their own, not with the audit log's: the force gives its public half to courts.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipeline.bootstrap_access import access_folder, record_search
from pipeline.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Collection

    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    from pipeline.access.desk import Desk
    from pipeline.access.evidence.export import Exporter
    from pipeline.access.evidence.keeping import Custodian

KEY, PUBLIC_KEY = "evidence-key.pem", "evidence-key.public.pem"


def evidence_key(settings: Settings) -> Ed25519PrivateKey:
    """Return the key that signs packages, made on first use."""
    from pipeline.access.keyfiles import private_key, write_public

    key = private_key(access_folder(settings) / KEY)
    write_public(access_folder(settings) / PUBLIC_KEY, key.public_key())
    return key


def own_public_key(settings: Settings) -> str:
    """Return the public half in hexadecimal; empty where no package was ever made."""
    from pipeline.access.evidence.sealing import public_hex
    from pipeline.access.keyfiles import public_key

    path = access_folder(settings) / PUBLIC_KEY
    return public_hex(public_key(path)) if path.exists() else ""


def exporter(settings: Settings, desk: Desk) -> Exporter:
    """Return what makes packages, through the gate of `desk`."""
    from pipeline.access.evidence.contents import camera_facts
    from pipeline.access.evidence.export import Exporter
    from pipeline.bootstrap_cameras import camera_lookup

    search, register = record_search(settings), camera_lookup(settings)
    return Exporter(
        gate=desk.gate(search),
        records=search.records,
        audit=desk.audit,
        authorisation=desk.authorisations.get,
        key=evidence_key(settings),
        clock=desk.clock,
        cameras=lambda camera, at: camera_facts(register.camera(camera, at)),
        time_zone=settings.access.audit.time_zone,
    )


def custodian(settings: Settings, desk: Desk, trusted: Collection[str] = ()) -> Custodian:
    """Return what writes custody entries; packages signed by the holders of `trusted` count beside the own ones."""
    from pipeline.access.evidence.keeping import Custodian

    return Custodian(audit=desk.audit, key=evidence_key(settings), clock=desk.clock, trusted=tuple(trusted))
