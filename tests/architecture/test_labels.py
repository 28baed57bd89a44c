"""The labels of metrics: each has a bounded number of values, none of which is of a vehicle, a person or a place."""

from __future__ import annotations

from tests.support.declared import labels_by_metric

BOUNDED_BY = {
    "actor": "the actors of a node, and its cameras",
    "at": "the nodes that have this camera",
    "by": "what a caller can show",
    "camera": "feeds and senders of the settings",
    "certificate": "the files of certificates that the settings name",
    "channel": "the ways in which alerts are told",
    "code": "the codes of gRPC",
    "consumer": "whoever follows the journal, and the webhooks of the settings",
    "hotlist": "the lists that are for everybody",
    "kind": "kinds of hits, of searches, of what is erased",
    "method": "the methods that are served",
    "node": "the node itself",
    "operation": "the operations that the audit log knows",
    "organisation": "organisations and senders of the settings",
    "outcome": "what can become of a read, a message, an access",
    "part": "the folders that the node writes to",
    "peer": "the peer of the settings, and their back offices",
    "reason": "the ways in which a passage gives no read",
    "sender": "senders of the settings; strangers are one",
    "service": "the services",
    "stage": "the stages",
    "state": "the states of a feed",
    "syntax": "the layouts of marks",
    "table": "the tables of the store",
    "version": "the version that runs",
    "webhook": "webhooks of the settings",
}
MOST_LABELS = 3
NAMED_BY_OTHERS = 1
"""Labels of one metric whose values settings or people choose: with two, their numbers would multiply."""
FROM_SETTINGS = {"camera", "certificate", "hotlist", "organisation", "peer", "sender", "webhook"}


def test_every_label_is_bounded_by_something() -> None:
    used = {label for labels in labels_by_metric().values() for label in labels}
    assert used - set(BOUNDED_BY) == set(), "say in the table what bounds it, or leave it away"
    assert set(BOUNDED_BY) - used == set(), "no metric has it any more"


def test_the_numbers_of_values_do_not_multiply_without_bound() -> None:
    for name, labels in labels_by_metric().items():
        assert len(labels) <= MOST_LABELS, name
        assert len(FROM_SETTINGS & set(labels)) <= NAMED_BY_OTHERS, name
