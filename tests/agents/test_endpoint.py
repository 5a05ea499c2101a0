"""A served model as an agent, against servers that answer well, badly, late or not at all."""

import email.utils
import logging
import subprocess
import sys
import time

import chat_servers
import pytest

from onelayer.agents.chat import ChatMessages, Turn
from onelayer.agents.chat_server import ChatServer, completions_address
from onelayer.agents.endpoint import EndpointAgent
from onelayer.agents.json_server import ServerRefused, public_address
from onelayer.agents.request_pauses import RequestFailed
from onelayer.agents.rollout import rollout
from onelayer.envs.counting import CountingEnv

Answer, Server, completion = (
    chat_servers.Answer,
    chat_servers.ChatServerForTests,
    chat_servers.completion,
)

HELLO = [{"role": "user", "content": "hello"}]
KEY = "sk-secret-0123456789abcdef"


@pytest.fixture(autouse=True)
def no_long_waits(monkeypatch):
    monkeypatch.setattr("onelayer.agents.json_server._FIRST_WAIT_S", 0.01)


def good(text="<action>4</action>", **more):
    return Answer(completion(text, **more))


def first_bad(*bad):
    """Return a script that answers badly first, in this order, and well from then on."""
    return lambda request: bad[request.number] if request.number < len(bad) else good()


def ask(server, retries=4, timeout_s=5.0, key=None, **options):
    client = ChatServer(server.url, "m", key, timeout_s=timeout_s, retries=retries)
    try:
        return client.ask(HELLO, **options)
    finally:
        client.close()


def test_a_reply_comes_with_what_the_server_counted():
    with Server(lambda _: good(usage=(20, 7), logprobs=[("<", -0.5), ("a", -0.25)])) as server:
        reply = ask(server, max_tokens=9, temperature=0.4, seed=None)
    assert (reply.text, reply.cut) == ("<action>4</action>", False)
    assert (reply.prompt_tokens, reply.reply_tokens) == (20, 7)
    assert (reply.tokens, reply.logprobs) == (("<", "a"), (-0.5, -0.25))
    (request,) = server.requests
    assert request.path == "/v1/chat/completions"
    assert request.body == {
        "model": "m",
        "messages": HELLO,
        "stream": False,
        "max_tokens": 9,
        "temperature": 0.4,
    }


@pytest.mark.parametrize(
    "bad",
    [
        Answer({"error": {"message": "slow down"}}, 429),
        Answer({"error": "overloaded"}, 503),
        Answer(b"<html>Bad gateway</html>", 502),
        Answer({"detail": "oops"}, 500),
        Answer(completion("cut"), cut_at=20),
        Answer(completion("no body"), cut_at=0),
        Answer(b'{"choices": [{"mess'),
        Answer(b""),
        Answer(b"\xff\xfe"),
        Answer({"choices": []}),
        Answer({"choices": [{"message": None}]}),
        Answer([1, 2]),
        Answer(b"null"),
        Answer(completion("x") | {"usage": {"prompt_tokens": "many"}}),
    ],
)
def test_what_may_get_better_is_asked_again(bad):
    with Server(first_bad(bad, bad)) as server:
        assert ask(server).text == "<action>4</action>"
    assert len(server.requests) == 3


def test_a_slow_server_is_given_up_and_asked_again():
    with Server(first_bad(Answer(completion("late"), delay=30))) as server:
        started = time.monotonic()
        assert ask(server, timeout_s=0.3).text == "<action>4</action>"
        assert time.monotonic() - started < 10


def test_an_answer_that_drips_in_is_given_up_by_the_time_it_takes_in_all():
    with Server(first_bad(Answer(completion("late"), drip=0.1))) as server:
        started = time.monotonic()
        assert ask(server, timeout_s=0.5).text == "<action>4</action>"
        assert time.monotonic() - started < 10


def test_the_tries_end():
    with (
        Server(lambda _: Answer({"error": "down"}, 500)) as server,
        pytest.raises(RequestFailed, match=r"no answer in 3 tries: status 500: down"),
    ):
        ask(server, retries=2)
    assert len(server.requests) == 3


