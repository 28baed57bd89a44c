"""An authority that is not us, made with `openssl ts` and asked over loopback, says when the audit log was so."""

from __future__ import annotations

import json
import shutil
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from actors.cli.audit import execute
from actors.cli.parser import parser
from pipeline import bootstrap_access, bootstrap_audit
from pipeline.access.audit.stamps import STAMPS, stamped
from pipeline.access.audit.verify import check_log
from pipeline.access.settings import AccessSettings, AuditSettings
from pipeline.domain.access import PersonId
from pipeline.domain.audit import AuditEvent, Operation, Outcome
from pipeline.errors import BadInput, IntegrityError, Unavailable
from pipeline.settings import Settings
from tests.support.clock import ManualClock

pytestmark = pytest.mark.skipif(shutil.which("openssl") is None, reason="openssl, the authority here, is not installed")
NEW_KEY = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes")
CONFIGURATION = """
[tsa]
default_tsa = one
[one]
dir = {folder}
serial = $dir/serial
crypto_device = builtin
signer_cert = $dir/tsa.pem
certs = $dir/root.pem
signer_key = $dir/tsa.key
signer_digest = sha256
default_policy = 1.2.3.4.1
digests = sha256, sha512
accuracy = secs:1
ess_cert_id_chain = no
ess_cert_id_alg = sha256
"""


