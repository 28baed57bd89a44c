"""The metrics that nobody counts, declared once beside those of `metrics.py`: the node's endpoint looks their values up
whenever it is asked, so nothing of what is gone is left to tell. Labels are bounded as there.
"""

from __future__ import annotations

from typing import NamedTuple


class LookedUp(NamedTuple):
    """A metric that is looked up."""

    name: str
    documentation: str
    labels: tuple[str, ...] = ()


REVOCATIONS_DUE = LookedUp(
    "anpr_revocations_due_seconds", "When the list of revoked certificates should be replaced (Unix time)"
)
SHARE_BACKLOG_LIMIT = LookedUp(
    "anpr_share_backlog_limit_bytes",
    "Disk that may be held for reads not yet sent; beyond it the oldest are not sent",
)
NODE_LEFT = LookedUp("anpr_node_left", "1 for a node of the cluster that was asked to leave and has left", ("at",))
NODE = LookedUp("anpr_node_info", "Always 1: the node's name and the version that runs there", ("node", "version"))
CAMERA_PLACED = LookedUp(
    "anpr_camera_placed", "1 where the driver has placed the camera, 0 where it no longer does", ("camera", "at")
)
PROCESS_CPU = LookedUp("anpr_process_cpu_seconds_total", "Processor time of the actor's process", ("actor",))
PROCESS_MEMORY = LookedUp("anpr_process_resident_bytes", "Memory that the actor's process holds", ("actor",))
PROCESS_FILES = LookedUp("anpr_process_open_files", "File descriptors that the actor's process holds", ("actor",))
DISK_FREE = LookedUp("anpr_disk_free_bytes", "Bytes that are left where this part of the node writes", ("part",))
DISK_SIZE = LookedUp("anpr_disk_size_bytes", "Size of the disk that this part of the node writes to", ("part",))
CERTIFICATE_EXPIRY = LookedUp(
    "anpr_certificate_expiry_seconds", "When the first certificate of a file expires (Unix time)", ("certificate",)
)
HOTLIST_LIST_ENTRIES = LookedUp(
    "anpr_hotlist_list_entries", "Entries of each list; of those that are not for everybody together", ("hotlist",)
)
HOTLIST_REVIEW_OVERDUE = LookedUp(
    "anpr_hotlist_review_overdue",
    "1 for a list whose owner should have reviewed it; one line for those that are not for everybody",
    ("hotlist",),
)
JOIN_LAST_MESSAGE = LookedUp(
    "anpr_join_last_message_seconds",
    "When a message of the sender was last taken; before the first, since when one is waited for (Unix time)",
    ("sender",),
)
JOIN_SILENT_AFTER = LookedUp(
    "anpr_join_silent_after_seconds",
    "How long a sender may send nothing that is taken before it is an alert",
    ("sender",),
)
