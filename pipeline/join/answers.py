"""What a sender is answered: JSON, or an envelope where it speaks SOAP.

2xx means: need not be sent again. 4xx: never send this again. 503: nothing was kept, send it again.
On failure: nothing here fails.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from xml.etree.ElementTree import Element, SubElement, tostring

from pipeline.errors import AccessDenied, AnprError, BadInput
from pipeline.join.desk import Receipt
from pipeline.join.settings import Format

_SOAP = "http://schemas.xmlsoap.org/soap/envelope/"
_RETRY_SECONDS = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """An HTTP answer."""

    status: int
    body: bytes
    content_type: str
    retry_after_seconds: int | None = None


def answer_to(format_: Format, receipt: Receipt) -> Answer:
    """Return what tells the sender of its receipt."""
    if format_ is Format.BOF2 and receipt.kept_nothing:
        return _fault(500, "soapenv:Client", "; ".join(receipt.refused))
    status = 422 if receipt.kept_nothing else 200
    told = {"taken": receipt.taken, "put_aside": receipt.put_aside, "refused": list(receipt.refused)}
    if format_ is Format.BOF2:
        return _envelope(status, "captureResponse", {"return": json.dumps(told)})
    return Answer(status=status, body=json.dumps(told).encode(), content_type="application/json")


def answer_for(error: AnprError, format_: Format | None = None) -> Answer:
    """Return what tells the sender why nothing was taken."""
    if isinstance(error, AccessDenied):
        status = 401
    elif isinstance(error, BadInput):
        status = 422
    else:
        status = 503
    return refusal(status, str(error) if status != 503 else "not now: send it again", format_)


def refusal(status: int, why: str, format_: Format | None = None, retry_after_seconds: int | None = None) -> Answer:
    """Return a refusal. SOAP wants its faults to be told with status 500, except where the sender is to come again."""
    retry = retry_after_seconds if status != 503 else retry_after_seconds or _RETRY_SECONDS
    if format_ is Format.BOF2:
        answer = _fault(status if status in (401, 413, 429, 503) else 500, _blame(status), why)
        return Answer(
            status=answer.status, body=answer.body, content_type=answer.content_type, retry_after_seconds=retry
        )
    body = json.dumps({"error": why}).encode()
    return Answer(status=status, body=body, content_type="application/json", retry_after_seconds=retry)


def _blame(status: int) -> str:
    return "soapenv:Server" if status >= 500 else "soapenv:Client"


def _fault(status: int, code: str, why: str) -> Answer:
    return _envelope(status, f"{{{_SOAP}}}Fault", {"faultcode": code, "faultstring": why})


def _envelope(status: int, name: str, told: dict[str, str]) -> Answer:
    envelope = Element(f"{{{_SOAP}}}Envelope")
    # faultcode is a qualified name in a text, whose prefix must be declared
    envelope.set("xmlns:soapenv", _SOAP)
    content = SubElement(SubElement(envelope, f"{{{_SOAP}}}Body"), name)
    for key, text in told.items():
        SubElement(content, key).text = text
    body: bytes = tostring(envelope, encoding="utf-8", xml_declaration=True)
    return Answer(status=status, body=body, content_type="text/xml; charset=utf-8")
