"""Policies for tests: files from text, and the shortest way to a decision."""

from datetime import UTC, datetime
from pathlib import Path
from textwrap import dedent

from decider.policy.engine import Decision, decide
from decider.policy.loader import load_policy
from decider.v1 import decider_pb2 as pb

NOON = datetime(2026, 6, 15, 12, 0, tzinfo=UTC)


def write_policy(folder: Path, text: str, **files: str) -> Path:
    """Write `policy.yaml` and further files, named with `__` for `.`; returns the folder."""
    (folder / "policy.yaml").write_text(dedent(text), encoding="utf-8")
    for name, content in files.items():
        (folder / name.replace("__", ".")).write_text(dedent(content), encoding="utf-8")
    return folder


def request(name: str = "Board games on Friday", **fields: object) -> pb.DecideTopicCreationRequest:
    """A request within the limits of the contract."""
    defaults: dict[str, object] = {"app_id": 1400000000, "operator_user_id": "someone", "group_type": "Community"}
    return pb.DecideTopicCreationRequest(topic_name=name, **{**defaults, **fields})  # type: ignore[arg-type]


def decide_by(folder: Path, text: str, asked: pb.DecideTopicCreationRequest, now: datetime = NOON) -> Decision:
    """Load a policy from text and decide one request by it."""
    return decide(load_policy(write_policy(folder, text)), asked, now)
