"""The client in another language: installed once for all tests from its pinned packages, run as a program."""

from __future__ import annotations

import fcntl
import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

CLIENT = Path(__file__).with_name("node_client")
CONTRACTS = Path(__file__).parents[2]


def installed() -> Path:
    """Return the client's program; skip the test where it cannot be installed, saying why."""
    if shutil.which("node") is None or shutil.which("npm") is None:
        pytest.skip("Node and npm, in which the client that is not ours is written, are not installed")
    with (CLIENT / ".install.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (CLIENT / "node_modules" / ".package-lock.json").exists():
            command = ["npm", "ci", "--no-audit", "--no-fund", "--ignore-scripts", "--prefer-offline"]
            made = subprocess.run(command, cwd=CLIENT, capture_output=True, text=True, timeout=240, check=False)
            if made.returncode:
                pytest.skip(f"npm cannot install @grpc/grpc-js here: {made.stderr.strip().splitlines()[-1:]}")
    return CLIENT / "client.js"


def answers(**told: Any) -> list[dict[str, Any]]:
    """Return what a call was answered, message by message; a refusal is the last."""
    given = {"contracts": str(CONTRACTS), "seconds": 30} | told
    run = subprocess.run(
        ["node", str(installed())], input=json.dumps(given), capture_output=True, text=True, timeout=60, check=True
    )
    return [json.loads(line) for line in run.stdout.splitlines()]
