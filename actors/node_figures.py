"""What the node's endpoint looks up when it is asked: its processes, disks and certificates, its name, its lists,
and when it last heard of the cameras that read by themselves.

On failure: what cannot be looked up (a process that just ended, a certificate that is being replaced) is left out of
this answer; an alert notices what stays away.
"""

from __future__ import annotations

import os
import shutil
import socket
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path

from cryptography import x509
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric

from actors.senders import THIS_MACHINE, SenderLine
from actors.versions import version
from pipeline import looked_up
from pipeline.access.callers.revocations import due_of
from pipeline.clock import SystemClock
from pipeline.errors import AnprError
from pipeline.looked_up import LookedUp
from pipeline.match.lists.catalogue import lists_in
from pipeline.settings import Settings

Values = Iterable[tuple[tuple[str, ...], float]]
_RESTRICTED = "(restricted)"
"""No list can be called so."""
_TICKS, _PAGE_BYTES = os.sysconf("SC_CLK_TCK"), os.sysconf("SC_PAGE_SIZE")


def node_figures(settings: Settings, actors: Mapping[str, str], senders: Sequence[SenderLine] = ()) -> Iterator[Metric]:
    """Yield the families; `actors` are those of the living processes, by process id, `senders` all of the cluster."""
    node = settings.metrics.node or socket.gethostname()
    yield _family(looked_up.NODE, [((node, version()), 1.0)])
    processes = {actor: figures for pid, actor in actors.items() if (figures := _process(pid))}
    for at, figure in enumerate((looked_up.PROCESS_CPU, looked_up.PROCESS_MEMORY, looked_up.PROCESS_FILES)):
        yield _family(figure, [((actor,), figures[at]) for actor, figures in processes.items()])
    disks = {part: shutil.disk_usage(folder) for part, folder in _folders(settings).items()}
    yield _family(looked_up.DISK_FREE, [((part,), disk.free) for part, disk in disks.items()])
    yield _family(looked_up.DISK_SIZE, [((part,), disk.total) for part, disk in disks.items()])
    yield _family(looked_up.CERTIFICATE_EXPIRY, _certificates(settings))
    for declared, values in _lists(settings).items():
        yield _family(declared, values)
    if settings.services.revocations_file:
        yield _family(looked_up.REVOCATIONS_DUE, _revocations(settings.services.revocations_file))
    if settings.share.peer or settings.join.back_offices:
        yield _family(looked_up.SHARE_BACKLOG_LIMIT, [((), settings.share.most_backlog_mebibytes * 2.0**20)])
    if settings.join.enabled:
        # who posted here last tells of a sender, and of one that nobody has heard everybody does
        own = [one for one in senders if one.node in ("", node, THIS_MACHINE)]
        yield _family(looked_up.JOIN_LAST_MESSAGE, [((one.sender,), one.since.timestamp()) for one in own])
        limits = {name: one.silent_after_seconds for name, one in settings.join.senders.items()}
        yield _family(looked_up.JOIN_SILENT_AFTER, [((name,), seconds) for name, seconds in limits.items()])


def _family(declared: LookedUp, values: Values) -> Metric:
    counted = declared.name.endswith("_total")
    kind = CounterMetricFamily if counted else GaugeMetricFamily
    family = kind(declared.name, declared.documentation, labels=declared.labels)
    for labels, value in values:
        family.add_metric(labels, value)
    return family


def _process(pid: str) -> tuple[float, float, float] | None:
    """Return seconds of processor, resident bytes and open files of a process; None once it is gone."""
    here = Path("/proc", pid)
    try:
        # the name, in brackets, may hold anything; the fields are counted from behind it (proc(5))
        fields = (here / "stat").read_text().rpartition(")")[2].split()
        pages = int((here / "statm").read_text().split()[1])
        return (int(fields[11]) + int(fields[12])) / _TICKS, pages * _PAGE_BYTES, len(list((here / "fd").iterdir()))
    except (OSError, IndexError):
        return None


def _folders(settings: Settings) -> dict[str, Path]:
    """Return where the node writes, by a name that says no path."""
    store = settings.store.url_in(settings.folder)
    named = {"folder": Path(settings.folder), "memory": Path("/dev/shm")}
    if "://" not in store:
        named["store"] = Path(store)
    return {part: folder for part, folder in named.items() if folder.is_dir()}


def _lists(settings: Settings) -> dict[LookedUp, Values]:
    """Return entries and overdue reviews by list. Of a list that is not for everybody not even the name is told: it has
    a part in one line for all of them, from the moment on at which it became one of them."""
    entries: Counter[str] = Counter()
    overdue: Counter[str] = Counter()
    today = SystemClock().now().date()
    with suppress(AnprError):
        for one in lists_in(settings.match.hotlists_folder(settings.folder)):
            name = one.hotlist_id if one.is_for_everybody else _RESTRICTED
            entries[name] += one.entries
            overdue[name] |= one.review_is_overdue(today)
    return {
        declared: [((name,), float(value)) for name, value in by_list.items()]
        for declared, by_list in (
            (looked_up.HOTLIST_LIST_ENTRIES, entries),
            (looked_up.HOTLIST_REVIEW_OVERDUE, overdue),
        )
    }


def _certificates(settings: Settings) -> Values:
    services, share, join = settings.services, settings.share, settings.join
    files = {
        "services": services.certificate_file,
        "services-authorities": services.client_authorities_file,
        "share": share.certificate_file,
        "share-authorities": share.authorities_file,
        "join": join.certificate_file,
    } | {f"back-office-{name}": one.certificate_file for name, one in join.back_offices.items()}
    for name, file in files.items():
        try:
            expiries = [one.not_valid_after_utc for one in x509.load_pem_x509_certificates(Path(file).read_bytes())]
        except (OSError, ValueError):
            continue
        yield (name,), min(expiries).timestamp()


def _revocations(file: str) -> Values:
    with suppress(OSError, ValueError):
        if due := due_of(Path(file).read_bytes()):
            yield (), due.timestamp()
