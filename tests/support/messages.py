"""Any message of a contract, as hypothesis makes them up: every field may be missing, extreme or hostile."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from google.protobuf.descriptor import Descriptor, FieldDescriptor
from google.protobuf.message import Message
from google.protobuf.message_factory import GetMessageClass
from hypothesis import strategies as st

_DEEPEST = 5
_BITS = {
    FieldDescriptor.CPPTYPE_INT32: (-(2**31), 2**31 - 1),
    FieldDescriptor.CPPTYPE_INT64: (-(2**63), 2**63 - 1),
    FieldDescriptor.CPPTYPE_UINT32: (0, 2**32 - 1),
    FieldDescriptor.CPPTYPE_UINT64: (0, 2**64 - 1),
}


def any_message(kind: type[Message], texts: Sequence[str], moments: Sequence[int]) -> st.SearchStrategy[Any]:
    """Return messages of `kind`; texts are mostly of `texts`, seconds of times mostly of `moments`."""
    return _of(kind.DESCRIPTOR, st.sampled_from(texts) | st.text(max_size=8), st.sampled_from(moments), 0)


def _of(
    descriptor: Descriptor, texts: st.SearchStrategy[str], moments: st.SearchStrategy[int], depth: int
) -> st.SearchStrategy[Any]:
    kind = GetMessageClass(descriptor)
    if descriptor.full_name == "google.protobuf.Timestamp":
        return st.builds(kind, seconds=moments, nanos=st.sampled_from((0, 1, 999_999_999)))
    fields: dict[str, st.SearchStrategy[Any]] = {}
    chosen: set[str] = set()
    for field in descriptor.fields:
        if field.message_type is not None and depth == _DEEPEST:
            continue
        if field.containing_oneof is not None and not field.containing_oneof.name.startswith("_"):
            # of those that exclude each other, the first
            if field.containing_oneof.name in chosen:
                continue
            chosen.add(field.containing_oneof.name)
        if field.message_type is not None and field.message_type.GetOptions().map_entry:
            key, value = (_value(one, texts, moments, depth) for one in field.message_type.fields)
            fields[field.name] = st.dictionaries(key, value, max_size=3)
            continue
        one = _value(field, texts, moments, depth)
        fields[field.name] = st.lists(one, max_size=3) if field.is_repeated else one
    return st.fixed_dictionaries({}, optional=fields).map(lambda given: kind(**given))


def _value(
    field: FieldDescriptor, texts: st.SearchStrategy[str], moments: st.SearchStrategy[int], depth: int
) -> st.SearchStrategy[Any]:
    if field.message_type is not None:
        return _of(field.message_type, texts, moments, depth + 1)
    if field.enum_type is not None:
        return st.sampled_from([one.number for one in field.enum_type.values]) | st.just(99)
    if field.type == FieldDescriptor.TYPE_STRING:
        return texts
    if field.type == FieldDescriptor.TYPE_BYTES:
        return st.binary(max_size=40)
    if field.type == FieldDescriptor.TYPE_BOOL:
        return st.booleans()
    if field.cpp_type in (FieldDescriptor.CPPTYPE_FLOAT, FieldDescriptor.CPPTYPE_DOUBLE):
        return st.sampled_from((0.0, 1.0, -1.0, 51.9, 181.0, 1e300, float("nan"), float("inf"))).map(
            lambda value: value if field.cpp_type == FieldDescriptor.CPPTYPE_DOUBLE else float(min(value, 1e30))
        )
    least, most = _BITS[field.cpp_type]
    return st.sampled_from((0, 1, 2, 100, most, least)) | st.integers(least, most)
