"""The commands, as processes."""

import json
import signal
import socket
import subprocess
import sys
import urllib.request
from importlib.metadata import version

import pytest

APPS = json.dumps({"1400000000": {"tokens": ["xxxxyyyy"], "on_failure": "refuse"}, "5": {"on_failure": "allow"}})
FREE = "127.0.0.1:0"


@pytest.fixture
def run():
    """Run a command to its end."""

    def run(*arguments, environ=None, stdin=""):
        return subprocess.run(
            [sys.executable, "-m", "adapter", *arguments],
            env={"PATH": ""} | (environ or {}),
            input=stdin,
            capture_output=True,
            text=True,
            timeout=60,
        )

    return run


@pytest.mark.parametrize("option", ["-h", "--help"])
@pytest.mark.parametrize("command", [(), ("serve",), ("send",)])
def test_help(run, command, option):
    result = run(*command, option)
    assert (result.returncode, result.stderr) == (0, "")
    assert result.stdout.startswith("Usage: adapter")


def test_the_version_is_told(run):
    assert run("--version").stdout == f"adapter, version {version('topic-gate')}\n"


class TestServe:
    def test_it_serves_where_it_says_and_warns_of_what_is_open(self, start_process, decider):
        environ = {
            "ADAPTER_APPS": APPS,
            "ADAPTER_LISTEN": FREE,
            "ADAPTER_DECIDER": decider.target,
            "ADAPTER_LISTN": "x",
        }
        process = start_process("serve", environ=environ)
        assert process.client.webhook({"SdkAppid": 5}).json["ErrorCode"] == 0
        assert process.url.endswith("/")
        warnings = [json.loads(line) for line in process.lines if '"warning"' in line]
        assert [(line["event"].split(":")[0], line.get("app")) for line in warnings] == [
            ("variable is not known", None),
            ("no token", 5),
            ("on_failure is allow", 5),
        ]
        assert warnings[0]["meant"] == "ADAPTER_LISTEN"
        assert "xxxxyyyy" not in "".join(process.lines)

    def test_ipv6_and_a_path(self, start_process, decider):
        environ = {"ADAPTER_APPS": APPS, "ADAPTER_LISTEN": "[::1]:0", "ADAPTER_DECIDER": decider.target}
        process = start_process("serve", environ=environ | {"ADAPTER_PATH": "/hook"})
        assert process.url.startswith("http://[::1]:")
        assert process.client.post(process.client.query(SdkAppid=5), process.client.body(), path="/hook").status == 200

    def test_metrics_are_on_a_port_of_their_own(self, start_process, decider):
        environ = {"ADAPTER_APPS": APPS, "ADAPTER_LISTEN": FREE, "ADAPTER_DECIDER": decider.target}
        process = start_process("serve", environ=environ | {"ADAPTER_ADMIN_LISTEN": FREE})
        process.client.webhook({"SdkAppid": 5})
        url = process.logged("serving admin pages")["url"]
        text = urllib.request.urlopen(f"{url}metrics", timeout=10).read().decode()
        assert 'adapter_answers_total{app="5",outcome="allowed",reason=""} 1.0' in text
        assert process.client.request("GET", "/metrics").status == 404

    @pytest.mark.parametrize("variable", ["ADAPTER_LISTEN", "ADAPTER_ADMIN_LISTEN"])
    def test_a_taken_port_is_told_in_one_line(self, run, variable):
        with socket.create_server(("127.0.0.1", 0)) as taken:
            address = f"127.0.0.1:{taken.getsockname()[1]}"
            apps = json.dumps({"5": {"tokens": ["t"], "on_failure": "refuse"}})
            result = run("serve", environ={"ADAPTER_APPS": apps, "ADAPTER_LISTEN": FREE} | {variable: address})
        assert result.stderr == f"{variable} {address}: address already in use\n"
        assert result.returncode == 1

    def test_bad_settings_are_told_all_at_once(self, run):
        result = run("serve", environ={"ADAPTER_BUDGET": "3", "ADAPTER_LISTEN": "here"})
        assert result.stderr.splitlines() == [
            "ADAPTER_APPS: is required",
            "ADAPTER_LISTEN: must be HOST:PORT, such as 127.0.0.1:8080 or [::1]:8080",
            "ADAPTER_BUDGET: must be less than 2",
        ]
        assert (result.returncode, result.stdout) == (2, "")

    def test_apps_may_come_from_a_file(self, start_process, decider, tmp_path):
        (tmp_path / "adapter_apps").write_text(APPS)
        environ = {"ADAPTER_SECRETS_DIR": str(tmp_path), "ADAPTER_LISTEN": FREE, "ADAPTER_DECIDER": decider.target}
        process = start_process("serve", environ=environ)
        client = process.client
        assert client.post(client.signed(), client.body()).json["ErrorCode"] == 0
        assert client.post(client.signed("another token"), client.body()).json["ErrorCode"] == 1

    def test_tls_files_that_cannot_be_used_are_told_in_one_line(self, run, tmp_path):
        environ = {"ADAPTER_APPS": APPS, "ADAPTER_LISTEN": FREE, "ADAPTER_DECIDER_CA": str(tmp_path / "none")}
        result = run("serve", environ=environ)
        assert result.stderr.splitlines()[-1] == f"ADAPTER_DECIDER_CA {tmp_path}/none: no such file or directory"
        assert (result.returncode, "Traceback" in result.stderr) == (1, False)

    @pytest.mark.parametrize(
        ("target", "warned"),
        [
            ("localhost:1", False),
            ("127.0.0.1:1", False),
            ("[::1]:1", False),
            ("unix:/none", False),
            ("decider.example:1", True),
            ("ipv4:127.0.0.1:1,192.0.2.1:1", True),
        ],
    )
    def test_plaintext_that_leaves_the_machine_is_warned_about(self, start_process, target, warned):
        environ = {"ADAPTER_APPS": APPS, "ADAPTER_LISTEN": FREE, "ADAPTER_DECIDER": target}
        process = start_process("serve", environ=environ)
        assert ("the decider is asked in plaintext, beyond this machine" in "".join(process.lines)) is warned


