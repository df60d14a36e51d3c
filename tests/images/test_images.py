"""Both images, built and run without an engine: `make images-test`."""

import pytest
from container import Container
from pair import Pair, Unpacked
from processes import ROOT, eventually
from storage import Image, Storage

SERVICES = ("adapter", "decider")
# What only the other service needs, what only building needs, and what only the project's own tests need.
STRANGERS = {
    "adapter": ("cel_expr_python", "ahocorasick_rs", "disarm", "redis", "ruamel.yaml", "grpc_health", "decider.policy"),
    "decider": ("falcon", "waitress", "urllib3", "tqdm", "adapter"),
}
NOBODYS = ("pip", "setuptools", "grpc_tools", "hatchling", "pytest", "cryptography")

pytestmark = [pytest.mark.images, pytest.mark.timeout(900)]


def assert_confined(container: Container) -> None:
    """What the kernel says of it: process 1, nobody, no capability, and a root that cannot be written."""
    mounts = [line.split() for line in (container.process / "mounts").read_text().splitlines()]
    assert [options.split(",")[0] for _, where, _, options, *_ in mounts if where == "/"] == ["ro"]
    assert container.status("Uid").split() == ["65532"] * 4
    assert container.status("NSpid").split()[-1] == "1"
    assert [int(container.status(f"Cap{kind}"), 16) for kind in ("Eff", "Prm", "Bnd")] == [0, 0, 0]
    assert container.status("NoNewPrivs") == "1"


@pytest.mark.parametrize("service", SERVICES)
def test_the_same_lock_gives_the_same_layers(builds: dict[str, list[Image]], service: str) -> None:
    first, second = builds[service]
    assert first.document["container"] != second.document["container"], "it was built once"
    assert first.layers == second.layers


@pytest.mark.parametrize("service", SERVICES)
def test_an_engine_is_told_who_runs_and_what_it_is(unpacked: dict[str, Unpacked], service: str) -> None:
    config = unpacked[service].image.config
    assert config["User"] == "65532:65532"
    assert config["Labels"]["org.opencontainers.image.title"] == f"topic-gate {service}"
    assert config["Labels"]["org.opencontainers.image.revision"] == "0123abc"
    version = config["Labels"]["org.opencontainers.image.version"]
    assert unpacked[service].run("--version") == (0, f"{service}, version {version}\n")


@pytest.mark.parametrize("service", SERVICES)
def test_an_image_holds_what_its_lock_names_and_the_project_itself(
    storage: Storage, unpacked: dict[str, Unpacked], service: str
) -> None:
    say = "import importlib.metadata as m; print(*{d.name.lower().replace('_', '-') for d in m.distributions()})"
    installed = set(storage.run(unpacked[service].image, "python", "-c", say).split())
    lines = (ROOT / f"requirements-{service}.lock").read_text().splitlines()
    locked = {line.partition("==")[0] for line in lines if "==" in line and "sys_platform == 'win32'" not in line}
    assert {name.replace(".", "-") for name in installed} == locked | {"topic-gate"}


@pytest.mark.parametrize("service", SERVICES)
def test_an_image_holds_nothing_of_the_other_service(
    storage: Storage, unpacked: dict[str, Unpacked], service: str
) -> None:
    modules = [*STRANGERS[service], *NOBODYS]
    # Found, or one of its parents is not there.
    say = f"""
import importlib.util
def found(name):
    try:
        return importlib.util.find_spec(name) is not None
    except ModuleNotFoundError:
        return False
print([name for name in {["grpc", *modules]} if found(name)])
"""
    assert storage.run(unpacked[service].image, "python", "-c", say) == "['grpc']"


def test_of_the_decider_the_adapter_holds_the_contract_alone(unpacked: dict[str, Unpacked]) -> None:
    (site,) = unpacked["adapter"].root.glob("opt/topic-gate/lib/python3.*/site-packages")
    assert {path.name for path in (site / "decider").iterdir()} == {"__init__.py", "v1"}
    (site,) = unpacked["decider"].root.glob("opt/topic-gate/lib/python3.*/site-packages")
    assert not (site / "adapter").exists()


def test_webhooks_get_their_verdicts_from_a_pair_that_may_write_nothing_but_its_volume(pair: Pair) -> None:
    assert pair.send("Board games on Friday").startswith("allowed\n")
    assert pair.send("Free crypto giveaway").startswith("refused with code 10101: That name is not allowed.")
    for container in (pair.adapter, pair.decider):
        assert_confined(container)
    assert "decider-limits.db" in {path.name for path in (pair.folder / "state").iterdir()}


def test_a_policy_in_its_folder_changes_without_a_restart(pair: Pair) -> None:
    assert pair.send("Free crypto giveaway").startswith("refused")
    document = pair.folder / "policy" / "community.yaml"
    document.write_text(document.read_text().replace('"mod_*"', '"mod_*", user_42'))
    eventually(lambda: pair.send("Free crypto giveaway").startswith("allowed\n"), "the changed policy's verdict")


@pytest.mark.parametrize("service", SERVICES)
def test_the_health_check_tells_a_service_from_none(pair: Pair, service: str) -> None:
    assert pair.health(service) == 0
    getattr(pair, service).stop()
    assert pair.health(service) == 1


def test_as_process_1_both_end_on_sigterm_within_what_an_engine_waits(pair: Pair) -> None:
    for container in (pair.adapter, pair.decider):
        assert container.stop()[0] == 0
        assert '"event": "draining"' in container.program.output


def test_the_images_alone_put_no_verdict_on_a_network_in_the_clear(unpacked: dict[str, Unpacked]) -> None:
    code, said = unpacked["decider"].run()
    assert code == 2
    assert "DECIDER_PLAINTEXT" in said


def test_what_they_weigh_and_how_fast_they_start(pair: Pair, capsys: pytest.CaptureFixture[str]) -> None:
    pair.send("Board games on Friday")
    lines = [f"{'':10}{'image MB':>10}{'ours MB':>10}{'memory MB':>11}{'start s':>9}{'stop s':>9}"]
    for service, container in (("adapter", pair.adapter), ("decider", pair.decider)):
        files, memory = pair.unpacked[service], int(container.status("VmRSS").split()[0]) / 1e3
        weights = f"{files.megabytes():10.0f}{files.megabytes('opt/topic-gate'):10.0f}{memory:11.0f}"
        lines.append(f"{service:10}{weights}{pair.seconds[service]:9.2f}{container.stop()[1]:9.2f}")
    with capsys.disabled():
        print("\n", *lines, sep="\n")
    assert max(pair.seconds.values()) < 15, "longer than an engine waits before the first HEALTHCHECK counts"
