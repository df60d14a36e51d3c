"""Writes the dashboard to standard output: `python deploy/grafana/dashboard.py > deploy/grafana/dashboard.json`.

Rows are an operator's questions, in the order in which they come up.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

_SOURCE: Final = {"type": "prometheus", "uid": "${source}"}
_COLUMNS, _PER_ROW, _HEIGHT = 24, 3, 8
_VENDOR: Final = "The vendor waits 2 seconds."


@dataclass(frozen=True, slots=True)
class Panel:
    """Lines over time: `queries` by what their lines are called."""

    title: str
    says: str
    queries: Mapping[str, str]
    unit: str = "short"
    limits: Mapping[float, str] = field(default_factory=dict)  # from where on a line is in a colour


def _p(share: float, histogram: str, by: str = "") -> str:
    labels = f"le, {by}" if by else "le"
    return f"histogram_quantile({share}, sum by ({labels}) (rate({histogram}_bucket[$__rate_interval])))"


def _quantiles(histogram: str) -> Mapping[str, str]:
    return {f"{100 * share:g} %": _p(share, histogram) for share in (0.5, 0.99, 0.999)}


def _rate(selector: str, by: str) -> str:
    return f"sum by ({by}) (rate({selector}[$__rate_interval]))"


_ANSWERS = 'adapter_answers_total{app=~"$app"'
_SHOULD = 'outcome=~"allowed|refused|fallback_.*"'
_RED: Final = {0.0: "green", 0.001: "orange", 0.0144: "red"}

ROWS: Final[Mapping[str, Sequence[Panel]]] = {
    "Are answers in time?": [
        Panel(
            "Late, or no verdict",
            "Of the answers that should be verdicts, the share that were late or on_failure. The budget is 0.1 %.",
            {"5 minutes": "topic_gate:bad_answers:ratio5m", "1 hour": "topic_gate:bad_answers:ratio1h"},
            "percentunit",
            _RED,
        ),
        Panel(
            "Time to answer",
            f"From a webhook's first byte. {_VENDOR}",
            _quantiles("adapter_answer_seconds"),
            "s",
            {0.0: "green", 1.5: "orange", 2.0: "red"},
        ),
        Panel(
            "Webhooks",
            "By what became of them.",
            {"{{outcome}}": _rate(f"{_ANSWERS}}}", "outcome")},
            "reqps",
        ),
        Panel(
            "Wait for a thread of the adapter",
            "From a request's last byte. What has no time to wait is answered without a thread.",
            _quantiles("adapter_queue_seconds"),
            "s",
        ),
        Panel(
            "Not the webhook",
            "404: another path; 405: another method. A wrong URL in the vendor's console shows here.",
            {"{{status}}": _rate("adapter_requests_elsewhere_total", "status")},
            "reqps",
        ),
        Panel(
            "Up", "Which of the processes Prometheus reaches.", {"{{job}} {{instance}}": 'up{job=~"adapter|decider"}'}
        ),
    ],
    "What is decided?": [
        Panel(
            "Decisions by app and verdict",
            "Enforced ones; other: an app that no document names.",
            {"{{app}} {{verdict}}": _rate('decider_decisions_total{mode="enforced"}', "app, verdict")},
            "reqps",
        ),
        Panel(
            "Refusals by rule",
            "Without a name: the default.",
            {"{{app}} {{rule}}": _rate('decider_decisions_total{mode="enforced",verdict="refuse"}', "app, rule")},
            "reqps",
        ),
        Panel(
            "Shadow",
            "What rules in shadow would have done, and where the candidate policy differs.",
            {
                "{{app}} {{rule}} {{verdict}}": _rate('decider_decisions_total{mode="shadow"}', "app, rule, verdict"),
                "candidate {{rule}} > {{candidate_rule}} {{outcome}}": _rate(
                    'decider_candidate_outcomes_total{outcome!="same"}', "rule, candidate_rule, outcome"
                ),
            },
            "reqps",
        ),
        Panel(
            "Rejected",
            "Webhooks that cannot be trusted, by reason.",
            {"{{app}} {{reason}}": _rate(f'{_ANSWERS},outcome="rejected"}}', "app, reason") + " > 0"},
            "reqps",
        ),
        Panel(
            "Limits",
            "What decisions found: room, full, or nobody knows.",
            {"{{app}} {{rule}} {{outcome}}": _rate("decider_limit_lookups_total", "app, rule, outcome")},
            "reqps",
        ),
        Panel(
            "Other webhooks",
            "Other commands of the vendor's to the one URL, and the console's check of it.",
            {
                "{{outcome}} {{reason}}": _rate(f'{_ANSWERS},outcome=~"other_command|url_check"}}', "outcome, reason")
                + " > 0"
            },
            "reqps",
        ),
    ],
    "Why is there no verdict?": [
        Panel(
            "Fallbacks by cause",
            "What the adapter could not get a verdict for, and why.",
            {"{{app}} {{reason}}": _rate(f'{_ANSWERS},outcome=~"fallback_.*"}}', "app, reason") + " > 0"},
            "reqps",
        ),
        Panel(
            "Undecided by cause",
            "What the decider had no decision on. invalid_request is the caller's doing.",
            {"{{cause}}": _rate("decider_undecided_total", "cause")},
            "reqps",
        ),
        Panel(
            "Calls not worked on",
            "By reason; calls: more than DECIDER_MAX_CALLS.",
            {"{{reason}}": _rate("decider_shed_total", "reason")},
            "reqps",
        ),
        Panel("Time to decide", "Limits included.", _quantiles("decider_decision_seconds"), "s"),
        Panel(
            "Wait for a turn at deciding",
            "From a call's arrival. Much more than the time to decide: more deciders are needed.",
            _quantiles("decider_queue_seconds"),
            "s",
        ),
        Panel(
            "Calls by caller",
            "denied: the caller is not among DECIDER_CALLERS.",
            {"{{caller}} {{outcome}}": _rate("decider_calls_total", "caller, outcome")},
            "reqps",
        ),
    ],
    "Is the policy current?": [
        Panel(
            "Deciders by revision",
            "More than one for longer than a reload takes: some replica was left behind.",
            {"{{which}} {{revision}}": "count by (which, revision) (decider_policy_info)"},
        ),
        Panel(
            "Age of the policy",
            "Since each decider took its revision into use.",
            {"{{which}} {{instance}}": "time() - decider_policy_loaded_timestamp_seconds"},
            "s",
        ),
        Panel(
            "Reloads",
            "1: what is on disk cannot be used. Besides: policies read, a second, by outcome.",
            {
                "not usable: {{which}} {{instance}}": "decider_policy_reload_failed",
                "{{which}} {{outcome}}": _rate("decider_policy_reloads_total", "which, outcome"),
            },
        ),
    ],
    "Limits store and journal": [
        Panel(
            "Time of the store's answers",
            "DECIDER_LIMITS_TIMEOUT is the most.",
            _quantiles("decider_limits_store_seconds"),
            "s",
        ),
        Panel(
            "Calls to the store without an answer",
            "left_alone: not even made, after repeated trouble.",
            {
                "{{reason}}": _rate("decider_limits_store_failures_total", "reason"),
                "left alone by {{instance}}": "decider_limits_store_left_alone",
            },
            "reqps",
        ),
        Panel(
            "Journal",
            "Entries that wait, and lines that were lost.",
            {
                "waiting {{instance}}": "decider_journal_queue",
                "lost {{reason}}": "sum by (reason) (increase(decider_journal_lost_total[$__rate_interval]))",
            },
        ),
    ],
    "Resources": [
        Panel(
            "Processor",
            "Of one core: a process cannot use more than about one.",
            {"{{job}} {{instance}}": 'rate(process_cpu_seconds_total{job=~"adapter|decider"}[$__rate_interval])'},
            "percentunit",
            {0.0: "green", 0.7: "orange", 0.9: "red"},
        ),
        Panel(
            "Memory",
            "Resident.",
            {"{{job}} {{instance}}": 'process_resident_memory_bytes{job=~"adapter|decider"}'},
            "bytes",
        ),
        Panel(
            "Busy",
            "Of the adapter's threads, the share that answer; and requests that wait for one.",
            {
                "threads {{instance}}": "adapter_threads_busy / adapter_threads",
                "waiting {{instance}}": "adapter_queue_length",
            },
        ),
        Panel(
            "Connections and calls",
            "Of the adapter: connections, 4,000 at most. Of the decider: calls, DECIDER_MAX_CALLS at most.",
            {
                "connections {{instance}}": "adapter_connections",
                "calls {{instance}}": "decider_calls_in_flight",
            },
        ),
        Panel(
            "Open files",
            "Of those that the process may have.",
            {"{{job}} {{instance}}": 'process_open_fds{job=~"adapter|decider"} / process_max_fds'},
            "percentunit",
        ),
        Panel(
            "Days to the end of certificates",
            "Renewed files are taken without a restart.",
            {
                "{{instance}} {{file}}": "(adapter_certificate_expiry_timestamp_seconds - time()) / 86400",
                "{{instance}} {{file}} ": "(decider_certificate_expiry_timestamp_seconds - time()) / 86400",
                "not usable: {{instance}}": "adapter_tls_reload_failed > 0",
                "not usable: {{instance}} ": "decider_tls_reload_failed > 0",
            },
        ),
        Panel(
            "Software",
            "By version.",
            {
                "adapter {{version}}, Python {{python}}": "count by (version, python) (adapter_build_info)",
                "decider {{version}}, Python {{python}}": "count by (version, python) (decider_build_info)",
            },
        ),
    ],
}


def dashboard() -> dict[str, Any]:
    """The dashboard, in Grafana's form."""
    return {
        "title": "topic-gate",
        "uid": "topic-gate",
        "description": "May this topic be created? Adapter and decider, by an operator's questions.",
        "tags": ["topic-gate"],
        "schemaVersion": 39,
        "editable": True,
        "refresh": "30s",
        "time": {"from": "now-6h", "to": "now"},
        "annotations": {"list": []},
        "templating": {
            "list": [
                {"name": "source", "label": "Data source", "type": "datasource", "query": "prometheus"},
                {
                    "name": "app",
                    "label": "App",
                    "type": "query",
                    "datasource": _SOURCE,
                    "query": "label_values(adapter_answers_total, app)",
                    "includeAll": True,
                    "allValue": ".*",
                    "multi": True,
                    "refresh": 2,
                    "current": {"text": "All", "value": "$__all"},
                },
            ]
        },
        "panels": list(_panels()),
    }


