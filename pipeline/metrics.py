"""Every metric that is counted, declared once; those that are looked up are in `looked_up.py`. Labels are bounded and
never hold a VRM, a location or a URL.

`camera` is the feed's name in the settings, or `join:` and the name of a sender that reads by itself. In a cluster the
actors of a node share one folder of counters (under `PROMETHEUS_MULTIPROC_DIR`, set by the topology), so counts outlive
an actor that dies and gauges of the dead vanish.
"""

from __future__ import annotations

import os
from pathlib import Path

from prometheus_client import Counter, Gauge, Histogram

from pipeline.domain.plate import HeldBack

_FOLDER_VARIABLE = "PROMETHEUS_MULTIPROC_DIR"
_RAYLET = os.environ.get("RAY_RAYLET_PID", "")
if _FOLDER_VARIABLE in os.environ:
    # several nodes may be on one machine, and an actor may come back on another one: it counts where it runs
    _folder = Path(os.environ[_FOLDER_VARIABLE])
    _folder = _folder if _folder.name == _RAYLET else _folder / _RAYLET
    _folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    os.environ[_FOLDER_VARIABLE] = str(_folder)

_LATENCY = (0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 30.0)
_STAGE = (0.0001, 0.0002, 0.0005, *_LATENCY)
"""What is done for each frame takes less than a millisecond."""
_TO_ALERT = (*(one for one in _LATENCY if one <= 1.0), 1.5, 2.0, 3.0, 5.0, 10.0, 30.0)
"""The objective is 2 s, and what is usual lies just below it."""
_WAITING = (0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 30.0, 60.0, 300.0, 1800.0)
_CONFIDENCE = (0.5, 0.6, 0.7, 0.8, 0.85, 0.9, 0.93, 0.95, 0.97, 0.98, 0.99, 0.995, 0.999, 1.0)

