"""Being the vendor, to the real adapter and to receivers that get it wrong."""

import socket
import threading
import time

import pytest

from adapter.load import Load
from adapter.send import Vendor, open_pool
from adapter.topics import Topic
from adapter.vendor.answer import Answer
from decider.v1 import decider_pb2 as pb
from decider.v1 import policy_pb2

TOPIC = Topic(name="MyFirstTopic", operator="leckie", type="Community", platform="RESTAPI", client_ip="10.0.0.1")


@pytest.fixture
def vendor(stack):
    def create(url, **options):
        pool = open_pool(connections=4)
        stack.callback(pool.clear)
        given = {
            "app_id": "1400000000",
            "token": "xxxxyyyy",
            "command": "Group.CallbackBeforeCreateTopic",
            "timeout": 2.0,
        }
        return Vendor(pool=pool, url=url, **given | options)

    return create


@pytest.fixture
def receiver(stack):
    """A receiver that answers every connection with the same bytes, or not at all."""

    def start(answer):
        listener = stack.enter_context(socket.create_server(("127.0.0.1", 0)))
        ended = threading.Event()

        def serve():
            connection, _ = listener.accept()
            with connection:
                connection.recv(65_536)
                if answer is None:
                    ended.wait(10)
                else:
                    connection.sendall(answer)

        thread = threading.Thread(target=serve)
        thread.start()
        stack.callback(thread.join)
        stack.callback(ended.set)
        return f"http://127.0.0.1:{listener.getsockname()[1]}/"

    return start


def test_the_adapter_takes_it_for_the_vendor(vendor, adapter, decider):
    reply = vendor(adapter.url).send(TOPIC)
    assert reply.answer == Answer(0)
    assert reply.raw == '{"ActionStatus":"OK","ErrorInfo":"","ErrorCode":0}'
    (request,) = decider.requests
    assert (request.app_id, request.signed, request.platform) == (1400000000, True, pb.PLATFORM_RESTAPI)
    assert (request.operator_user_id, request.client_ip) == ("leckie", "10.0.0.1")
    assert (request.topic_name, request.group_type) == ("MyFirstTopic", "Community")


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        ({"token": ""}, "missing_signature"),
        ({"token": "wrong"}, "wrong_signature"),
        ({"clock": lambda: 1669872112.0}, "stale_signature"),
        ({"app_id": "5"}, "unknown_app"),
    ],
)
def test_what_it_gets_wrong_on_purpose_is_refused(vendor, adapter, options, reason):
    assert vendor(adapter.url, **options).send(TOPIC).answer.code == 1
    assert adapter.answered[-1]["reason"] == reason


def test_a_url_keeps_its_own_parameters(vendor, adapter):
    assert vendor(adapter.url + "?key=1").send(TOPIC).answer == Answer(0)


def test_a_connection_is_kept_alive(vendor, adapter):
    sender = vendor(adapter.url)
    for _ in range(3):
        sender.send(TOPIC)
    assert len(adapter.listener.active_channels) == 1


@pytest.mark.parametrize(
    ("answer", "failure"),
    [
        (b"HTTP/1.1 500 Oops\r\nContent-Length: 0\r\n\r\n", "HTTP 500"),
        (b"HTTP/1.1 302 Found\r\nLocation: /x\r\nContent-Length: 0\r\n\r\n", "HTTP 302"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok", "not the vendor's JSON"),
        (b'HTTP/1.1 200 OK\r\nContent-Length: 15\r\n\r\n{"ErrorCode":0}', "not the vendor's JSON"),
        (b"", "connection lost"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 20\r\n\r\n{", "connection lost"),
        (b"gibberish\r\n\r\n", "connection lost"),
    ],
)
def test_a_receiver_that_gets_it_wrong_is_a_webhook_failure(vendor, receiver, answer, failure):
    reply = vendor(receiver(answer)).send(TOPIC)
    assert (reply.answer, reply.failure) == (None, failure)


def test_a_receiver_that_does_not_answer_in_time_is_a_webhook_failure(vendor, receiver):
    reply = vendor(receiver(None), timeout=0.2).send(TOPIC)
    assert (reply.answer, reply.failure) == (None, "timeout")
    assert 0.19 < reply.seconds < 1


def test_nobody_there_is_a_webhook_failure(vendor):
    assert vendor("http://127.0.0.1:1/").send(TOPIC).failure == "no connection"


class TestLoad:
    def topics(self, count):
        return [Topic(f"topic {number}", "o", "t", "Web", "") for number in range(count)]

    def test_every_topic_is_sent_once(self, vendor, adapter, decider):
        replies = list(Load(vendor(adapter.url), rate=None, connections=4).run(self.topics(100)))
        assert [reply.answer for reply in replies] == [Answer(0)] * 100
        assert {request.topic_name for request in decider.requests} == {f"topic {number}" for number in range(100)}
        assert len(adapter.listener.active_channels) <= 4

    def test_a_stall_counts_for_all_who_were_due(self, vendor, adapter, decider, until):
        released = decider.hang()
        threading.Thread(
            target=lambda: until(lambda: decider.requests) and (released.wait(0.3), released.set())
        ).start()
        replies = list(Load(vendor(adapter.url), rate=100, connections=1).run(self.topics(20)))
        waited = sorted(reply.seconds for reply in replies)
        # The first held up the other nineteen, which were due 10 ms apart.
        assert waited[-1] >= 0.3
        assert waited[10] >= 0.15

    def test_topics_keep_to_their_rate(self, vendor, adapter, decider):
        times = []

        def answer(request, context):
            times.append(time.monotonic())
            return pb.DecideTopicCreationResponse(verdict=policy_pb2.VERDICT_ALLOW)

        decider.script(answer)
        list(Load(vendor(adapter.url), rate=50, connections=4).run(self.topics(25)))
        assert max(times) - min(times) >= 0.4

    def test_stop_ends_it_with_what_is_in(self, vendor, adapter):
        load = Load(vendor(adapter.url), rate=20, connections=2)
        replies = []
        for reply in load.run(self.topics(10_000)):
            replies.append(reply)
            load.stop()
        assert 1 <= len(replies) <= 3
        assert {reply.failure for reply in replies} == {""}