def test_nobody_listens():
    client = ChatServer("http://127.0.0.1:9", "m", retries=1)
    with pytest.raises(RequestFailed, match=r"127.0.0.1:9 gave no answer in 2 tries: ConnectError"):
        client.ask(HELLO)


@pytest.mark.parametrize(
    ("header", "value", "seconds"),
    [
        ("Retry-After", "1", 1.0),
        ("Retry-After", "date", 1.0),
        ("retry-after-ms", "300", 0.3),
        ("x-ratelimit-reset-requests", "0m0.4s", 0.4),
    ],
)
def test_the_wait_is_as_long_as_the_server_asks(header, value, seconds):
    if value == "date":
        value = email.utils.formatdate(time.time() + 2, usegmt=True)
    with Server(first_bad(Answer({"error": "full"}, 429, {header: value}))) as server:
        started = time.monotonic()
        ask(server)
        assert time.monotonic() - started >= seconds * 0.95


def test_a_wait_beyond_reason_is_an_error_at_once():
    with (
        Server(lambda _: Answer({"error": "quota"}, 429, {"Retry-After": "86400"})) as server,
        pytest.raises(RequestFailed, match="quota; it asks to wait 86400 seconds"),
    ):
        ask(server)


def test_when_the_allowance_is_spent_the_next_request_waits_for_the_reset():
    spent = {"x-ratelimit-remaining-requests": "0", "x-ratelimit-reset-requests": "400ms"}
    with Server(lambda _: Answer(completion("x"), headers=spent)) as server:
        client = ChatServer(server.url, "m")
        started = time.monotonic()
        client.ask(HELLO)
        client.ask(HELLO)
        assert time.monotonic() - started >= 0.38
        client.close()


@pytest.mark.parametrize(
    ("status", "says"),
    [
        (401, "--key-from"),
        (403, "--key-from"),
        (404, "is the address right, and --model m"),
        (307, "give the address that it leads to"),
    ],
)
def test_what_cannot_get_better_ends_at_once(status, says):
    with (
        Server(lambda _: Answer({"error": {"message": "no"}}, status)) as server,
        pytest.raises(ServerRefused) as caught,
    ):
        ask(server)
    assert says in str(caught.value)
    assert len(server.requests) == 1


def test_the_key_is_sent_and_never_shown(caplog):
    caplog.set_level(logging.DEBUG)
    echo = Answer({"error": {"message": f"Incorrect key {KEY}, or {KEY[:10]}***"}}, 401)
    with Server(lambda _: echo) as server:
        client = ChatServer(server.url, "m", KEY)
        with pytest.raises(ServerRefused) as caught:
            client.ask(HELLO)
        assert server.requests[0].headers["Authorization"] == f"Bearer {KEY}"
    for shown in (str(caught.value), repr(client), caplog.text):
        assert KEY not in shown and KEY[:10] not in shown


@pytest.mark.parametrize("key", ["smart\u2019quote", "two\nlines"])
def test_a_key_that_no_header_can_carry_is_refused_without_showing_it(key):
    with pytest.raises(ValueError, match="no HTTP header can carry") as caught:
        ChatServer("http://localhost", "m", key)
    assert key not in str(caught.value)


@pytest.mark.parametrize(
    ("refused", "sent"),
    [("seed", None), ("logprobs", None), ("top_p", None), ("max_tokens", "max_completion_tokens")],
)
def test_a_part_that_the_server_refuses_by_name_is_left_out_from_then_on(refused, sent):
    def script(request):
        if refused in request.body:
            return Answer({"error": {"message": f"Unsupported parameter: '{refused}'"}}, 400)
        return good()

    with Server(script) as server:
        client = ChatServer(server.url, "m", retries=0)
        options = {"seed": 1, "logprobs": True, "top_p": 0.9, "max_tokens": 5}
        client.ask(HELLO, **options)
        client.ask(HELLO, **options)
        client.close()
    assert len(server.requests) == 3
    assert refused not in server.requests[2].body
    assert sent is None or server.requests[2].body[sent] == 5


