"""The dashboard of the cameras: ours, and those that read by themselves."""

from __future__ import annotations

from grafana_foundation_sdk.builders.dashboard import Dashboard

from deploy.grafana.panels import CAMERA, NODE, Part, Query, board, graph, listing, quantiles, rate, share


def cameras() -> Dashboard:
    every = [
        listing(
            "Every camera",
            "Silent ones first when sorted by the first column.",
            (f"anpr:camera_silent{CAMERA}", "silent"),
            (f"anpr:camera_placed{CAMERA}", "placed here"),
            (f"time() - anpr_camera_last_frame_seconds{CAMERA}", "seconds since its last frame"),
            (f"rate(anpr_frames_total{CAMERA}[5m])", "frames a second"),
            (f"3600 * rate(anpr_reads_total{CAMERA}[1h])", "reads an hour"),
            (f"rate(anpr_frames_dropped_total{CAMERA}[5m])", "frames shed a second"),
            (f"anpr_camera_not_admitted{CAMERA}", "may not run"),
            by=("node", "camera"),
        ),
        graph("Silent cameras", "1 while a camera gives no frames.", (f"anpr:camera_silent{CAMERA}", "{{camera}}")),
        graph(
            "State",
            "How many cameras are in each state.",
            (f"sum by (state) (anpr_camera_state{CAMERA})", "{{state}}"),
            stacked=True,
        ),
    ]
    frames = [
        graph("Frames", "Decoded in a second.", rate("anpr_frames_total", by="camera", chosen=CAMERA), unit="cps"),
        graph(
            "Shed",
            "Share of frames dropped unseen, the oldest first.",
            share("anpr_frames_dropped_total", "anpr_frames_total", by="camera", chosen=CAMERA),
            unit="percentunit",
        ),
        graph(
            "Looked at",
            "Frames given to the detector in a second.",
            rate("anpr_frames_looked_at_total", by="camera", chosen=CAMERA),
            unit="cps",
        ),
        graph(
            "Not looked at",
            "Share of frames by why: never decoded because the stream told of no motion, decoded and nothing moved, or"
            " too soon after the last. On a quiet road nearly all are of the first two.",
            _share_of("anpr_frames_undecoded_total", "never decoded"),
            _share_of("anpr_frames_quiet_total", "nothing moved"),
            _share_of("anpr_frames_between_looks_total", "too soon"),
            unit="percentunit",
        ),
        graph(
            "Waiting",
            "Frames in the buffer, and batches under inference.",
            (f"anpr_buffered_frames{CAMERA}", "{{camera}} frames"),
            (f"anpr_batches_in_flight{CAMERA}", "{{camera}} batches"),
        ),
    ]
    faults = [
        graph(
            "Faults of the stream",
            "In a second.",
            rate("anpr_decode_faults_total", by="camera", chosen=CAMERA, each="{{camera}} not decoded"),
            rate("anpr_reconnects_total", by="camera", chosen=CAMERA, each="{{camera}} opened again"),
            rate("anpr_stalls_total", by="camera", chosen=CAMERA, each="{{camera}} went silent"),
            rate("anpr_clock_jumps_total", by="camera", chosen=CAMERA, each="{{camera}} clock jumped"),
            unit="cps",
        ),
        graph(
            "Processor",
            "Of the camera's own actor: decoding, the motion gate, tracking. 1 is a whole core.",
            (
                'sum by (actor) (rate(anpr_process_cpu_seconds_total{actor=~"camera-.*", node=~"$node"}'
                "[$__rate_interval]))",
                "{{actor}}",
            ),
            unit="percentunit",
        ),
        graph(
            "May not run",
            "1 for a camera without an approved impact assessment that is in date; and how often in a day one was"
            " stopped while it ran, because its assessment expired or was withdrawn.",
            (f"anpr_camera_not_admitted{CAMERA}", "{{camera}}"),
            (f"increase(anpr_camera_halts_total{CAMERA}[1d])", "{{camera}} stopped"),
        ),
        graph(
            "Reads",
            "In a second; and those of a camera in a vehicle whose position then is not known.",
            rate("anpr_reads_total", by="camera", chosen=CAMERA),
            rate("anpr_positions_missing_total", by="camera", chosen=CAMERA, each="{{camera}} without a place"),
            unit="cps",
        ),
        graph(
            "Frame to journal",
            "From decoding the frame that ended a passage to its durable read; 95 of 100 are faster.",
            *quantiles("anpr_frame_to_journal_seconds", by="camera", chosen=CAMERA, of=(0.95,)),
            unit="s",
        ),
    ]
    posting = [
        listing(
            "Every sender",
            "Cameras that read by themselves and post here: when a message was last taken, and how long a silence is an"
            " alert.",
            (f"time() - anpr_join_last_message_seconds{NODE}", "seconds since its last message"),
            (f"anpr_join_silent_after_seconds{NODE}", "silent after seconds"),
            (
                'sum by (node, sender) (3600 * rate(anpr_join_messages_total{outcome="taken", node=~"$node"}[1h]))',
                "messages taken an hour",
            ),
            by=("node", "sender"),
        ),
        graph(
            "Messages",
            "By what became of them, in a second. Their reads are among those of the cameras, as join: and the sender.",
            rate("anpr_join_messages_total", by="sender, outcome"),
            unit="cps",
        ),
        graph(
            "Time of a message",
            "From its head to the answer, when its reads are durable.",
            *quantiles("anpr_join_seconds", by="sender", of=(0.5, 0.95)),
            unit="s",
        ),
    ]
    parts = [
        ("Cameras", every),
        ("What they give", frames),
        ("Faults and load", faults),
        ("Cameras that read by themselves", posting),
    ]
    says = "Which cameras see the road, which are silent, and which have more than their node can read."
    made = [Part(title=title, panels=of) for title, of in parts]
    return board("ANPR cameras", "anpr-cameras", says, made, cameras=True)


def _share_of(held_back: str, why: str) -> Query:
    expression, called = share(held_back, "anpr_frames_total", by="camera", chosen=CAMERA)
    return expression, f"{called} {why}"
