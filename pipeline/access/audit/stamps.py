"""Time stamps (RFC 3161) of the audit log's checkpoints: an authority outside the force says when the log was so.

A checkpoint is signed by this machine, which knows what time it likes. A stamp is a signature of somebody else over the
digest of the checkpoint and a time; the authority learns that digest and nothing of the log. Stamps are lines of a file
beside the log, each with the checkpoint it is of, so that a checked stamp is a checkpoint kept elsewhere.

On failure: Unavailable when the authority does not answer, BadInput for an answer that is no stamp of this checkpoint;
IntegrityError for a stamp in the file that does not hold. The log itself never waits for any of it.
"""

from __future__ import annotations

import base64
import json
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import urllib3
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from rfc3161_client import (
    HashAlgorithm,
    TimestampRequestBuilder,
    TimeStampResponse,
    VerificationError,
    VerifierBuilder,
    decode_timestamp_response,
)

from pipeline.access.audit.chain import Checkpoint, read_checkpoint
from pipeline.domain.ports import Clock
from pipeline.errors import BadInput, IntegrityError, SettingsError, Unavailable

STAMPS = "audit.stamps"
_MOST_BYTES = 1 << 16
_ANSWER_SECONDS = 20.0
Ask = Callable[[bytes], bytes]


@dataclass(frozen=True, slots=True, kw_only=True)
class Stamped:
    """The log ended with `checkpoint` at `at` or before, says an authority."""

    checkpoint: Checkpoint
    at: datetime


class Stamper:
    """Has the newest checkpoint of the log in `folder` stamped, every `every` and whenever `stamp` is called."""

    def __init__(
        self,
        folder: Path,
        *,
        newest: Callable[[], bytes],
        ask: Ask,
        roots: Sequence[x509.Certificate],
        clock: Clock,
        every: timedelta,
    ) -> None:
        self._path = folder / STAMPS
        self._newest = newest
        self._ask = ask
        self._roots = list(roots)
        self._clock = clock
        self._every_seconds = every.total_seconds()
        self._stamp_at = clock.monotonic()

    def step(self) -> bool:
        """Stamp if it is time to; return whether it was."""
        if self._clock.monotonic() < self._stamp_at:
            return False
        self._stamp_at = self._clock.monotonic() + self._every_seconds
        self.stamp()
        return True

    def stamp(self) -> datetime:
        """Have the newest checkpoint stamped and keep the stamp; return the authority's time."""
        line = self._newest()
        request = TimestampRequestBuilder().data(line).hash_algorithm(HashAlgorithm.SHA256).nonce(nonce=True).build()
        answer = self._ask(request.as_bytes())
        try:
            response = decode_timestamp_response(answer)
            verifier = VerifierBuilder.from_request(request)
            at = _time_in(response, line, verifier, self._roots)
        except (VerificationError, ValueError):
            # the library's words may hold what the authority sent
            raise BadInput("what the time-stamping authority answered is no stamp of this checkpoint") from None
        kept = {"checkpoint": line.decode("ascii"), "stamp": base64.b64encode(answer).decode("ascii")}
        try:
            with self._path.open("ab") as file:
                file.write(json.dumps(kept).encode("ascii") + b"\n")
                file.flush()
                os.fsync(file.fileno())
        except OSError as error:
            raise Unavailable(f"{STAMPS}: cannot be written: {error.strerror}") from error
        return at


def stamped(folder: Path, keys: Mapping[str, Ed25519PublicKey], roots: Sequence[x509.Certificate]) -> list[Stamped]:
    """Return what the stamps beside the log say, each checked against `roots` and the log's `keys`."""
    path = folder / STAMPS
    if not path.exists():
        return []
    found = []
    for number, written in enumerate(path.read_bytes().splitlines(), 1):
        try:
            told = json.loads(written)
            line = told["checkpoint"].encode("ascii")
            response = decode_timestamp_response(base64.b64decode(told["stamp"], validate=True))
            at = _time_in(response, line, VerifierBuilder(), roots)
            found.append(Stamped(checkpoint=read_checkpoint(line, keys), at=at))
        except IntegrityError as error:
            raise IntegrityError(f"{STAMPS}: line {number}: its checkpoint {error}") from error
        except (VerificationError, ValueError, KeyError, TypeError, AttributeError):
            raise IntegrityError(
                f"{STAMPS}: line {number} is no stamp of its checkpoint by a trusted authority"
            ) from None
    return found


def asking(url: str) -> Ask:
    """Return what sends a request to the authority at `url` and returns its answer."""

    def ask(request: bytes) -> bytes:
        with urllib3.PoolManager(retries=False, timeout=_ANSWER_SECONDS) as pool:
            try:
                answer = pool.request(
                    "POST",
                    url,
                    body=request,
                    headers={"Content-Type": "application/timestamp-query"},
                    redirect=False,
                    preload_content=False,
                )
                content = answer.read(_MOST_BYTES + 1)
                answer.release_conn()
            except urllib3.exceptions.HTTPError as error:
                raise Unavailable(
                    f"the time-stamping authority does not answer: {type(error).__name__}; see [access.audit] stamp_url"
                ) from error
        if answer.status != 200 or len(content) > _MOST_BYTES:
            raise Unavailable(f"the time-stamping authority answered {answer.status}")
        return content

    return ask


def roots_in(path: Path) -> list[x509.Certificate]:
    """Return the certificates (PEM) whose authorities are trusted. Raises SettingsError."""
    try:
        return x509.load_pem_x509_certificates(path.read_bytes())
    except (OSError, ValueError) as error:
        why = error.strerror if isinstance(error, OSError) else "it holds no certificates in PEM"
        raise SettingsError([f"[access.audit] stamp_roots_file: cannot be used: {why}"]) from error


def _time_in(
    response: TimeStampResponse, line: bytes, builder: VerifierBuilder, roots: Sequence[x509.Certificate]
) -> datetime:
    for root in roots:
        builder = builder.add_root_certificate(root)
    builder.build().verify_message(response, line)
    return response.tst_info.gen_time.astimezone(UTC)