@pytest.mark.parametrize(
    ("url", "address"),
    [
        ("http://h:1", "http://h:1/v1/chat/completions"),
        ("h:1/", "http://h:1/v1/chat/completions"),
        ("https://h/api/v3/", "https://h/api/v3/chat/completions"),
        ("http://h/v1/chat/completions", "http://h/v1/chat/completions"),
        ("http://h/v1?api-version=2", "http://h/v1/chat/completions?api-version=2"),
    ],
)
def test_the_address_may_be_short(url, address):
    assert completions_address(url) == address


def test_an_address_in_results_holds_no_password():
    assert public_address("https://me:pw@h:8/v1?key=abc") == "https://h:8/v1"


@pytest.mark.parametrize("url", ["", "ftp://h", "http://", "file:///etc/passwd"])
def test_what_is_no_address_is_refused(url):
    with pytest.raises(ValueError, match="--endpoint takes a URL"):
        completions_address(url)


def test_a_thought_that_the_server_keeps_apart_is_part_of_the_reply():
    answer = completion("<action>go</action>")
    answer["choices"][0]["message"]["reasoning_content"] = "Should I <action>stay</action>?"
    with Server(lambda _: Answer(answer)) as server:
        text = ask(server).text
    assert text.startswith("<think>\nShould I")
    assert ChatMessages().parse(text) == "go"


# The agent.


def oracle_script(env):
    """Return a script that plays the solution of the task, which it knows by its first message."""
    by_start = {}
    for task in env.tasks:
        observation, _ = env.reset(options={"task": task})
        by_start[observation] = env.solution(task)

    def script(request):
        messages = request.body["messages"]
        turn = sum(message["role"] == "assistant" for message in messages)
        start = next(s for o, s in by_start.items() if o in messages[0]["content"])
        return Answer(completion(f"<action>{start[turn]}</action>"), delay=0.05)

    return script


def agent_of(server, retries=2, **options):
    return EndpointAgent(ChatServer(server.url, "m", retries=retries), ChatMessages(), **options)


def test_it_plays_whole_episodes_at_once():
    env = CountingEnv("test")
    with Server(oracle_script(env)) as server:
        agent = agent_of(server)
        episodes = rollout([CountingEnv("test") for _ in range(6)], agent, list(env.tasks), 2)
        agent.close()
    assert all(episode.success for episode in episodes)
    step = episodes[0].steps[0]
    assert (step.prompt_tokens, step.reply_tokens, step.valid) == (11, 3, True)
    assert step.reply == f"<action>{step.action}</action>"
    assert server.most_at_once > 1


@pytest.mark.parametrize(("history", "shown"), [("all", 3), (1, 2)])
def test_the_chat_shows_the_history_it_is_told_to(history, shown):
    with Server(lambda request: good(f"I say <action>{request.number}</action>")) as server:
        agent = agent_of(server, history=history)
        for text in ("start", "one", "two", "three"):
            agent.act([text], [{"task": "t"}])
        agent.close()
    messages = server.requests[-1].body["messages"]
    assert [m["role"] for m in messages] == ["user", "assistant"] * shown + ["user"]
    assert messages[0]["content"].endswith("start")
    assert messages[-1]["content"].endswith("three")
    # A growing chat shows all that the model wrote; a window its actions, as for other agents.
    assert messages[1]["content"] == (
        "I say <action>0</action>" if history == "all" else "<action>0</action>"
    )
    assert ("(1 earlier turns are left out.)" in messages[2]["content"]) == (history == 1)


def test_the_messages_are_those_that_become_tokens():
    turns = [Turn("a", ("x", "y"), "x"), Turn("b", None)]
    chat = ChatMessages(instructions="rules", thinking=True)
    first, said, second = chat.messages(turns)
    assert first["content"].startswith("rules\n\nAt each turn think first")
    assert first["content"].endswith("a\n\nPossible actions: x; y")
    assert said == {"role": "assistant", "content": "<action>x</action>"}
    assert second == {"role": "user", "content": "b"}


