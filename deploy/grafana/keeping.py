"""The dashboards of what is kept and what it runs on: the store, sharing, Ray and nodes."""

from __future__ import annotations

from grafana_foundation_sdk.builders.dashboard import Dashboard

from deploy.grafana.panels import NODE, Part, board, graph, listing, number, quantiles, rate


def store() -> Dashboard:
    writing = [
        graph(
            "Journal to searchable",
            "From receipt of a read to when a search finds it. The objective is 5 s.",
            *quantiles("anpr_journal_to_searchable_seconds"),
            unit="s",
        ),
        graph(
            "Reads behind",
            "Durable reads that each consumer has yet to take.",
            (f"anpr_journal_lag_reads{NODE}", "{{node}} {{consumer}}"),
        ),
        graph(
            "Ended for good",
            "1 for a consumer that has ended with an error that no retry mends.",
            (f"anpr_consumer_ended{NODE}", "{{node}} {{consumer}}"),
        ),
        graph(
            "Since its last step",
            "Time since a consumer came out of a step; they do several a second.",
            (f"time() - anpr_consumer_step_seconds{NODE}", "{{node}} {{consumer}}"),
            unit="s",
        ),
        graph(
            "Reads",
            "Made durable, and committed to the store; in a second.",
            rate("anpr_reads_total", by="node", each="{{node}} journal"),
            rate("anpr_stored_total", by="node", each="{{node}} store"),
            unit="cps",
        ),
        graph(
            "Time of a commit",
            "One commit of the store, one append to the journal.",
            *quantiles(
                "anpr_stage_seconds", by="stage", chosen='{stage=~"store|journal", node=~"$node"}', of=(0.5, 0.95)
            ),
            unit="s",
        ),
    ]
    searching = [
        graph(
            "Search",
            "Time of a page, by how marks are looked for; 95 of 100 are faster. The objective is 1 s.",
            *quantiles("anpr_search_seconds", by="kind", of=(0.95,)),
            unit="s",
        ),
        graph("Searches", "Pages in a second, by kind.", rate("anpr_search_seconds_count", by="kind"), unit="cps"),
    ]
    keeping = [
        number(
            "Damaged files",
            "In quarantine until they are restored.",
            f"sum(anpr_store_quarantined_files{NODE})",
            red=1,
            width=6,
        ),
        number(
            "Retention ran",
            "Time since it last ran to its end.",
            f"time() - min(last_over_time(anpr_retention_seconds{NODE}[1d]))",
            unit="s",
            amber=7200,
            red=86400,
            width=6,
        ),
        number(
            "Reads kept", "Rows of the table of reads.", 'sum(anpr_store_rows{table="reads", node=~"$node"})', width=6
        ),
        number("Last offset", "Of the journal.", f"max(anpr_journal_offset{NODE})", width=6),
        graph(
            "Bytes", "By table.", (f"sum by (table) (anpr_store_bytes{NODE})", "{{table}}"), unit="bytes", stacked=True
        ),
        graph(
            "Files",
            "By table; thousands mean that compaction is behind.",
            (f"sum by (table) (anpr_store_files{NODE})", "{{table}}"),
        ),
        graph(
            "Erased",
            "By kind, in the last day.",
            (f"sum by (kind) (increase(anpr_erased_total{NODE}[1d]))", "{{kind}}"),
        ),
        graph(
            "Compaction and damage",
            "Files merged, and files found damaged; in a second.",
            rate("anpr_store_compacted_files_total", by="node", each="{{node}} merged"),
            rate("anpr_store_faults_total", by="table", each="{{table}} damaged"),
            unit="cps",
        ),
    ]
    parts = [("Writing", writing), ("Searching", searching), ("Keeping", keeping)]
    says = "Do searches find everything, soon and quickly, and is what is past its limit erased?"
    return board("ANPR store", "anpr-store", says, [Part(title=title, panels=of) for title, of in parts])


