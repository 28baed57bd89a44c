"""A service behind mutual TLS: an authority, a server's certificate, and those of callers."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

import grpc

from actors.services.client import introduced
from pipeline.access.callers.authority import Authority, Issued
from pipeline.access.callers.settings import CallerLimits, OrganisationSettings, Right
from pipeline.settings import ServicesSettings

KENT, PRESS = "kent.police.example", "press.example"
ORGANISATIONS = {
    "kent": OrganisationSettings(names=(KENT,), may=tuple(Right)),
    "press": OrganisationSettings(names=(PRESS,)),
}


@dataclass(frozen=True, slots=True)
class Certified:
    """An authority in `folder`, which signs with the machine's own time."""

    folder: Path

    def authority(self, name: str = "ours") -> Authority:
        return Authority(self.folder / name, now=datetime.now(UTC))

    def settings(self, **changes: object) -> ServicesSettings:
        """The settings of a service whose certificate the authority signed, made on first use."""
        authority = self.authority()
        if not authority.file("server").exists():
            authority.write("server", ["localhost", "127.0.0.1"])
        settings = ServicesSettings(
            port=0,
            certificate_file=str(authority.file("server")),
            key_file=str(authority.file("server", key=True)),
            client_authorities_file=str(authority.file()),
            organisations=ORGANISATIONS,
        )
        return replace(settings, **changes)  # type: ignore[arg-type]

    def channel(self, port: int, shown: Issued | None = None, token: str = "") -> grpc.Channel:
        """A channel that trusts the authority and shows `shown` (Kent's, if nothing is said)."""
        authority = self.authority()
        shown = shown or authority.issue([KENT])
        credentials = grpc.ssl_channel_credentials(authority.file().read_bytes(), shown.key, shown.certificate)
        return introduced(grpc.secure_channel(f"localhost:{port}", credentials), CallerLimits(), token)
