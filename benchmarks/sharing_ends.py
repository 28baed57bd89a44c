"""The processes of benchmarks.sharing: a force that sends its journal, and the least that could receive it."""

from __future__ import annotations

import asyncio
import json
import os
import random
import resource
import string
import sys
import threading
import time
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import grpc
from google.protobuf.timestamp_pb2 import Timestamp

from actors.garbage import look_seldom
from actors.sending import SendingLoop
from actors.services.server import ServiceServer
from actors.services.sharing import SharingServicer
from benchmarks.alerts import record_of
from pipeline import bootstrap, bootstrap_access, bootstrap_services, bootstrap_share
from pipeline.access.callers.settings import OrganisationSettings, Right
from pipeline.domain.sharing import EncodedRecord
from pipeline.domain.vrm import Vrm
from pipeline.settings import ServicesSettings, Settings, load_settings
from pipeline.share.settings import AgreementSettings, ShareSettings
from pipeline.wire.read_proto import encode_record
from protos.anpr.v1 import read_pb2

CAMERAS = 300
CONSUMERS = 10
RAW = "/raw.Raw/Keep"


def made_up(count: int, begin: datetime, pace: float) -> Iterator[EncodedRecord]:
    """Reads of a force's cameras without pictures, `pace` a second from `begin` on."""
    chance = random.Random(11)
    record = read_pb2.CaptureRecord.FromString(encode_record(record_of(0, Vrm("AB12CDE"))))
    record.patch = record.overview = b""
    read = record.read
    read.feed_id = "kent"
    for number in range(count):
        at = begin + timedelta(seconds=number / pace)
        stamp = Timestamp(seconds=int(at.timestamp()), nanos=at.microsecond * 1000)
        read.read_id = f"{chance.getrandbits(128):032x}"
        read.patch_digest, read.overview_digest = (f"{chance.getrandbits(256):064x}" for _ in range(2))
        read.camera_id = f"camera-{chance.randrange(CAMERAS)}"
        read.vrm = read.raw_text = "".join(chance.choices(string.ascii_uppercase + string.digits, k=7))
        read.captured_at.CopyFrom(stamp)
        read.received_at.CopyFrom(stamp)
        yield EncodedRecord(read.read_id, record.SerializeToString())


def force(config: Path) -> None:
    """Send the whole journal; say how long it took from the first call, and how much memory it took."""
    settings = load_settings(config)
    loop = SendingLoop(settings)
    # as the outbox's actor does
    look_seldom()
    with bootstrap.journal_reader(settings) as journal:
        reads = journal.last_offset()
    before = _memory()
    begun = time.monotonic()
    used = time.process_time()
    thread = threading.Thread(target=loop.run, daemon=True)
    thread.start()
    while loop.hold() < reads:
        time.sleep(0.02)
    seconds = time.monotonic() - begun
    loop.stop()
    thread.join()
    print(json.dumps({
        "reads": reads, "seconds": seconds, "cpu_seconds": time.process_time() - used,
        "memory_before_mb": before, "memory_most_mb": _memory(),
    }), flush=True)  # fmt: skip


def raw(folder: Path, key: Path, certificate: Path, authority: Path) -> None:
    """Append whatever comes to a file and answer when it is synced: nothing could do less."""
    descriptor = os.open(folder / "raw", os.O_CREAT | os.O_WRONLY | os.O_APPEND)

    def keep(request: bytes) -> bytes:
        os.write(descriptor, request)
        os.fsync(descriptor)
        return b""

    async def answer(request: bytes, context: object) -> bytes:
        return await asyncio.to_thread(keep, request)

    async def serve() -> None:
        server = grpc.aio.server(options=[("grpc.max_receive_message_length", 2**24)])
        handler = grpc.unary_unary_rpc_method_handler(answer)
        server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler("raw.Raw", {"Keep": handler}),))
        pair = (key.read_bytes(), certificate.read_bytes())
        credentials = grpc.ssl_server_credentials([pair], authority.read_bytes(), require_client_auth=True)
        print(server.add_secure_port("127.0.0.1:0", credentials), flush=True)
        await server.start()
        await asyncio.to_thread(sys.stdin.read)
        await server.stop(0)

    asyncio.run(serve())


def streaming(folder: Path, key: Path, certificate: Path, authority: Path) -> None:
    """Serve `StreamReads` over the journal in `folder`; say the port, and at the end how much memory it took."""
    own = ServicesSettings(
        port=0,
        certificate_file=str(certificate),
        key_file=str(key),
        client_authorities_file=str(authority),
        organisations={"kent": OrganisationSettings(names=("kent.test",), may=(Right.SHARING,))},
    )
    agreements = {
        f"a{number}": AgreementSettings(organisation="kent", feeds=("kent",), purpose="measured", reference="none")
        for number in range(CONSUMERS)
    }
    settings = Settings(folder=str(folder), services=own, share=ShareSettings(agreements=agreements))
    with bootstrap_access.desk(settings) as desk:
        servicer = SharingServicer(bootstrap_share.stream_desk(settings, desk.audit))
        server = ServiceServer(own, [servicer], bootstrap_services.door(settings, desk))
        print(server.start(), flush=True)
        before = _memory()
        sys.stdin.readline()
        print(json.dumps({"before": before, "most": _memory()}), flush=True)
        server.stop()


def fill(config: Path, count: int, begin: datetime, pace: float) -> None:
    """Put made-up reads into the journal of a force."""
    settings = load_settings(config)
    with bootstrap.journal(settings) as journal:
        waiting: list[EncodedRecord] = []
        for one in made_up(count, begin, pace):
            waiting.append(one)
            if len(waiting) == 4000:
                journal.append_encoded(waiting)
                waiting = []
        if waiting:
            journal.append_encoded(waiting)


def _memory() -> float:
    return round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, 1)


if __name__ == "__main__":
    {"force": force, "raw": raw, "streaming": streaming}[sys.argv[1]](*map(Path, sys.argv[2:]))
