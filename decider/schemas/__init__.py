"""JSON Schemas of policy documents and test suites, for editors that complete and check them."""

import json
from enum import StrEnum

from decider.policy.document import Document
from decider.policy.model import Part
from decider.suite.document import Suite


class Schema(StrEnum):
    """What there is a schema for."""

    POLICY = "policy"
    TEST = "test"


_MODELS: dict[Schema, type[Part]] = {Schema.POLICY: Document, Schema.TEST: Suite}


def generate(schema: Schema) -> str:
    """The JSON Schema of a kind of document, from its model. Beside this module as `NAME.schema.json`."""
    model = _MODELS[schema].model_json_schema(by_alias=True, mode="validation")
    return json.dumps({"$schema": "https://json-schema.org/draft/2020-12/schema", **model}, indent=2) + "\n"
