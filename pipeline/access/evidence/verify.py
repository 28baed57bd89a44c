"""Whether an exhibit package is exactly what was made. This file needs Python 3.8 or later and nothing else.

    python3 verify.py --key HEX [PACKAGE]

PACKAGE is the folder or the ZIP; without it the folder that this file lies in. HEX is the public key (64 hexadecimal
digits) of the police force that made the package: ask the force for it, not the package, for whoever forges a package
puts a key of their own into it. For the same reason the copy of this file inside a package can tell of accidents, but
not of forgery: check a package that matters with a copy that the force gave out.

Promise: any byte changed, any file removed, added or exchanged, and any custody entry changed, removed from the middle,
added or put elsewhere is found and named. Custody entries cut off the end, with whatever they added, leave an earlier
state of the package that is whole in itself: compare the number and digest of the newest one, which this prints, with
what the force's audit log or the last receipt says (--newest DIGEST). Names, times and permissions of folders do not
count. Exit status: 0 nothing is wrong, 1 something is, 2 it cannot be checked, 3 nothing is wrong but no key was given.

On failure: faults are values; OSError or ValueError for what is no package at all.
"""

from __future__ import annotations

import argparse
import hashlib
import io
import json
import sys
import zipfile
from pathlib import Path
from typing import Any, Callable, Collection, Mapping, NamedTuple, Sequence  # noqa: UP035

from pipeline.access.evidence.ed25519 import ed25519_verified

MANIFEST, SIGNATURE, CUSTODY = "MANIFEST.sha256", "MANIFEST.signature", "custody.jsonl"
STATEMENT, FACTS, VERIFIER = "statement.html", "package.json", "verify.py"
OF_RECORD = {"record.bin": "record_digest", "patch.jpg": "patch_digest", "overview.jpg": "overview_digest"}
SIGNED_AS = b"anpr evidence manifest\n"
_BEGINNING = "0" * 64
_ZIP_TIME = (1980, 1, 1, 0, 0, 0)
Verifier = Callable[[bytes, bytes, bytes], bool]


class Checked(NamedTuple):
    """What was found. `key` signed the manifest; `entries` are the custody entries that are whole."""

    faults: list[str]
    key: str
    entries: list[dict[str, Any]]
    files: int

    @property
    def newest(self) -> str:
        """Return the digest of the newest custody entry."""
        return str(self.entries[-1]["digest"]) if self.entries else ""


def check(files: Mapping[str, bytes], trusted: Collection[str] = (), verified: Verifier | None = None) -> Checked:
    """Return what is wrong with the package of `files`, by name. Without `trusted` keys its own key counts."""
    verified = verified or ed25519_verified
    faults: list[str] = []
    manifest, signature = files.get(MANIFEST, b""), files.get(SIGNATURE, b"")
    faults += [f"{name}: is missing" for name in (MANIFEST, SIGNATURE, CUSTODY) if name not in files]
    digests = {name: hashlib.sha256(content).hexdigest() for name, content in files.items()}
    listed = _listed(manifest, faults)
    key = _signer(signature, faults)
    if key:
        if trusted and key not in trusted:
            faults.append(f"{SIGNATURE}: is by key {key}, which is not the one to be trusted")
        signed = bytes.fromhex(json.loads(signature)["signature"])
        if not verified(bytes.fromhex(key), SIGNED_AS + manifest, signed):
            faults.append(f"{SIGNATURE}: is false: the manifest is not what was signed")
    entries = _custody(files.get(CUSTODY, b""), set(trusted) or {key}, verified, faults)
    _created(entries, digests.get(MANIFEST, ""), faults)
    for entry in entries[1:]:
        details = entry["event"]["details"]
        if details.get("what") == "added":
            if details.get("file") in listed or not details.get("file"):
                faults.append(f"{CUSTODY}: entry {entry['sequence']} adds a file that is there already")
            listed[details.get("file", "")] = details.get("sha256", "")
    for name in sorted(set(listed) | set(digests) - {MANIFEST, SIGNATURE, CUSTODY}):
        if name not in listed:
            faults.append(f"{name}: does not belong to the package")
        elif name not in digests:
            faults.append(f"{name}: is missing")
        elif digests[name] != listed[name]:
            faults.append(f"{name}: is not what it was")
    _records(files.get(FACTS, b""), digests, faults)
    return Checked(faults, key, entries, len(files))


