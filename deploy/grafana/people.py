"""The dashboards of what people rely on: hotlists and alerts, access and audit."""

from __future__ import annotations

from grafana_foundation_sdk.builders.dashboard import Dashboard

from deploy.grafana.panels import NODE, Part, board, graph, number, quantiles, rate


def hotlists() -> Dashboard:
    lists = [
        number(
            "Entries", "Vehicles of interest that reads are matched with.", f"max(anpr_hotlist_entries{NODE})", width=6
        ),
        number("Revision", "The newest one that is published.", f"max(anpr_hotlist_revision{NODE})", width=6),
        number(
            "Not sure for",
            "Time since the matcher was last certain to have the newest revision.",
            f"max(anpr_hotlist_staleness_seconds{NODE})",
            unit="s",
            amber=10,
            red=30,
            width=6,
        ),
        number(
            "Reviews overdue",
            "Lists whose owners should have reviewed them.",
            f"sum(anpr_hotlist_review_overdue{NODE})",
            amber=1,
            width=6,
        ),
        graph(
            "Entries of each list",
            "By list; those that are not for everybody together.",
            (f"max by (hotlist) (anpr_hotlist_list_entries{NODE})", "{{hotlist}}"),
        ),
        graph(
            "Publishing",
            "From finding a revision to all shards having it, and files refused.",
            *quantiles("anpr_hotlist_publish_seconds", of=(0.95,)),
            rate("anpr_hotlist_rejected_total", by="node", each="{{node}} refused"),
            unit="s",
        ),
        graph(
            "Age of the revision",
            "Time since the newest revision was made.",
            (f"max by (node) (anpr_hotlist_revision_age_seconds{NODE})", "{{node}}"),
            unit="s",
        ),
        graph("Hits", "By kind, in a second.", rate("anpr_hits_total", by="kind"), unit="cps"),
    ]
    alerts = [
        graph(
            "Frame to alert",
            "From the frame that a live read shows to the durable alert. The objective is 2 s.",
            *quantiles("anpr_frame_to_alert_seconds"),
            unit="s",
        ),
        graph(
            "Read to alert", "From the read to the durable alert.", *quantiles("anpr_read_to_alert_seconds"), unit="s"
        ),
        graph(
            "Alerts",
            "Raised by kind, joined to an open one, escalated; in a second.",
            rate("anpr_alerts_raised_total", by="kind"),
            rate("anpr_alerts_collapsed_total", by="node", each="{{node}} joined"),
            rate("anpr_alerts_escalated_total", by="node", each="{{node}} escalated"),
            unit="cps",
        ),
        graph(
            "Nobody has seen",
            "Open alerts that nobody has marked as seen.",
            (f"sum by (node) (anpr_alerts_unacknowledged{NODE})", "{{node}}"),
        ),
        graph(
            "Delivered",
            "Events by channel, in a second.",
            rate("anpr_alerts_delivered_total", by="channel"),
            unit="cps",
        ),
        graph(
            "Not delivered",
            "Attempts that failed, and events given up, by webhook; in a second.",
            rate("anpr_alert_delivery_failures_total", by="webhook", each="{{webhook}} failed"),
            rate("anpr_alert_dead_letters_total", by="webhook", each="{{webhook}} given up"),
            unit="cps",
        ),
        graph(
            "Time of an attempt",
            "To deliver an event to a webhook, whatever came of it. One is made at a time.",
            *quantiles("anpr_alert_delivery_seconds", by="webhook", of=(0.5, 0.95)),
            unit="s",
        ),
        graph(
            "Subscribers",
            "Watching now, and cut off because they acknowledged nothing (in a second).",
            (f"sum by (node) (anpr_alert_watches{NODE})", "{{node}} watching"),
            rate("anpr_alert_watches_cut_off_total", by="node", each="{{node}} cut off"),
        ),
    ]
    says = "Are reads matched with the newest lists, and are people told in time?"
    return board(
        "ANPR hotlist and alerts",
        "anpr-hotlist",
        says,
        [Part(title="Lists and hits", panels=lists), Part(title="Telling people", panels=alerts)],
    )


def access() -> Dashboard:
    audit = [
        graph(
            "Audit entries",
            "By operation and outcome, in a second. Who and what is in the log alone.",
            rate("anpr_audit_entries_total", by="operation, outcome"),
            unit="cps",
        ),
        graph(
            "Audit failures",
            "Times the log could not be written: nothing was answered then.",
            (f"sum by (node) (increase(anpr_audit_failures_total{NODE}[1h]))", "{{node}}"),
        ),
    ]
    services = [
        graph("Calls", "By service, in a second.", rate("anpr_service_requests_total", by="service"), unit="cps"),
        graph(
            "Calls by code",
            "How they ended; refusals of the policy are no errors.",
            rate("anpr_service_requests_total", by="service, method, code"),
            unit="cps",
        ),
        graph(
            "Time of a call",
            "95 of 100 are faster.",
            *quantiles("anpr_service_seconds", by="service", of=(0.5, 0.95)),
            unit="s",
        ),
        graph("Under way", "Calls and streams.", (f"sum by (service) (anpr_service_in_progress{NODE})", "{{service}}")),
        graph(
            "Sign-ins that failed",
            "Calls in a minute that did not show who calls, by what was wrong.",
            (f"sum by (node, by) (rate(anpr_service_sign_ins_failed_total{NODE}[5m])) * 60", "{{node}} {{by}}"),
        ),
        graph(
            "Certificates",
            "Time until the first of a file expires, and until that which the services have loaded does.",
            (f"anpr_certificate_expiry_seconds{NODE} - time()", "{{node}} {{certificate}}"),
            (f"anpr_service_certificate_expires_seconds{NODE} - time()", "{{node}} loaded"),
            unit="s",
            least=None,
        ),
    ]
    says = "Is every disclosure on record, and are the services well? No person and no vehicle is shown here."
    return board(
        "ANPR access and audit",
        "anpr-access",
        says,
        [Part(title="Audit", panels=audit), Part(title="Services", panels=services)],
    )
