"""Which entries of ids and networks lists match."""

import pytest

from decider.policy.lists import IdIndex, NetworkIndex, parse_network, read_entries


@pytest.mark.parametrize(
    ("user_id", "expected"),
    [
        ("leckie", ["leckie"]),
        ("Leckie", []),
        ("mod_", ["mod_*"]),
        ("mod_7", ["mod_*"]),
        ("a_mod_7", []),
        ("u1", ["u?"]),
        ("u12", []),
        ("x1", ["x[0-9]"]),
        ("xa", []),
        ("", []),
        ("mod_\n", ["mod_*"]),
        ("leckie\n", []),
    ],
)
def test_ids_match_whole_and_by_wildcard(user_id: str, expected: list[str]) -> None:
    index = IdIndex("l", ["leckie", "mod_*", "u?", "x[0-9]"])
    assert [match.entry for match in index.find(user_id)] == expected


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("10.1.2.3", ["10.0.0.0/8"]),
        ("11.1.2.3", []),
        ("192.0.2.7", ["192.0.2.7"]),
        ("192.0.2.8", []),
        ("2001:db8:1::5", ["2001:db8::/32"]),
        ("2001:db9::5", []),
        ("::ffff:10.1.2.3", ["10.0.0.0/8"]),
        ("", []),
    ],
)
def test_networks_match_by_prefix(address: str, expected: list[str]) -> None:
    index = NetworkIndex("l", ["10.0.0.0/8", "192.0.2.7", "2001:db8::/32"])
    assert [match.entry for match in index.find(address)] == expected


def test_every_network_around_an_address_matches() -> None:
    index = NetworkIndex("l", ["0.0.0.0/0", "10.0.0.0/8", "10.1.0.0/16"])
    assert {match.entry for match in index.find("10.1.2.3")} == {"0.0.0.0/0", "10.0.0.0/8", "10.1.0.0/16"}


def test_a_host_in_a_network_is_told_what_to_write() -> None:
    with pytest.raises(ValueError, match=r"write 2001:db8::/32"):
        parse_network("2001:db8::1/32")


def test_list_files_have_one_entry_a_line_and_comments() -> None:
    text = "\ufeff# ours\r\ncasino\n\n  free followers  # why\nc#\n#x\n赌场\n"
    assert list(read_entries(text)) == [(2, "casino"), (4, "free followers"), (5, "c#"), (7, "赌场")]