def sharing() -> Dashboard:
    out = [
        graph(
            "Lag",
            "Age of the oldest read that has not arrived. The objective is 2 minutes.",
            (f"anpr_share_lag_seconds{NODE}", "{{node}} to {{peer}}"),
            unit="s",
        ),
        graph("Reads that wait", "Not yet arrived, by peer.", (f"anpr_share_lag_reads{NODE}", "{{node}} to {{peer}}")),
        graph(
            "Sent",
            "By what became of them, in a second.",
            rate("anpr_share_sent_total", by="peer, outcome"),
            unit="cps",
        ),
        graph(
            "Time of a batch",
            "From sending it to the answer that it is durable.",
            *quantiles("anpr_share_batch_seconds", by="peer", of=(0.5, 0.95)),
            unit="s",
        ),
        graph(
            "Failures",
            "Batches that did not arrive, in a second.",
            rate("anpr_share_failures_total", by="peer"),
            unit="cps",
        ),
        graph(
            "Put aside", "Reads that the peer did not take.", (f"anpr_share_quarantined{NODE}", "{{node}} to {{peer}}")
        ),
        graph(
            "Backlog",
            "Disk held for reads not yet sent, and its bound.",
            (f"anpr_share_backlog_bytes{NODE}", "{{node}} to {{peer}}"),
            (f"anpr_share_backlog_limit_bytes{NODE}", "{{node}} bound"),
            unit="bytes",
        ),
    ]
    taken = [
        graph(
            "Taken in",
            "Reads that others offered, by what became of them; in a second.",
            rate("anpr_intake_reads_total", by="organisation, outcome"),
            unit="cps",
        ),
        graph(
            "Not yet in the journal",
            "Reads of others that are durable here and wait to be written on.",
            (f"anpr_intake_landed{NODE}", "{{node}}"),
        ),
        graph(
            "Streamed",
            "Reads told in streams, by the organisation that an agreement gives them to; in a second.",
            rate("anpr_share_streamed_total", by="organisation"),
            unit="cps",
        ),
        graph(
            "Lists of the peer",
            "Time since it last said that we have its newest lists.",
            (f"time() - anpr_share_hotlists_heard_seconds{NODE}", "{{node}} of {{peer}}"),
            unit="s",
        ),
        graph(
            "Clocks of senders",
            "Our clock less theirs.",
            (f"anpr_intake_clock_offset_seconds{NODE}", "{{organisation}}"),
            unit="s",
            least=None,
        ),
    ]
    says = "Does the nation get its copy, and what do others send to us?"
    return board(
        "ANPR sharing",
        "anpr-sharing",
        says,
        [Part(title="Out", panels=out), Part(title="In, and streams", panels=taken)],
    )


def nodes() -> Dashboard:
    ours = [
        listing("Every node", "What runs where.", (f"anpr_node_info{NODE}", "answers"), by=("node", "version")),
        graph(
            "Restarts",
            "Starts of actors in the last hour; the first of each is none.",
            (f"sum by (actor) (increase(anpr_actor_starts_total{NODE}[1h]))", "{{actor}}"),
        ),
        graph(
            "Processor",
            "Of each actor; 1 is a whole core.",
            rate("anpr_process_cpu_seconds_total", by="actor"),
            unit="percentunit",
        ),
        graph(
            "Memory",
            "Of each actor.",
            (f"sum by (actor) (anpr_process_resident_bytes{NODE})", "{{actor}}"),
            unit="bytes",
        ),
        graph("Open files", "Of each actor.", (f"sum by (actor) (anpr_process_open_files{NODE})", "{{actor}}")),
        graph(
            "Disks",
            "Share that is left.",
            (f"anpr_disk_free_bytes{NODE} / anpr_disk_size_bytes{NODE}", "{{node}} {{part}}"),
            unit="percentunit",
        ),
    ]
    of_ray = [
        graph("Processor of the machine", "Per cent.", (f"ray_node_cpu_utilization{NODE}", "{{node}}"), unit="percent"),
        graph(
            "Memory of the machine",
            "Share that is used.",
            (f"ray_node_mem_used{NODE} / ray_node_mem_total{NODE}", "{{node}}"),
            unit="percentunit",
        ),
        graph(
            "Object store",
            "Shared memory that frames and lists lie in.",
            (f"ray_object_store_used_memory{NODE}", "{{node}} used"),
            (f"ray_object_store_available_memory{NODE}", "{{node}} left"),
            unit="bytes",
        ),
        graph("Actors", "By state, as Ray knows them.", (f"sum by (State) (ray_gcs_actors_count{NODE})", "{{State}}")),
        graph(
            "Processes of Ray",
            "Memory by component.",
            (f"sum by (Component) (ray_component_rss_mb{NODE}) * 1e6", "{{Component}}"),
            unit="bytes",
        ),
    ]
    says = "Are the nodes well, and what do their processes use?"
    return board(
        "ANPR Ray and nodes", "anpr-nodes", says, [Part(title="Nodes", panels=ours), Part(title="Ray", panels=of_ray)]
    )