class TestSend:
    ONE = ("--app", "1400000000", "--operator", "leckie", "--name", "MyFirstTopic")

    def test_an_allowed_topic(self, run, adapter):
        result = run("send", adapter.url, *self.ONE, environ={"ADAPTER_SEND_TOKEN": "xxxxyyyy"})
        verdict, raw, time = result.stdout.splitlines()
        assert (verdict, raw) == ("allowed", '{"ActionStatus":"OK","ErrorInfo":"","ErrorCode":0}')
        assert time.endswith(" ms")
        assert result.returncode == 0

    @pytest.mark.parametrize(
        "options",
        [("--token", "no"), ("--token", "xxxxyyyy", "--unsigned"), ("--token", "xxxxyyyy", "--request-time", "5")],
    )
    def test_a_refused_topic_is_a_good_answer(self, run, adapter, options):
        result = run("send", adapter.url, *self.ONE, *options)
        assert result.stdout.startswith("refused with code 1 (the user sees 10016): The request could not")
        assert result.returncode == 0

    def test_a_webhook_failure_is_told_with_what_it_leads_to(self, run, adapter):
        result = run("send", adapter.url + "elsewhere", *self.ONE)
        assert result.stdout.startswith("webhook failure: HTTP 404; by the vendor's default, the topic is created")
        assert result.returncode == 1

    def test_json_for_programs(self, run, adapter):
        result = run("send", adapter.url, *self.ONE, "--token", "xxxxyyyy", "--json")
        assert json.loads(result.stdout)["verdict"] == "allowed"

    @pytest.mark.parametrize(
        "missing",
        [
            ("--app", "5"),
            ("--app", "5", "--name", "x"),
            ("--name", "x", "--operator", "o"),
            ("nowhere", *ONE),
            ("--timeout", "0", *ONE),
            ("--file", "-", *ONE),
        ],
    )
    def test_bad_usage(self, run, missing):
        assert run("send", *missing).returncode == 2

    def test_a_file(self, run, adapter, tmp_path):
        path = tmp_path / "topics.jsonl"
        path.write_text("".join(f'{{"name":"topic {number}"}}\n' for number in range(50)))
        options = ("--app", "1400000001", "--operator", "leckie", "--rate", "500", "--json")
        result = run("send", adapter.url, "--file", str(path), *options)
        summary = json.loads(result.stdout)
        assert (summary["sent"], summary["failures"]) == (50, {})
        assert summary["answers"] == [{"code": 0, "message": "", "count": 50}]
        assert list(summary["latency_ms"]) == ["min", "p50", "p90", "p99", "max"]
        assert (result.returncode, result.stderr) == (0, "")

    def test_standard_input(self, run, adapter):
        result = run("send", adapter.url, "--file", "-", "--app", "1400000001", stdin='{"name":"x","operator":"o"}')
        assert result.stdout.startswith("sent 1 in ")

    def test_bad_lines_stop_it_before_anything_is_sent(self, run, adapter):
        lines = '{"name":"x","operator":"o"}\n{}\nno\n'
        result = run("send", adapter.url, "--file", "-", "--app", "1400000001", stdin=lines)
        assert result.stderr == "<stdin>:2: has no name\n<stdin>:3: is not JSON in UTF-8\n"
        assert result.returncode == 2
        assert adapter.answered == []

    def test_ctrl_c_ends_with_the_summary_so_far(self, start_process, adapter, tmp_path, until):
        path = tmp_path / "topics.jsonl"
        path.write_text('{"name":"x","operator":"o"}\n' * 10_000)
        arguments = ("send", adapter.url, "--app", "1400000001", "--file", str(path), "--rate", "50", "--json")
        process = start_process(*arguments, wait_for=None)
        until(lambda: adapter.answered)
        process.signal(signal.SIGINT)
        assert process.wait() == 130
        summary = json.loads(process.output())
        assert 1 <= summary["sent"] < 10_000
        assert summary["failures"] == {}