def canonical(value: Any) -> bytes:
    """Return the one spelling of `value` as JSON."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=True, allow_nan=False).encode("ascii")


def manifest_of(digests: Mapping[str, str]) -> bytes:
    """Return the manifest: one line a file, as `sha256sum -c` reads it."""
    return "".join(f"{digests[name]}  {name}\n" for name in sorted(digests)).encode("ascii")


def zipped(files: Mapping[str, bytes]) -> bytes:
    """Return the ZIP of `files`: the same files always give the same bytes."""
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_STORED) as archive:
        for name in sorted(files):
            info = zipfile.ZipInfo(name, _ZIP_TIME)
            info.create_system, info.external_attr = 3, 0o100644 << 16
            archive.writestr(info, files[name])
    return target.getvalue()


def files_of(path: Path) -> tuple[dict[str, bytes], list[str]]:
    """Return the files of the package at `path`, a folder or a ZIP, and what is wrong with its envelope."""
    if not path.is_dir():
        return _unzipped(path.read_bytes())
    files, faults = {}, []
    for one in sorted(path.rglob("*")):
        name = one.relative_to(path).as_posix()
        if one.is_symlink() or not (one.is_file() or one.is_dir()):
            faults.append(f"{name}: is a link or a device, not a file")
        elif one.is_file():
            files[name] = one.read_bytes()
        elif not any(one.iterdir()):
            faults.append(f"{name}: is an empty folder, which does not belong to the package")
    return files, faults


def _unzipped(content: bytes) -> tuple[dict[str, bytes], list[str]]:
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            if any(info.compress_type != zipfile.ZIP_STORED for info in archive.infolist()):
                raise ValueError("it was packed again")
            files = {info.filename: archive.read(info) for info in archive.infolist()}
        same = zipped(files) == content
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError, OSError, ValueError) as error:
        raise ValueError(f"is no whole ZIP file: {error}") from error
    return files, [] if same else ["the ZIP file: its envelope is not as it was written"]


def _listed(manifest: bytes, faults: list[str]) -> dict[str, str]:
    try:
        lines = [line.split("  ", 1) for line in manifest.decode("ascii").splitlines()]
        listed = {name: digest for digest, name in lines}
        same = manifest_of(listed) == manifest
    except ValueError:
        listed, same = {}, False
    if not same:
        faults.append(f"{MANIFEST}: is no manifest")
    return listed


def _signer(signature: bytes, faults: list[str]) -> str:
    """Return the key that says it signed, or nothing."""
    try:
        told = json.loads(signature)
        key, signed = bytes.fromhex(told["key"]), bytes.fromhex(told["signature"])
        if canonical({"key": key.hex(), "signature": signed.hex()}) + b"\n" == signature and len(key) == 32:
            return key.hex()
    except (ValueError, KeyError, TypeError):
        pass
    faults.append(f"{SIGNATURE}: is no signature")
    return ""


def _custody(content: bytes, trusted: Collection[str], verified: Verifier, faults: list[str]) -> list[dict[str, Any]]:
    """Return the custody entries up to the first fault. An entry is a line, and the next line signs it."""
    keys = {hashlib.sha256(bytes.fromhex(key)).hexdigest()[:16]: bytes.fromhex(key) for key in trusted}
    entries: list[dict[str, Any]] = []
    lines = content.splitlines(keepends=True)
    if len(lines) % 2 or not lines:
        faults.append(f"{CUSTODY}: is cut short")
    before = _BEGINNING
    for number in range(1, len(lines) // 2 + 1):
        try:
            entry = json.loads(lines[2 * number - 2])
            why = _entry_fault(entry, lines[2 * number - 2], number, before) or _stamp_fault(
                lines[2 * number - 1], entry, keys, verified
            )
        except (ValueError, KeyError, TypeError, AttributeError):
            why = "is not what was written"
        if why:
            faults.append(f"{CUSTODY}: entry {number} {why}")
            return entries
        entries.append(entry)
        before = entry["digest"]
    return entries


def _entry_fault(entry: dict[str, Any], line: bytes, number: int, before: str) -> str:
    body = {name: value for name, value in entry.items() if name != "digest"}
    if canonical(entry) + b"\n" != line or hashlib.sha256(canonical(body)).hexdigest() != entry["digest"]:
        return "is not what was written"
    if entry["sequence"] != number or entry["previous_digest"] != before:
        return "does not follow on the entry before it"
    return "" if isinstance(entry["event"]["details"], dict) else "is not what was written"


def _stamp_fault(line: bytes, entry: dict[str, Any], keys: Mapping[str, bytes], verified: Verifier) -> str:
    stamp = json.loads(line)
    if canonical(stamp) + b"\n" != line or set(stamp) != {"at", "digest", "key_id", "sequence", "signature"}:
        return "is not signed as it was"
    if (stamp["sequence"], stamp["digest"]) != (entry["sequence"], entry["digest"]):
        return "has the signature of another entry"
    if stamp["key_id"] not in keys:
        return f"is signed with key {str(stamp['key_id'])[:16]}, which is not among the trusted ones"
    told = {"what": "anpr audit checkpoint", "sequence": stamp["sequence"], "digest": stamp["digest"]}
    statement = canonical({"at": stamp["at"], "key": stamp["key_id"], **told})
    signature = bytes.fromhex(stamp["signature"])
    if signature.hex() != stamp["signature"] or not verified(keys[stamp["key_id"]], statement, signature):
        return "has a false signature"
    return ""


def _created(entries: Sequence[Mapping[str, Any]], manifest: str, faults: list[str]) -> None:
    first = entries[0]["event"]["details"] if entries else {}
    if entries and (first.get("what"), first.get("manifest")) != ("created", manifest):
        faults.append(f"{CUSTODY}: entry 1 is about another package")


def _records(facts: bytes, digests: Mapping[str, str], faults: list[str]) -> None:
    """Hold every record and picture against the digests that were taken when the read was stored."""
    try:
        for read in json.loads(facts)["reads"]:
            for name, digest in OF_RECORD.items():
                found = digests.get(f"{read['folder']}/{name}")
                if found is not None and found != read[digest]:
                    faults.append(f"{read['folder']}/{name}: is not what was stored when the vehicle was read")
    except (ValueError, KeyError, TypeError, AttributeError):
        faults.append(f"{FACTS}: does not tell what was stored")


def shown(checked: Checked, keyed: bool) -> list[str]:
    """Return what was found, in plain words, line by line."""
    lines = [f"WRONG  {one}" for one in checked.faults]
    for entry in checked.entries:
        event = entry["event"]
        to = f" to {event['recipient']}" if event["recipient"] else ""
        what = " ".join(ascii(str(event["details"].get(name, "")))[1:-1] for name in ("what", "file", "note")).rstrip()
        who = ascii(f"{event['person_id']} ({event['force']}){to}")[1:-1]
        lines.append(f"custody {entry['sequence']}: {entry['at'][:19]} UTC {who}: {what}")
    lines.append(f"newest custody entry: number {len(checked.entries)}, digest {checked.newest or 'none'}")
    lines.append(f"signed with key {checked.key or 'none'}")
    if checked.faults:
        lines.append(f"This package is NOT what was made: {len(checked.faults)} fault(s).")
    elif keyed:
        lines.append(f"Nothing is wrong: {checked.files} files are as they were made.")
    else:
        lines.append(f"{checked.files} files agree with each other. WHO MADE THEM WAS NOT CHECKED: give --key.")
    return lines


def _key(given: str) -> str:
    if len(bytes.fromhex(given)) != 32:
        raise ValueError
    return bytes.fromhex(given).hex()


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description="Check that an exhibit package is exactly what was made.")
    parser.add_argument("package", nargs="?", type=Path, default=Path(__file__).resolve().parent)
    parser.add_argument("--key", action="append", type=_key, default=[], help="a trusted public key; may be repeated")
    parser.add_argument("--newest", default="", help="digest that the newest custody entry must have")
    chosen = parser.parse_args(arguments)
    try:
        files, faults = files_of(chosen.package)
    except (OSError, ValueError) as error:
        sys.stderr.write(f"{chosen.package}: {error}\n")
        return 2
    checked = check(files, chosen.key)
    faults += checked.faults
    if chosen.newest and chosen.newest.lower() != checked.newest:
        faults.append(f"{CUSTODY}: its newest entry is not the one that was told: it was cut short or goes on")
    sys.stdout.write("\n".join(shown(checked._replace(faults=faults), bool(chosen.key))) + "\n")
    return 1 if faults else 0 if chosen.key else 3


if __name__ == "__main__":
    sys.exit(main())