def openssl(folder: Path, *arguments: str) -> None:
    subprocess.run(["openssl", *arguments], cwd=folder, check=True, capture_output=True)


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with an authority that may stamp, and its root."""
    folder = tmp_path_factory.mktemp("authority")
    (folder / "ts.conf").write_text(CONFIGURATION.format(folder=folder), encoding="utf-8")
    (folder / "serial").write_text("01\n", encoding="utf-8")
    (folder / "use").write_text("extendedKeyUsage = critical,timeStamping\n", encoding="utf-8")
    openssl(folder, "req", "-x509", *NEW_KEY, "-days", "2", "-subj", "/CN=a root",
            "-addext", "keyUsage=critical,keyCertSign", "-keyout", "root.key", "-out", "root.pem")  # fmt: skip
    openssl(folder, "req", *NEW_KEY, "-subj", "/CN=a stamp", "-keyout", "tsa.key", "-out", "tsa.csr")
    openssl(folder, "x509", "-req", "-in", "tsa.csr", "-CA", "root.pem", "-CAkey", "root.key", "-days", "2",
            "-extfile", "use", "-out", "tsa.pem")  # fmt: skip
    return folder


@contextmanager
def answering(authority: Path, spoil: bool = False) -> Iterator[str]:
    """Yield the address at which the authority stamps what it is asked to."""

    class Stamping(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            asked = self.rfile.read(int(self.headers["Content-Length"]))
            (authority / "asked").write_bytes(asked if not spoil else asked[:-4])
            made = subprocess.run(
                ["openssl", "ts", "-reply", "-config", "ts.conf", "-queryfile", "asked"],
                cwd=authority,
                capture_output=True,
                check=False,
            )
            self.send_response(200)
            self.send_header("Content-Length", str(len(made.stdout)))
            self.end_headers()
            self.wfile.write(made.stdout)

        def log_message(self, *said: object) -> None:
            return

    server = HTTPServer(("127.0.0.1", 0), Stamping)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def settings_of(folder: Path, authority: Path, url: str) -> Settings:
    audit = AuditSettings(stamp_url=url, stamp_roots_file=str(authority / "root.pem"))
    return Settings(folder=str(folder), access=AccessSettings(audit=audit))


def write(settings: Settings, entries: int) -> None:
    log = bootstrap_access.audit_log(settings, clock=ManualClock())
    event = AuditEvent(
        operation=Operation.CONSULTATION, outcome=Outcome.ALLOWED, person_id=PersonId("p"), force="local"
    )
    for _ in range(entries):
        log.append([event])
    log.close()


def stamps(settings: Settings) -> list[int]:
    folder, keys = bootstrap_access.audit_folder(settings), bootstrap_access.public_keys(settings)
    return [one.checkpoint.sequence for one in bootstrap_audit.stamps_of(settings, folder, keys)]


def test_a_stamp_outlives_the_authority_and_finds_a_log_cut_back_as_a_whole(tmp_path: Path, authority: Path) -> None:
    with answering(authority) as url:
        settings = settings_of(tmp_path, authority, url)
        write(settings, 2)
        earlier = tmp_path / "earlier"
        shutil.copytree(bootstrap_access.audit_folder(settings), earlier)
        write(settings, 3)
        stamper = bootstrap_audit.stamper(settings)
        assert stamper is not None
        stamper.stamp()
    assert stamps(settings) == [5]
    keys = bootstrap_access.public_keys(settings)
    assert check_log(earlier, keys).fault == ""
    shutil.copy(bootstrap_access.audit_folder(settings) / STAMPS, earlier)
    kept = [one.checkpoint for one in bootstrap_audit.stamps_of(settings, earlier, keys)]
    assert "cut short" in check_log(earlier, keys, kept=kept).fault


def test_a_stamp_of_another_checkpoint_or_by_a_stranger_does_not_count(tmp_path: Path, authority: Path) -> None:
    with answering(authority) as url:
        settings = settings_of(tmp_path, authority, url)
        for _ in range(2):
            write(settings, 1)
            stamper = bootstrap_audit.stamper(settings)
            assert stamper is not None
            stamper.stamp()
    path = bootstrap_access.audit_folder(settings) / STAMPS
    first, second = (json.loads(line) for line in path.read_bytes().splitlines())
    path.write_text(json.dumps(first | {"stamp": second["stamp"]}) + "\n", encoding="utf-8")
    with pytest.raises(IntegrityError, match="line 1 is no stamp"):
        stamps(settings)
    path.write_text(json.dumps(first) + "\n", encoding="utf-8")
    openssl(tmp_path, "req", "-x509", *NEW_KEY, "-days", "2", "-subj", "/CN=a root",
            "-keyout", "k", "-out", "root.pem")  # fmt: skip
    with pytest.raises(IntegrityError, match="trusted authority"):
        stamps(settings_of(tmp_path, tmp_path, "http://127.0.0.1/"))
    assert stamped(tmp_path, {}, []) == []


def test_an_authority_that_refuses_or_is_away_leaves_the_log_as_it_is(tmp_path: Path, authority: Path) -> None:
    with answering(authority, spoil=True) as url:
        settings = settings_of(tmp_path, authority, url)
        write(settings, 1)
        stamper = bootstrap_audit.stamper(settings)
        assert stamper is not None
        with pytest.raises(BadInput, match="no stamp of this checkpoint"):
            stamper.stamp()
    with pytest.raises(Unavailable, match="does not answer"):
        stamper.stamp()
    assert stamps(settings) == []


def test_the_commands_stamp_and_verify(tmp_path: Path, authority: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with answering(authority) as url:
        settings = settings_of(tmp_path, authority, url)
        write(settings, 2)
        config = tmp_path / "settings.toml"
        config.write_text(
            f'folder = "{tmp_path}"\n[access.audit]\nstamp_url = "{url}"\nstamp_roots_file = "{authority}/root.pem"\n',
            encoding="utf-8",
        )
        for action in ("stamp", "verify"):
            assert execute(parser().parse_args(["audit", action, "--config", str(config)])) == 0
    assert "stamped 1 time(s), entry 2 at" in capsys.readouterr().out


def test_a_stamp_over_the_network_in_the_clear_is_a_fault_of_the_settings() -> None:
    with pytest.raises(ValueError, match="https"):
        AuditSettings(stamp_url="http://stamps.example/", stamp_roots_file="x")
    with pytest.raises(ValueError, match="whose stamps count"):
        replace(AuditSettings(), stamp_url="https://stamps.example/")
