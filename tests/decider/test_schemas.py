"""The published JSON Schemas say what the models say."""

import json
from pathlib import Path

import jsonschema
import pytest
from ruamel.yaml import YAML

from decider.schemas import Schema, generate

PACKAGE = Path(__file__).parents[2] / "decider"
EXAMPLES = sorted((PACKAGE / "example").glob("*.yaml"))


def published(schema: Schema) -> str:
    return (PACKAGE / "schemas" / f"{schema}.schema.json").read_text(encoding="utf-8")


def problems(schema: Schema, text: str) -> list[str]:
    validator = jsonschema.Draft202012Validator(json.loads(published(schema)))
    data = YAML(typ="safe", pure=True).load(text)
    as_an_editor_sees_it = json.loads(json.dumps(data, default=str))
    return [error.message for error in validator.iter_errors(as_an_editor_sees_it)]


@pytest.mark.parametrize("schema", list(Schema))
def test_the_published_schema_is_that_of_the_models(schema: Schema) -> None:
    assert published(schema) == generate(schema), "run make generate"
    jsonschema.Draft202012Validator.check_schema(json.loads(published(schema)))


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.name)
def test_the_example_fits_and_names_its_schema(path: Path) -> None:
    schema = Schema.TEST if path.stem.endswith("_test") else Schema.POLICY
    text = path.read_text(encoding="utf-8")
    assert problems(schema, text) == []
    assert text.startswith(f"# yaml-language-server: $schema=../schemas/{schema}.schema.json\n")


@pytest.mark.parametrize(
    "text",
    [
        "rules: []",
        "version: 2",
        "{version: 1, rules: [{id: a}]}",
        "{version: 1, rules: [{id: a, allow: {}, refuse: {}}]}",
        "{version: 1, rules: [{id: A, allow: {}}]}",
        "{version: 1, rules: [{id: a, refuse: {code: 10099}}]}",
        "{version: 1, rules: [{id: a, wehn: x, allow: {}}]}",
        "{version: 1, lists: {a: {kind: word, entries: []}}}",
        "{version: 1, lists: {a: {kind: ids}}}",
        "{version: 1, default: deny}",
    ],
)
def test_an_editor_marks_what_the_decider_would_not_take(text: str) -> None:
    assert problems(Schema.POLICY, text)


@pytest.mark.parametrize(
    "text",
    [
        "{version: 1, lists: {a: {kind: ids, entries: [10001, no, 1e5]}}, default: refuse}",
        "{version: 1, rules: [{id: a, refuse: {code: 1}}], default: {refuse: {code: 10200}}}",
        "{version: 1, rules: [{id: a, when: 'true', refuse: }]}",
    ],
)
def test_an_editor_takes_what_the_decider_takes(text: str) -> None:
    assert problems(Schema.POLICY, text) == []
