"""The commands that pages and contracts show, taken apart as a shell would, and a `grpcurl` of our own to run them.

The real one is written in Go and is in no registry that the tests use. Ours knows the flags that are shown, and no
others; it reads JSON as strictly, and shows what came back as JSON.
"""

from __future__ import annotations

import argparse
import importlib
import json
import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import grpc
from google.protobuf import json_format
from google.protobuf.descriptor import MethodDescriptor
from google.protobuf.descriptor_pool import Default
from google.protobuf.message import Message
from google.protobuf.message_factory import GetMessageClass

from tests.support.durable import ROOT

_BLOCK = re.compile(r"^```sh\n(.*?)^```", re.DOTALL | re.MULTILINE)
_FENCED = re.compile(r"^```.*?^```", re.DOTALL | re.MULTILINE)
_NAMED = re.compile(r"`(anpr [^`]+)`")
_IN_A_CONTRACT = re.compile(r"^//   (.*)$", re.MULTILINE)
_WITHIN = re.compile(r"\$\(([^)]*)\)")
_SHELL = re.compile(r"^(>>?|\||&&?)$")


def commands_in(page: Path) -> list[list[str]]:
    """Return the commands in a page of Markdown (its blocks of `sh`) or in the comments of a contract, as words."""
    text = page.read_text(encoding="utf-8")
    contract = page.suffix == ".proto"
    blocks = ["\n".join(_IN_A_CONTRACT.findall(text))] if contract else _BLOCK.findall(text)
    return [words for block in blocks for line in _lines(block, contract) for words in _commands(line)]


def named_in(page: Path) -> list[list[str]]:
    """Return the commands of ours that the sentences of a page or contract name between backticks, as words."""
    text = _FENCED.sub("", page.read_text(encoding="utf-8"))
    return [one.split()[1:] for one in _NAMED.findall(re.sub(r"\n(// )?", " ", text))]


def _lines(block: str, contract: bool) -> Iterator[str]:
    """Give each command with all its lines, as far as quotes and backslashes go on."""
    begun = ""
    for line in block.splitlines():
        if contract and not begun and not line.startswith(("anpr ", "grpcurl ")):
            continue
        begun += line
        if begun.endswith("\\"):
            begun = begun[:-1]
            continue
        try:
            shlex.split(begun, comments=True)
        except ValueError:
            # a quotation that goes on
            begun += "\n"
            continue
        if begun.strip():
            yield begun
        begun = ""
    assert not begun, f"this example has no end: {begun}"


def _commands(line: str) -> Iterator[list[str]]:
    for within in _WITHIN.findall(line):
        yield shlex.split(within)
    words = shlex.split(line, comments=True)
    end = next((at for at, word in enumerate(words) if _SHELL.match(word)), len(words))
    if words[:1] and words[0] != "export":
        yield [Path(words[0]).name, *words[1:end]]


@dataclass(frozen=True, slots=True, kw_only=True)
class GrpcurlCall:
    """What one `grpcurl …` asks for."""

    given: argparse.Namespace
    method: MethodDescriptor
    request: Message

    def answers(self, address: str, folder: Path, **variables: str) -> Iterator[dict[str, Any]]:
        """Call `address` with the files of `folder`, and `variables` in place of `$NAME`; give each answer as it comes.

        Raises grpc.RpcError.
        """
        given = self.given
        metadata = [
            (name.lower(), re.sub(r"\$(\w+)", lambda found: variables[found[1]], value.strip()))
            for name, _, value in (header.partition(":") for header in given.H)
        ]
        if given.plaintext:
            channel = grpc.insecure_channel(address)
        else:
            shown = ((folder / one).read_bytes() if one else None for one in (given.cacert, given.key, given.cert))
            channel = grpc.secure_channel(address, grpc.ssl_channel_credentials(*shown))
        sent, told = (
            "stream" if many else "unary" for many in (self.method.client_streaming, self.method.server_streaming)
        )
        made = GetMessageClass(self.method.output_type).FromString
        with channel:
            call = getattr(channel, f"{sent}_{told}")(f"/{given.method}", None, made)
            content = self.request.SerializeToString()
            answer = call(
                iter([content]) if sent == "stream" else content, timeout=float(given.max_time), metadata=metadata
            )
            for one in answer if told == "stream" else [answer]:
                yield json.loads(json_format.MessageToJson(one, preserving_proto_field_name=True))


def grpcurl_of(words: list[str]) -> GrpcurlCall:
    """Return what a `grpcurl …` asks for.

    Raises SystemExit for a flag that is not known, KeyError for a service or method that its contract does not have,
    json_format.ParseError for JSON that is no such message.
    """
    parser = argparse.ArgumentParser(prog="grpcurl", allow_abbrev=False)
    parser.add_argument("-plaintext", action="store_true")
    parser.add_argument("-H", action="append", default=[])
    for name in ("-cacert", "-cert", "-key", "-import-path", "-proto"):
        parser.add_argument(name)
    parser.add_argument("-max-time", required=True)
    parser.add_argument("-d", required=True)
    parser.add_argument("address")
    parser.add_argument("method")
    given = parser.parse_args(words[1:])
    contract = Path(given.import_path) / given.proto
    assert (ROOT / contract).is_file(), f"there is no contract {contract}"
    file = importlib.import_module(f"protos.anpr.v1.{contract.stem}_pb2").DESCRIPTOR
    service, _, name = given.method.partition("/")
    method = file.services_by_name[service.removeprefix(f"{file.package}.")].methods_by_name[name]
    request = json_format.Parse(given.d, GetMessageClass(method.input_type)(), descriptor_pool=Default())
    return GrpcurlCall(given=given, method=method, request=request)
