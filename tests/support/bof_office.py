"""A Back Office Facility that shares no code with the product: HTTPS from the standard library, SOAP as it is told of.

Arguments: its folder (with `certificate.crt`, `certificate.key`, and the password in `secret`), and after how many new
captures it dies between keeping one and answering (0: never). It says its port. What it was sent is in `kept`, one JSON
a line, on disk before it is answered; a capture that it has already (same camera, time and mark) is answered like the
first and is in `again`. What is not as it should be is in `wrong`.
"""

from __future__ import annotations

import base64
import hashlib
import json
import os
import re
import signal
import ssl
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from xml.etree import ElementTree

USER = "kent"
ORDER = (
    "signature", "username", "vrm", "feedID", "sourceID", "cameraID", "plateImage", "overviewImage", "captureDate",
    "latitude", "longitude", "cameraPresetPosition", "cameraPan", "cameraTilt", "cameraZoom", "confidencePercentage",
    "motionTowardCamera",
)  # fmt: skip
KEY = ("feedID", "sourceID", "cameraID", "captureDate", "vrm")
_ANSWER = b"""<?xml version="1.0"?><s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body>
<sendCaptureResponse/></s:Body></s:Envelope>"""


class Office:
    def __init__(self, folder: Path, dies_after: int) -> None:
        self._folder = folder
        self._left = dies_after
        self._one_at_a_time = threading.Lock()
        self._secret = (folder / "secret").read_text(encoding="utf-8").strip()
        self._known = {tuple(one[name] for name in KEY) for one in lines_of(folder / "kept")}

    def take(self, authorization: str, body: bytes) -> None:
        """Keep one sendCapture. Raises ValueError for what is none."""
        expected = base64.b64encode(f"{USER}:{self._secret}".encode()).decode()
        require(authorization == f"Basic {expected}", "user and password")
        call = ElementTree.fromstring(body).find("{http://schemas.xmlsoap.org/soap/envelope/}Body/")
        require(call is not None and call.tag == "sendCapture", "a sendCapture")
        assert call is not None
        require(tuple(one.tag for one in call) == ORDER, "the parameters in their order")
        told = {one.tag: one.text or "" for one in call}
        for name in ("plateImage", "overviewImage"):
            picture = base64.b64decode(told[name], validate=True)
            require(picture[:2] == b"\xff\xd8" and picture[-2:] == b"\xff\xd9", f"a JPEG in {name}")
            told[name] = hashlib.sha256(picture).hexdigest()
        require(re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", told["captureDate"]) is not None, "a time")
        require(told["vrm"].isalnum() and 0 <= int(told["confidencePercentage"]) <= 100, "mark and confidence")
        key = tuple(told[name] for name in KEY)
        with self._one_at_a_time:
            if key in self._known:
                self.note("again", told)
                return
            self._known.add(key)
            self.note("kept", told)
            self._left -= 1
            if self._left == 0:
                os.kill(os.getpid(), signal.SIGKILL)

    def note(self, file: str, told: object) -> None:
        with (self._folder / file).open("a", encoding="utf-8") as notes:
            notes.write(json.dumps(told) + "\n")
            notes.flush()
            os.fsync(notes.fileno())


def lines_of(file: Path) -> list[dict[str, str]]:
    return [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()] if file.exists() else []


def require(is_so: bool, what: str) -> None:
    if not is_so:
        raise ValueError(f"this is not {what}")


def main() -> None:
    folder = Path(sys.argv[1])
    office = Office(folder, int(sys.argv[2]))

    class Answering(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            status, answer = 200, _ANSWER
            try:
                office.take(self.headers.get("Authorization", ""), body)
            except (ValueError, ElementTree.ParseError) as error:
                office.note("wrong", str(error))
                status, answer = 400, b""
            self.send_response(status)
            self.send_header("Content-Type", "text/xml")
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, *_: object) -> None:
            """Nothing on the error output."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Answering)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "certificate.crt", folder / "certificate.key")
    server.socket = context.wrap_socket(server.socket, server_side=True)
    print(server.server_port, flush=True)
    server.serve_forever()


if __name__ == "__main__":
    main()
