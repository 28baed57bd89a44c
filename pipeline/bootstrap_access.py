"""Builds lawful access from the settings: part of the wiring.

The audit log has one writer. In a running node it is the audit actor, which other processes of the machine reach
through the socket in the log's folder; while no node runs on that folder, a command that needs the log opens it itself,
for as long as the command lasts. Which of the two it is, the operating system's lock on the log decides.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline.clock import SystemClock
from pipeline.domain.audit import AuditEntry, AuditEvent, AuditWriter
from pipeline.domain.hotlist import Action, HotlistId, VehicleOfInterest
from pipeline.domain.ports import Clock
from pipeline.domain.vrm import Vrm
from pipeline.errors import Unavailable
from pipeline.settings import Settings

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    from pipeline.access.audit.log import AuditLog
    from pipeline.access.desk import Desk
    from pipeline.access.identity.keysets import CachedKeys
    from pipeline.access.identity.tokens import TokenReader
    from pipeline.match.past import PastSearch
    from pipeline.store.search.engine import Search

_RETRY_SECONDS = 0.2
SIGNING_KEY, PUBLIC_KEY, SECRET = "audit-key.pem", "audit-key.public.pem", "names.secret"


def access_folder(settings: Settings) -> Path:
    """Return where registers and keys are."""
    return settings.access.folder_in(settings.folder)


def audit_folder(settings: Settings) -> Path:
    """Return where the audit log is."""
    return access_folder(settings) / "audit"


def audit_log(settings: Settings, *, clock: Clock | None = None, wait_seconds: float = 0.0) -> AuditLog:
    """Return the audit log to write to; one process may hold it. Another one is given so long to let go."""
    from pipeline.access.audit.log import AuditLog
    from pipeline.access.keyfiles import private_key, write_public

    given = settings.access.audit.signing_key_file
    key = private_key(Path(given) if given else access_folder(settings) / SIGNING_KEY, make=not given)
    write_public(access_folder(settings) / PUBLIC_KEY, key.public_key())
    former = tuple(public_keys(settings).values())
    until = time.monotonic() + wait_seconds
    while True:
        try:
            return AuditLog(
                audit_folder(settings),
                key,
                clock=clock or SystemClock(),
                force=settings.access.force,
                former_keys=former,
            )
        except Unavailable:
            if time.monotonic() >= until:
                raise
            time.sleep(_RETRY_SECONDS)


def public_keys(settings: Settings) -> dict[str, Ed25519PublicKey]:
    """Return the keys whose checkpoints count, by their ids."""
    from pipeline.access.audit.chain import key_id_of
    from pipeline.access.keyfiles import public_key

    own = access_folder(settings) / PUBLIC_KEY
    files = [Path(one) for one in settings.access.audit.former_public_key_files] + ([own] if own.exists() else [])
    keys = [public_key(one) for one in files]
    return {key_id_of(one): one for one in keys}


@contextmanager
def audit_writer(settings: Settings, *, clock: Clock | None = None) -> Iterator[AuditWriter]:
    """Yield the one writer: the running node's, or the log itself, opened here."""
    from pipeline.access.audit.socket import DistantAudit

    distant = DistantAudit(audit_folder(settings))
    if distant.is_there():
        yield distant
        return
    try:
        log = audit_log(settings, clock=clock, wait_seconds=2.0)
    except Unavailable:
        # whoever holds it may have begun to answer meanwhile
        if not distant.is_there():
            raise
        yield distant
        return
    try:
        yield log
    finally:
        log.close()


class BriefAudit:
    """The writer of a command that stays: it holds the log no longer than each entry takes, so that a node can start
    beside it. Raises Unavailable where another holds the log and does not answer."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._one_at_a_time = threading.Lock()

    def append(self, events: list[AuditEvent]) -> list[AuditEntry]:
        with self._one_at_a_time, audit_writer(self._settings) as writer:
            return writer.append(events)


@contextmanager
def desk(settings: Settings, *, audit: AuditWriter | None = None, clock: Clock | None = None) -> Iterator[Desk]:
    """Yield lawful access on the settings' folder, with the one writer of the audit log."""
    from pipeline.access.books.authorisations import AuthorisationBook
    from pipeline.access.books.people import PeopleBook
    from pipeline.access.cursors import Cursors
    from pipeline.access.desk import Desk
    from pipeline.access.identity.issuer import LocalIssuer
    from pipeline.access.keyfiles import secret
    from pipeline.access.sight import Sight
    from pipeline.bootstrap_cameras import camera_lookup

    folder, access, clock = access_folder(settings), settings.access, clock or SystemClock()
    with ExitStack() as opened:
        writer = audit or opened.enter_context(audit_writer(settings, clock=clock))
        issuer = LocalIssuer(folder, clock=clock) if access.identity.local else None
        names = secret(folder / SECRET)
        people = PeopleBook(folder / "people.sqlite", audit=writer, clock=clock)
        opened.callback(people.close)
        leaves = AuthorisationBook(folder / "authorisations.sqlite", access.categories, audit=writer, clock=clock)
        opened.callback(leaves.close)
        yield Desk(
            settings=access,
            audit_folder=audit_folder(settings),
            audit=writer,
            people=people,
            authorisations=leaves,
            tokens=_tokens(settings, clock),
            issuer=issuer,
            sight=Sight(names, camera_lookup(settings).is_mobile, access.coarse_degrees),
            cursors=Cursors(names),
            clock=clock,
        )


def record_search(settings: Settings) -> Search:
    """Return the search in the record. It does not ask who asks: give it to a gate."""
    from pipeline.store.search.engine import Search

    return Search(settings.store.url_in(settings.folder))


def past_search(settings: Settings, mark: Vrm, at: datetime) -> PastSearch:
    """Return what looks back from `at` for the reads that come of `mark`. It does not ask who asks either."""
    from pipeline.match.past import PastSearch

    search = record_search(settings)
    entry = VehicleOfInterest(
        vrm=mark, hotlist_id=HotlistId("past"), reason="look-back", priority=1, action=Action.SILENT, owner=""
    )
    return PastSearch(search, search.records.reads, entry, at=at, settings=settings.match)


def _tokens(settings: Settings, clock: Clock) -> TokenReader:
    from pipeline.access.identity.issuer import AUDIENCE, ISSUER
    from pipeline.access.identity.tokens import TokenReader

    identity = settings.access.identity
    return TokenReader(
        _keys(settings, clock),
        issuer=identity.issuer or ISSUER,
        audience=identity.audience or AUDIENCE,
        clock=clock,
        longest_seconds=3600 * identity.longest_hours,
        require_bound=identity.require_bound,
    )


def _keys(settings: Settings, clock: Clock) -> CachedKeys:
    from pipeline.access.identity.issuer import KEY_SET
    from pipeline.access.identity.keysets import CachedKeys, address_keys, file_keys

    identity = settings.access.identity
    if identity.keys_url:
        return CachedKeys(address_keys(identity.keys_url), clock=clock)
    return CachedKeys(file_keys(Path(identity.keys_file or access_folder(settings) / KEY_SET)), clock=clock)
