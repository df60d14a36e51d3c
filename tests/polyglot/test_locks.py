"""Locks say which packages and with which checksums, never where they come from."""

import json
import tomllib

from conformance import HERE


def test_the_lock_of_npm_has_a_checksum_and_no_address_for_each_package() -> None:
    packages = json.loads((HERE / "node" / "package-lock.json").read_text(encoding="utf-8"))["packages"]
    others = {name: package for name, package in packages.items() if name}
    assert others
    assert [name for name, package in others.items() if "integrity" not in package or "resolved" in package] == []


def test_the_lock_of_cargo_has_a_checksum_and_no_address_for_each_package() -> None:
    packages = tomllib.loads((HERE / "rust" / "locked.toml").read_text(encoding="utf-8"))["package"]
    others = [package for package in packages if package["name"] != "client"]
    assert others
    assert [each["name"] for each in others if "checksum" not in each or "source" in each] == []
