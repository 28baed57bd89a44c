"""Ports to be opened later, by somebody else."""

from __future__ import annotations

import random
import socket
from contextlib import suppress

_CHANCE = random.Random()
# below those that the system gives to whoever asks for any port, as callers do: none of these is taken meanwhile
_FIRST, _LAST = 20_000, 32_000


def free_port() -> int:
    """Return a port of this machine that nobody listens at."""
    while True:
        port = _CHANCE.randint(_FIRST, _LAST)
        with suppress(OSError), socket.socket() as free:
            free.bind(("127.0.0.1", port))
            return port