def _panels() -> Iterator[dict[str, Any]]:
    number = top = 0
    for question, panels in ROWS.items():
        number += 1
        place = {"x": 0, "y": top, "w": _COLUMNS, "h": 1}
        yield {"id": number, "type": "row", "title": question, "collapsed": False, "gridPos": place, "panels": []}
        top += 1
        width = _COLUMNS // _PER_ROW
        for index, panel in enumerate(panels):
            number += 1
            across, down = index % _PER_ROW, index // _PER_ROW
            yield _panel(number, panel, {"x": across * width, "y": top + down * _HEIGHT, "w": width, "h": _HEIGHT})
        top += -(-len(panels) // _PER_ROW) * _HEIGHT


def _panel(number: int, panel: Panel, place: Mapping[str, int]) -> dict[str, Any]:
    steps = [{"value": value or None, "color": colour} for value, colour in panel.limits.items()]
    defaults: dict[str, Any] = {"unit": panel.unit, "min": 0}
    if steps:
        defaults |= {
            "thresholds": {"mode": "absolute", "steps": steps},
            "custom": {"thresholdsStyle": {"mode": "line"}},
        }
    return {
        "id": number,
        "type": "timeseries",
        "title": panel.title,
        "description": panel.says,
        "datasource": _SOURCE,
        "gridPos": place,
        "fieldConfig": {"defaults": defaults, "overrides": []},
        "options": {
            "legend": {"displayMode": "list", "placement": "bottom", "showLegend": True, "calcs": []},
            "tooltip": {"mode": "multi", "sort": "desc"},
        },
        "targets": [
            {"refId": chr(65 + index), "datasource": _SOURCE, "expr": expr, "legendFormat": name.strip()}
            for index, (name, expr) in enumerate(panel.queries.items())
        ],
    }


if __name__ == "__main__":
    print(json.dumps(dashboard(), indent=1))
