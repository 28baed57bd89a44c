"""The dashboards of what the system does: overview and recognition quality."""

from __future__ import annotations

from grafana_foundation_sdk.builders.dashboard import Dashboard

from deploy.grafana.panels import CAMERA, NODE, Part, board, graph, number, quantiles, rate, share

BUDGETS = {
    "capture-continuity": 0.005,
    "frame-to-alert": 0.01,
    "journal-to-searchable": 0.05,
    "national-lag": 0.01,
    "search-latency": 0.05,
}
"""What each objective allows; the alerts of burn-rates.yml have the same figures."""


def overview() -> Dashboard:
    now = [
        number("Nodes that answer", "Nodes whose metrics endpoint answers.", 'sum(up{job="anpr", node=~"$node"})'),
        number(
            "Cameras capturing", "Cameras that gave a frame in the last minute.", f"sum(anpr:camera_capturing{NODE})"
        ),
        number(
            "Cameras silent", "Cameras that should give frames and give none.", f"sum(anpr:camera_silent{NODE})", red=1
        ),
        number("Reads a minute", "Reads made durable.", f"60 * sum(rate(anpr_reads_total{NODE}[$__rate_interval]))"),
        number(
            "Alerts nobody has seen",
            "Open alerts of vehicles of interest that nobody has marked as seen.",
            f"sum(anpr_alerts_unacknowledged{NODE})",
            amber=1,
            red=5,
        ),
        number(
            "Alarms",
            "Alerts of Prometheus that are firing.",
            'count(ALERTS{alertstate="firing", node=~"$node"}) or vector(0)',
            amber=1,
            red=5,
        ),
    ]
    objectives = [
        graph(
            "What went wrong in the last hour",
            "By objective: 0 is all well. The worst node is shown.",
            (f"max by (objective) (anpr:objective_errors:ratio1h{NODE})", "{{objective}}"),
            unit="percentunit",
            width=24,
        ),
        *(
            number(
                name.replace("-", " ").capitalize(),
                f"Budget of 30 days that is left; {budget:.1%} may go wrong.",
                f'1 - max(avg_over_time(anpr:objective_errors:ratio1h{{objective="{name}", node=~"$node"}}[30d]))'
                f" / {budget}",
                unit="percentunit",
                amber=0.5,
                red=0.0,
                low_is_bad=True,
            )
            for name, budget in BUDGETS.items()
        ),
    ]
    flow = [
        graph(
            "Frames",
            "That came; that were looked at; shed because the node cannot keep up. Why others are not looked at:"
            " dashboard of the cameras.",
            rate("anpr_frames_total", by="node", each="{{node}} came"),
            rate("anpr_frames_looked_at_total", by="node", each="{{node}} looked at"),
            rate("anpr_frames_dropped_total", by="node", each="{{node}} shed"),
            unit="cps",
        ),
        graph(
            "Plates, reads and hits",
            "In a second.",
            rate("anpr_plates_total", by="node", each="{{node}} plates"),
            rate("anpr_reads_total", by="node", each="{{node}} reads"),
            rate("anpr_hits_total", by="kind", each="hits {{kind}}"),
            unit="cps",
        ),
        graph(
            "Frame to journal",
            "From decoding the frame that ended a passage to its durable read.",
            *quantiles("anpr_frame_to_journal_seconds"),
            unit="s",
        ),
        graph(
            "Time of a stage",
            "One call of each stage, 95 of 100 are faster.",
            *quantiles("anpr_stage_seconds", by="stage", of=(0.95,)),
            unit="s",
        ),
    ]
    use = [
        graph(
            "Busy share of a stage",
            "Utilisation: 1 is one call under way all the time.",
            rate("anpr_stage_seconds_sum", by="node, stage"),
            unit="percentunit",
        ),
        graph(
            "Calls in a stage",
            "Saturation: calls that somebody waits for, under way or waiting for their turn. Of those that follow the"
            " journal, how far they are behind says it.",
            (f"sum by (node, stage) (anpr_stage_in_progress{NODE})", "{{node}} {{stage}}"),
        ),
        graph(
            "Waiting before inference",
            "Saturation: frames in the cameras' buffers, and batches they have asked for.",
            (f"sum by (node) (anpr_buffered_frames{NODE})", "{{node}} frames"),
            (f"sum by (node) (anpr_batches_in_flight{NODE})", "{{node}} batches"),
        ),
        graph(
            "Errors",
            "What failed and was tried again, in a second.",
            rate("anpr_consumer_failures_total", by="consumer"),
            rate("anpr_journal_retries_total", by="node", each="{{node}} journal refused"),
            rate("anpr_inference_failures_total", by="node", each="{{node}} inference away"),
            rate("anpr_decode_faults_total", by="node", each="{{node}} not decoded"),
            unit="cps",
        ),
    ]
    parts = [("Now", now), ("Objectives", objectives), ("The flow", flow), ("Use, saturation, errors", use)]
    says = "Is all well? Red numbers first, then the objective that burns, then the stage that is busy or waits."
    return board("ANPR overview", "anpr-overview", says, [Part(title=title, panels=of) for title, of in parts])


def recognition() -> Dashboard:
    sure = [
        graph(
            "How sure the reader is",
            "Confidence of reads: the middle, and what one in ten is below.",
            *quantiles("anpr_read_confidence", by="camera", chosen=CAMERA, of=(0.1, 0.5)),
            unit="percentunit",
        ),
        graph(
            "Drift",
            "How far this hour's confidences are from the week's: 0 the same, 1 nothing in common.",
            (f"anpr:read_confidence:drift{CAMERA}", "{{camera}}"),
        ),
        graph(
            "Sightings of a read",
            "How many looks it was voted from.",
            share("anpr_read_sightings_sum", "anpr_read_sightings_count", by="camera", chosen=CAMERA),
        ),
        graph(
            "Marks of no British layout",
            "Share of the last hour's reads. Foreign traffic does that too.",
            (f"anpr:unknown_layouts:share1h{CAMERA}", "{{camera}}"),
            unit="percentunit",
        ),
    ]
    plates = [
        graph(
            "Reads by layout",
            "In a second.",
            rate("anpr_reads_by_syntax_total", by="syntax", chosen=CAMERA),
            unit="cps",
            stacked=True,
        ),
        graph(
            "Plates", "Found in frames, in a second.", rate("anpr_plates_total", by="camera", chosen=CAMERA), unit="cps"
        ),
        graph(
            "Illegible plates",
            "Share of plates worth reading whose text could not be read: focus, light, distance.",
            share("anpr_plates_illegible_total", "anpr_plates_read_total", by="camera", chosen=CAMERA),
            unit="percentunit",
        ),
        graph(
            "Passages without a read",
            "By reason, in a second.",
            rate("anpr_passages_rejected_total", by="reason", chosen=CAMERA),
            unit="cps",
        ),
    ]
    work = [
        graph(
            "Time of the networks",
            "One call for a batch.",
            *quantiles("anpr_stage_seconds", by="stage", chosen='{stage=~"detect|recognise", node=~"$node"}'),
            unit="s",
        ),
        graph(
            "Frames in a batch", "On the average.", share("anpr_batch_frames_sum", "anpr_batch_frames_count", by="node")
        ),
    ]
    parts = [("How sure", sure), ("Plates and marks", plates), ("The networks", work)]
    says = "How good the reads look. Whether they are right needs ground truth, which no metric has."
    made = [Part(title=title, panels=of) for title, of in parts]
    return board("ANPR recognition quality", "anpr-recognition", says, made, cameras=True)
