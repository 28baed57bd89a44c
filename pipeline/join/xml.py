"""XML from strangers, as a tree.

Parsed by defusedxml, which refuses document types, entities and external references: an entity that expands to
gigabytes and one that reads a file of this machine are both valid XML. Depth and number of elements are bounded while
parsing, because a tree of a hundred bytes an element grows out of four.

On failure: BadInput says what is wrong and where, and quotes nothing.
"""

from __future__ import annotations

from collections.abc import Iterator
from xml.etree.ElementTree import Element, ParseError, TreeBuilder

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import DefusedXMLParser

from pipeline.errors import BadInput

_DEEPEST = 64
_MOST_ELEMENTS = 20_000


class _Bounded(TreeBuilder):
    def __init__(self) -> None:
        super().__init__()
        self._depth = 0
        self._elements = 0

    def start(self, tag: str, attrs: dict[str, str], /) -> Element:
        self._depth += 1
        self._elements += 1
        if self._depth > _DEEPEST or self._elements > _MOST_ELEMENTS:
            raise BadInput(f"the XML has more than {_DEEPEST} levels or {_MOST_ELEMENTS} elements")
        return super().start(tag, attrs)

    def end(self, tag: str, /) -> Element:
        self._depth -= 1
        return super().end(tag)


def parse_xml(content: bytes) -> Element:
    """Return the root of the document in `content`."""
    parser = DefusedXMLParser(target=_Bounded(), forbid_dtd=True)
    try:
        parser.feed(content)
        root: Element = parser.close()
    except DefusedXmlException:
        raise BadInput("the XML declares a document type or entities, which are refused: send it without") from None
    except ParseError as error:
        line, column = error.position
        raise BadInput(f"the message is not well-formed XML (line {line}, column {column + 1})") from None
    except (LookupError, ValueError, AssertionError):
        # an encoding that nobody knows, characters that no encoding has, or no element at all
        raise BadInput("the message is not XML in an encoding that is known here; send UTF-8") from None
    return root


def local(element: Element) -> str:
    """Return an element's name without its namespace: makers disagree about those, and about prefixes."""
    return str(element.tag).rpartition("}")[2]


def within(element: Element, name: str) -> Iterator[Element]:
    """Yield the elements called `name` at any depth in `element`, in order."""
    return (one for one in element.iter() if local(one) == name)


def text_of(element: Element, name: str) -> str:
    """Return the text of the first element called `name` in `element`, stripped; empty where there is none."""
    found = next(within(element, name), None)
    return (found.text or "").strip() if found is not None else ""