@pytest.mark.parametrize("finish", ["length", "stop"])
def test_a_reply_without_an_action_or_that_is_cut_is_the_empty_action(finish):
    text = "<action>go</action>" if finish == "length" else "hm"
    with Server(lambda _: good(text, finish=finish)) as server:
        agent = agent_of(server)
        (action,) = agent.act(["o"], [{}])
        agent.close()
    assert action == ""
    assert (action.trace.reply, action.trace.cut) == (text, finish == "length")


def test_a_request_that_fails_ends_its_own_episode_with_an_error():
    env = CountingEnv("test")
    play = oracle_script(env)
    lost = env.reset(options={"task": env.tasks[2]})[0]

    def script(request):
        bad = lost in request.body["messages"][0]["content"]
        return Answer({"error": "boom"}, 500) if bad else play(request)

    with Server(script) as server:
        agent = agent_of(server, retries=1)
        episodes = rollout([CountingEnv("test") for _ in range(3)], agent, list(env.tasks))
        agent.close()
    assert [e.error is None for e in episodes] == [i != 2 for i in range(len(episodes))]
    assert "status 500: boom" in episodes[2].error
    assert not episodes[2].success


def test_a_wrong_key_ends_everything():
    with Server(lambda _: Answer({"error": "no"}, 401)) as server:
        agent = agent_of(server)
        with pytest.raises(ServerRefused):
            rollout([CountingEnv("test")], agent, [CountingEnv("test").tasks[0]])
        agent.close()


def test_a_chat_that_became_too_long_is_asked_again_with_a_short_window():
    def script(request):
        if len(request.body["messages"]) > 8:
            return Answer({"error": {"message": "maximum context length is 100 tokens"}}, 400)
        return good()

    with Server(script) as server:
        agent = agent_of(server)
        for text in "abcde":  # at the fifth turn nine messages would be too many
            (action,) = agent.act([text], [{}])
        agent.close()
    assert action == "4"
    assert len(server.requests[-1].body["messages"]) == 7  # the first turn and the last two pairs


def test_equal_seeds_ask_equal_seeds_and_attempts_ask_others():
    def seeds(seed):
        with Server(lambda _: good()) as server:
            agent = agent_of(server, seed=seed)
            for slot in (0, 1):
                agent.act(["o"], [{"task": "t"}], [slot])
                agent.act(["o"], [{"task": "t"}], [slot])
            agent.close()
        return [request.body.get("seed") for request in server.requests]

    assert seeds(1) == seeds(1)
    assert len(set(seeds(1))) == 4
    assert set(seeds(1)).isdisjoint(seeds(2))
    assert set(seeds(None)) == {None}


def test_actions_come_as_they_are_ready_and_not_in_turn():
    def script(request):
        return Answer(
            completion("<action>late</action>"), delay=0.6 * (request.last.endswith("slow"))
        )

    with Server(script) as server:
        agent = agent_of(server)
        agent.reset()
        agent.submit(0, "slow", {})
        agent.submit(1, "fast", {})
        assert [slot for slot, _ in agent.step()] == [1]
        agent.submit(1, "fast", {})
        assert [slot for slot, _ in agent.step()] == [1]
        left = []
        while not left:
            left = agent.step()
        assert left == [(0, "late")]
        agent.close()


def test_nobody_waits_at_the_end_for_a_request_that_is_under_way():
    """Ctrl-C must end the program at once, not after the ten minutes that an answer may take."""
    code = """
import sys, threading
from onelayer.agents.chat import ChatMessages
from onelayer.agents.chat_server import ChatServer
from onelayer.agents.endpoint import EndpointAgent
agent = EndpointAgent(ChatServer(sys.argv[1], "m"), ChatMessages())
agent.submit(0, "hello", {})
while agent.step() == [] and threading.active_count() < 2: pass
agent.close()
print("left")
"""
    with Server(lambda _: Answer(completion("late"), delay=600)) as server:
        done = subprocess.run(
            [sys.executable, "-c", code, server.url],
            capture_output=True,
            text=True,
            timeout=100,  # long before the server answers
            check=False,
        )
    assert done.stdout == "left\n", done.stderr
