"""What followers are told: pure state, and the bytes of it."""

from collections.abc import Mapping

from hypothesis import given
from hypothesis import strategies as st

from gridpulse_query_api.following import Followed, Message, RowKey
from gridpulse_query_api.streams import encoded

KEYS = st.builds(RowKey, st.integers(0, 5), st.sampled_from(("carbon-intensity", "power-breakdown")))
STATES = st.dictionaries(KEYS, st.integers(0, 2)).map(
    lambda state: {key: f"{key.at_ms} {value}".encode() for key, value in state.items()}
)


def rows(**data: str) -> dict[RowKey, bytes]:
    """Rows of one event, by hours written h1, h2."""
    return {RowKey(int(name[1:]), "power-breakdown"): value.encode() for name, value in data.items()}


def told(messages: list[Message]) -> list[str]:
    return [message.data.decode() for message in messages]


def test_new_and_revised_rows_are_told_in_the_order_of_time() -> None:
    followed = Followed()
    assert followed.see(rows(h2="b", h1="a"))
    first = followed.number
    assert told(followed.newest()) == ["b"]
    assert followed.see(rows(h1="a2", h2="b", h3="c"))
    assert told(followed.since(first)) == ["a2", "c"]
    assert told(followed.since(0)) == ["a2", "b", "c"]


def test_the_same_again_is_no_news() -> None:
    followed = Followed()
    assert followed.see({})
    assert not followed.see({})
    assert followed.see(rows(h1="a"))
    assert not followed.see(rows(h1="a"))


def test_a_row_that_leaves_the_window_changes_the_id_and_tells_nothing() -> None:
    followed = Followed()
    followed.see(rows(h1="a", h2="b"))
    number, state_id = followed.number, followed.state_id
    assert followed.see(rows(h2="b"))
    assert followed.state_id != state_id
    assert followed.since(number) == []


def test_a_state_that_nobody_knows_means_everything() -> None:
    followed = Followed()
    followed.see(rows(h1="a"))
    assert told(followed.since(followed.number_of("of another time"))) == ["a"]


@given(st.lists(STATES, min_size=1), st.integers(0, 20))
def test_a_client_that_comes_back_has_all_rows(states: list[Mapping[RowKey, bytes]], left_after: int) -> None:
    followed, client, known = Followed(), dict[RowKey, bytes](), ""
    for number, state in enumerate(states):
        followed.see(state)
        if number <= left_after:
            client, known = dict(state), followed.state_id
    for event, data in followed.since(followed.number_of(known)):
        client[RowKey(int(data.split()[0]), event)] = data
    assert client.items() >= states[-1].items()


@given(STATES)
def test_two_processes_give_a_state_the_same_id(state: Mapping[RowKey, bytes]) -> None:
    one, other = Followed(), Followed()
    other.see(rows(h9="earlier"))
    for followed in (one, other):
        followed.see(dict(sorted(state.items(), reverse=True)))
    assert one.state_id == other.state_id


def test_only_the_last_message_moves_the_id() -> None:
    text = encoded([Message("a", b"1"), Message("b", b"2")], "abc").decode()
    assert text == "event: a\ndata: 1\n\nid: abc\nevent: b\ndata: 2\n\n"
    assert encoded([], "abc") == b"id: abc\n\n"