FRAMES = Counter("anpr_frames", "Frames that came from the feed", ["camera"])
FRAMES_DROPPED = Counter("anpr_frames_dropped", "Frames shed by the latest-frame buffer, the oldest first", ["camera"])
FRAMES_QUIET = Counter("anpr_frames_quiet", "Frames the motion gate held back: nothing moved", ["camera"])
FRAMES_UNDECODED = Counter(
    "anpr_frames_undecoded", "Frames of a quiet road that were never decoded: the stream told of no motion", ["camera"]
)
FRAMES_BETWEEN = Counter(
    "anpr_frames_between_looks",
    "Frames of a moving road that are not looked at: they came too soon",
    ["camera"],
)
FRAMES_LOOKED_AT = Counter("anpr_frames_looked_at", "Frames given to the detector", ["camera"])
FRAMES_HELD_BACK = {
    HeldBack.QUIET: FRAMES_QUIET,
    HeldBack.UNDECODED: FRAMES_UNDECODED,
    HeldBack.BETWEEN: FRAMES_BETWEEN,
}
DECODE_FAULTS = Counter("anpr_decode_faults", "Packets or frames that could not be decoded", ["camera"])
RECONNECTS = Counter("anpr_reconnects", "Times the feed had to be opened again", ["camera"])
STALLS = Counter("anpr_stalls", "Times the feed went silent for longer than allowed", ["camera"])
CLOCK_JUMPS = Counter("anpr_clock_jumps", "Times the stream's timestamps jumped and were anchored anew", ["camera"])
CAMERA_STATE = Gauge(
    "anpr_camera_state", "1 for the state the feed is in", ["camera", "state"], multiprocess_mode="livemostrecent"
)
CAMERA_NOT_ADMITTED = Gauge(
    "anpr_camera_not_admitted",
    "1 for a camera that may not run: it has no approved impact assessment that is in date",
    ["camera"],
    multiprocess_mode="livemostrecent",
)
CAMERA_HALTS = Counter(
    "anpr_camera_halts", "Times a running camera was stopped: its assessment expired or was withdrawn", ["camera"]
)
CAMERA_LAST_FRAME = Gauge(
    "anpr_camera_last_frame_seconds",
    "When the newest frame of the feed was decoded (Unix time)",
    ["camera"],
    multiprocess_mode="livemostrecent",
)
POSITIONS_MISSING = Counter(
    "anpr_positions_missing", "Reads of a camera in a vehicle whose position then is not known", ["camera"]
)
CAMERAS_UNPLACED = Gauge(
    "anpr_cameras_unplaced", "Cameras of the cluster that no node runs", multiprocess_mode="livemostrecent"
)
DRIVER_HEARD = Gauge(
    "anpr_driver_heard_seconds",
    "When the driver (anpr run) last told this node how everything is (Unix time)",
    multiprocess_mode="livemostrecent",
)
BUFFERED_FRAMES = Gauge(
    "anpr_buffered_frames", "Frames waiting in the camera's buffer", ["camera"], multiprocess_mode="livemostrecent"
)
BATCHES_IN_FLIGHT = Gauge(
    "anpr_batches_in_flight", "Batches of this camera under inference", ["camera"], multiprocess_mode="livemostrecent"
)
BATCH_FRAMES = Histogram("anpr_batch_frames", "Frames in a batch given to the detector", buckets=(1, 2, 4, 8, 16, 32))
STAGE_SECONDS = Histogram("anpr_stage_seconds", "Time of one call of a stage", ["stage"], buckets=_STAGE)
STAGE_IN_PROGRESS = Gauge(
    "anpr_stage_in_progress",
    "Calls of a stage that somebody waits for, under way or waiting for their turn",
    ["stage"],
    multiprocess_mode="livesum",
)
INFERENCE_FAILURES = Counter(
    "anpr_inference_failures", "Batches whose inference failed and was tried again", ["camera"]
)
PLATES = Counter("anpr_plates", "Plates found in frames", ["camera"])
PLATES_READ = Counter("anpr_plates_read", "Plates found that were worth reading", ["camera"])
PLATES_ILLEGIBLE = Counter("anpr_plates_illegible", "Plates worth reading whose text could not be read", ["camera"])
PASSAGES_REJECTED = Counter("anpr_passages_rejected", "Passages that gave no read, by reason", ["camera", "reason"])
READS = Counter("anpr_reads", "Reads made durable", ["camera"])
READS_BY_SYNTAX = Counter(
    "anpr_reads_by_syntax", "Reads by the layout of their mark; unknown fits no British one", ["camera", "syntax"]
)
READ_CONFIDENCE = Histogram(
    "anpr_read_confidence", "How sure the reader was of each read (0 to 1)", ["camera"], buckets=_CONFIDENCE
)
READ_SIGHTINGS = Histogram(
    "anpr_read_sightings", "Sightings that a read was voted from", ["camera"], buckets=(1, 2, 3, 5, 8, 12, 20, 40, 80)
)
FRAME_TO_JOURNAL = Histogram(
    "anpr_frame_to_journal_seconds",
    "From decoding the frame that ended a passage to its durable read",
    ["camera"],
    buckets=_TO_ALERT,
)
JOURNAL_RETRIES = Counter("anpr_journal_retries", "Appends that failed and were tried again", ["camera"])
JOURNAL_OFFSET = Gauge("anpr_journal_offset", "Offset of the newest durable read", multiprocess_mode="livemostrecent")
JOURNAL_LAG = Gauge(
    "anpr_journal_lag_reads",
    "Durable reads a consumer has yet to take",
    ["consumer"],
    multiprocess_mode="livemostrecent",
)
CONSUMER_FAILURES = Counter("anpr_consumer_failures", "Steps of a journal consumer that failed, retried", ["consumer"])
CONSUMER_ENDED = Gauge(
    "anpr_consumer_ended",
    "1 for a journal consumer that has ended before its run, with an error that no retry mends",
    ["consumer"],
    multiprocess_mode="livemostrecent",
)
CONSUMER_STEP = Gauge(
    "anpr_consumer_step_seconds",
    "When a journal consumer last ended a step, well or not (Unix time)",
    ["consumer"],
    multiprocess_mode="livemostrecent",
)
STORED = Counter("anpr_stored", "Reads committed to the store")
JOURNAL_TO_SEARCHABLE = Histogram(
    "anpr_journal_to_searchable_seconds", "From receipt of a read to when a search can find it", buckets=_WAITING
)
SEARCH_SECONDS = Histogram(
    "anpr_search_seconds", "Time of a page of a search, by how its marks are looked for", ["kind"], buckets=_LATENCY
)
STORE_FAULTS = Counter("anpr_store_faults", "Files of the store found damaged or missing", ["table"])
STORE_QUARANTINED = Gauge(
    "anpr_store_quarantined_files", "Damaged files that wait to be restored", multiprocess_mode="livemostrecent"
)
STORE_FILES = Gauge(
    "anpr_store_files", "Files that a table of the store consists of", ["table"], multiprocess_mode="livemostrecent"
)
STORE_BYTES = Gauge("anpr_store_bytes", "Bytes of those files", ["table"], multiprocess_mode="livemostrecent")
STORE_ROWS = Gauge("anpr_store_rows", "Rows in those files", ["table"], multiprocess_mode="livemostrecent")
STORE_COMPACTED = Counter("anpr_store_compacted_files", "Files replaced by merging and sorting")
ERASED = Counter("anpr_erased", "What retention has erased, by kind", ["kind"])
RETENTION_AT = Gauge(
    "anpr_retention_seconds", "When retention last ran to its end (Unix time)", multiprocess_mode="livemostrecent"
)
HITS = Counter("anpr_hits", "Hits on the hotlist", ["kind"])
HOTLIST_ENTRIES = Gauge("anpr_hotlist_entries", "Entries of the loaded hotlist", multiprocess_mode="livemostrecent")
HOTLIST_REJECTED = Counter("anpr_hotlist_rejected", "Hotlist files refused; the last good list stays in force")
HOTLIST_REVISION = Gauge(
    "anpr_hotlist_revision", "Newest revision that is published to matchers", multiprocess_mode="livemostrecent"
)
HOTLIST_REVISION_AGE = Gauge(
    "anpr_hotlist_revision_age_seconds", "Time since that revision was made", multiprocess_mode="livemostrecent"
)
HOTLIST_STALENESS = Gauge(
    "anpr_hotlist_staleness_seconds",
    "Time since whoever looks up was last certain to have the newest revision",
    multiprocess_mode="livemax",
)
HOTLIST_PUBLISH = Histogram(
    "anpr_hotlist_publish_seconds", "From finding a new revision to all shards having published it", buckets=_LATENCY
)
ALERTS_RAISED = Counter("anpr_alerts_raised", "Alerts raised, by the kind of the hit that raised them", ["kind"])
ALERTS_COLLAPSED = Counter("anpr_alerts_collapsed", "Hits that joined an alert instead of raising one")
ALERTS_ESCALATED = Counter("anpr_alerts_escalated", "Times an alert that nobody had seen went on to others")
ALERTS_UNACKNOWLEDGED = Gauge(
    "anpr_alerts_unacknowledged", "Alerts that nobody has seen", multiprocess_mode="livemostrecent"
)
ALERTS_DELIVERED = Counter("anpr_alerts_delivered", "Events of alerts delivered and acknowledged", ["channel"])
ALERT_DELIVERY_FAILURES = Counter(
    "anpr_alert_delivery_failures", "Attempts to deliver an event that failed, by webhook", ["webhook"]
)
ALERT_DELIVERY_SECONDS = Histogram(
    "anpr_alert_delivery_seconds", "Time of an attempt to deliver an event, by webhook", ["webhook"], buckets=_LATENCY
)
ALERT_DEAD_LETTERS = Counter(
    "anpr_alert_dead_letters", "Events given up and put into the dead-letter folder, by webhook", ["webhook"]
)
ALERT_WATCHES = Gauge("anpr_alert_watches", "Subscribers watching now", multiprocess_mode="livemostrecent")
ALERT_WATCHES_CUT_OFF = Counter("anpr_alert_watches_cut_off", "Subscribers cut off because they acknowledged nothing")
SHARE_LAG_SECONDS = Gauge(
    "anpr_share_lag_seconds",
    "Age of the oldest read that has not arrived at the peer",
    ["peer"],
    multiprocess_mode="livemostrecent",
)
SHARE_LAG_READS = Gauge(
    "anpr_share_lag_reads", "Reads that have not arrived at the peer", ["peer"], multiprocess_mode="livemostrecent"
)
SHARE_SENT = Counter("anpr_share_sent", "Reads that the peer answered for, by what became of them", ["peer", "outcome"])
SHARE_BATCH_SECONDS = Histogram(
    "anpr_share_batch_seconds",
    "From sending a batch to the peer's answer that it is durable",
    ["peer"],
    buckets=_LATENCY,
)
SHARE_FAILURES = Counter("anpr_share_failures", "Batches that did not arrive and were sent again", ["peer"])
SHARE_QUARANTINED = Gauge(
    "anpr_share_quarantined",
    "Reads that the peer did not take, put aside",
    ["peer"],
    multiprocess_mode="livemostrecent",
)
SHARE_BACKLOG_BYTES = Gauge(
    "anpr_share_backlog_bytes",
    "Disk that is held for reads not yet sent",
    ["peer"],
    multiprocess_mode="livemostrecent",
)
SHARE_STREAMED = Counter("anpr_share_streamed", "Reads told in streams under an agreement", ["organisation"])
SHARE_HOTLISTS_HEARD = Gauge(
    "anpr_share_hotlists_heard_seconds",
    "When the peer last said that these are its newest lists (Unix time)",
    ["peer"],
    multiprocess_mode="livemostrecent",
)
INTAKE_READS = Counter(
    "anpr_intake_reads", "Reads that others offered, by what became of them", ["organisation", "outcome"]
)
INTAKE_LANDED = Gauge(
    "anpr_intake_landed",
    "Reads of others that are durable and not yet in the journal",
    multiprocess_mode="livemostrecent",
)
INTAKE_CLOCK_OFFSET = Gauge(
    "anpr_intake_clock_offset_seconds",
    "Our clock less the sender's, with the time the batch took to come",
    ["organisation"],
    multiprocess_mode="livemostrecent",
)
READ_TO_ALERT = Histogram(
    "anpr_read_to_alert_seconds", "From making a read to the durable alert of its hit", buckets=_LATENCY
)
FRAME_TO_ALERT = Histogram(
    "anpr_frame_to_alert_seconds",
    "From the capture of a live, fresh read's pictured frame to the durable alert of its hit",
    buckets=_TO_ALERT,
)
SERVICE_REQUESTS = Counter(
    "anpr_service_requests", "Calls of the gRPC services that have ended, by their code", ["service", "method", "code"]
)
SERVICE_SECONDS = Histogram("anpr_service_seconds", "Time of one call", ["service", "method"], buckets=_LATENCY)
SERVICE_IN_PROGRESS = Gauge(
    "anpr_service_in_progress", "Calls and streams under way", ["service"], multiprocess_mode="livesum"
)
SERVICE_CERTIFICATE_EXPIRES = Gauge(
    "anpr_service_certificate_expires_seconds",
    "When the services' certificate expires (Unix time)",
    multiprocess_mode="livemostrecent",
)
SERVICE_SIGN_INS_FAILED = Counter(
    "anpr_service_sign_ins_failed",
    "Calls that did not show who calls, by what was wrong: certificate, token; too-often: turned away unseen",
    ["by"],
)
AUDIT_ENTRIES = Counter(
    "anpr_audit_entries", "Entries of the audit log, by the operation they tell of", ["operation", "outcome"]
)
AUDIT_FAILURES = Counter("anpr_audit_failures", "Times the audit log could not be written: nothing was answered then")
JOIN_MESSAGES = Counter(
    "anpr_join_messages",
    "Messages of other makers' cameras, by what became of them: taken, put-aside, refused, denied, too-fast, failed",
    ["sender", "outcome"],
)
JOIN_SECONDS = Histogram(
    "anpr_join_seconds", "From the head of a sender's message to its answer", ["sender"], buckets=_LATENCY
)
ACTOR_STARTS = Counter("anpr_actor_starts", "Starts of an actor; all but the first are restarts", ["actor"])
