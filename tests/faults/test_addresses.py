"""The decider's name comes to stand for another address."""

from deployments import Deployment
from name_server import NameServer


def test_a_decider_that_comes_back_at_another_address_is_found_by_its_name(deployment: Deployment) -> None:
    first = deployment.decider()
    port = int(first.address.rpartition(":")[2])
    names = NameServer("127.0.0.1")
    deployment.adapter(names.target("decider.test", port))
    try:
        with deployment.under_load("decider restarted at another address, same name", back=8) as case:
            first.kill()
            first.address = f"127.0.0.2:{port}"
            first.restart()
            names.addresses = ("127.0.0.2",)
            case.mended()
    finally:
        names.close()
