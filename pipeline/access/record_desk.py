"""The record as services ask for it: pages of a search, and whole reads with their pictures, all through the gate.

Promise: nothing is given but what the gate gives at that moment; pictures are those of reads that were just given, and
that they were given is on the audit log before they leave. A token for the next page tells nothing and is good for the
same person, reason and query only.
On failure: Refused with the rule and its reason, as the gate wrote it down; BadInput for a token that is none and for
a query that more reads fit than are given whole; NotFound for pictures that no read given has; else as gate and search.
"""

from __future__ import annotations

import hashlib
import re
import uuid
from collections.abc import Sequence
from dataclasses import dataclass

from pipeline.access.gate import Answer, Gate, consultation
from pipeline.access.sight import Sight
from pipeline.domain.access import AccessRequest, Narrowing, Person, Reason, Refusal, RequestId
from pipeline.domain.audit import AuditEvent, AuditWriter, Outcome
from pipeline.domain.ports import Clock, ReadRecords
from pipeline.domain.query import Ended, Found, Limits, Query, utc
from pipeline.domain.read import Digest, Read, with_late_pictures
from pipeline.errors import BadInput, NotFound, Refused

MOST_WHOLE = 100
_REQUEST_ID = re.compile(r"[0-9a-f]{32}")
_PAGE, _LARGEST_PAGE = 100, 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """A page, under which request it stands in the audit log, and how to ask for the next; empty: there is none."""

    request_id: RequestId
    answer: Answer
    next_token: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Records:
    """Whole reads as the person may see them, and the pictures that were asked for."""

    request_id: RequestId
    reads: tuple[Read, ...]
    pictures: dict[Digest, bytes]
    narrowed: tuple[Narrowing, ...]


class RecordDesk:
    """Answers through one gate. Safe for many threads."""

    def __init__(self, gate: Gate, records: ReadRecords, *, sight: Sight, audit: AuditWriter, clock: Clock) -> None:
        self._gate = gate
        self._records = records
        self._sight = sight
        self._audit = audit
        self._clock = clock

    def page(
        self, person: Person, reason: Reason, query: Query, *, rows: int = 0, token: str = "", seconds: float = 30.0
    ) -> Listed:
        """Return a page of at most `rows` reads (0: as usual), the first or the one that `token` goes on with."""
        if not 0 <= rows <= _LARGEST_PAGE:
            raise BadInput(f"page_size is 1 to {_LARGEST_PAGE}, or 0 for {_PAGE}")
        request_id, point, cursor = token.partition(".")
        if token and not (_REQUEST_ID.fullmatch(request_id) and point and cursor):
            raise BadInput("page_token is not one that an answer gave")
        request = self._request(person, reason, query, request_id)
        answer = self._asked(request, Limits(rows=rows or _PAGE, seconds=seconds), cursor or None)
        following = f"{request.request_id}.{answer.cursor}" if answer.cursor else ""
        return Listed(request_id=request.request_id, answer=answer, next_token=following)

    def reads(self, person: Person, reason: Reason, query: Query, pictures: Sequence[str]) -> Records:
        """Return the whole reads that fit `query`, and of their pictures those with these digests."""
        request = self._request(person, reason, query)
        found, answer = self._everything(request)
        whole = self._records.reads(found) if found else []
        # two plates read alike in one frame are found as one and fetched as two
        reads = tuple({one.read_id: one for one in whole}.values())
        late = self._records.late_pictures(reads)
        reads = tuple(with_late_pictures(one, late) for one in reads)
        wanted = list(dict.fromkeys(Digest(one) for one in pictures))
        absent = set(wanted) - {digest for one in reads for digest in (one.patch_digest, one.overview_digest)}
        if absent:
            raise NotFound(f"{len(absent)} of the pictures asked for are not of reads that are given")
        fetched: dict[Digest, bytes] = {}
        if wanted:
            fetched = self._records.pictures(wanted, sorted({utc(one.captured_at).date() for one in reads}))
            self._audit.append([_pictures_given(request, answer, wanted)])
        shown = self._sight.of_reads(reads, answer.grant.request.person)
        return Records(
            request_id=request.request_id, reads=tuple(shown), pictures=fetched, narrowed=answer.grant.narrowed
        )

    def _everything(self, request: AccessRequest) -> tuple[list[Found], Answer]:
        found: list[Found] = []
        cursor = None
        while True:
            answer = self._asked(request, Limits(rows=MOST_WHOLE), cursor)
            found += answer.whole
            cursor = answer.cursor
            if len(found) > MOST_WHOLE or (cursor and answer.page.ended is Ended.ROWS and len(found) == MOST_WHOLE):
                raise BadInput(f"more than {MOST_WHOLE} reads fit: name a mark and a shorter time")
            if cursor is None:
                return found, answer

    def _asked(self, request: AccessRequest, limits: Limits, cursor: str | None) -> Answer:
        answer = self._gate.page(request, limits, cursor)
        if isinstance(answer, Refusal):
            raise Refused(f"{answer.rule}: {answer.reason}")
        return answer

    def _request(self, person: Person, reason: Reason, query: Query, request_id: str = "") -> AccessRequest:
        return AccessRequest(
            request_id=RequestId(request_id or uuid.uuid4().hex),
            person=person,
            purpose=reason.purpose,
            category=reason.category,
            reference=reason.reference,
            justification=reason.justification,
            authorisation_id=reason.authorisation_id,
            query=query,
            made_at=self._clock.now(),
        )


def _pictures_given(request: AccessRequest, answer: Answer, digests: Sequence[Digest]) -> AuditEvent:
    told = hashlib.sha256("\n".join(digests).encode()).hexdigest()
    details = {"what": "pictures given", "pictures": str(len(digests)), "digest of their digests": told}
    return consultation(request, Outcome.ANSWERED, rule=answer.grant.rule, details=details)
