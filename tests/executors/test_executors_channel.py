from __future__ import annotations

import os

from hypothesis import given
from hypothesis import strategies as st

from uetbuild.executors.channel import Inbox, Outbox, frame


@given(st.lists(st.tuples(st.text(), st.binary(max_size=50), st.integers()), max_size=6), st.data())
def test_messages_arrive_whole_however_the_pipe_cuts_them(messages, data):
    stream = b"".join(frame([message]) for message in messages)
    cuts = sorted(data.draw(st.lists(st.integers(0, len(stream)), max_size=6)))
    reading, writing = os.pipe()
    inbox, received = Inbox(reading, "order.reading"), []
    for start, end in zip([0, *cuts], [*cuts, len(stream)], strict=True):
        if start < end:
            os.write(writing, stream[start:end])
            received += inbox.receive()
    os.close(writing)
    assert received == messages
    assert inbox.receive() == []
    assert inbox.closed
    os.close(reading)


def test_messages_wait_for_the_flush_and_cross_in_one_write():
    reading, writing = os.pipe()
    outbox = Outbox(writing)
    outbox.post((1,))
    outbox.post((2,))
    outbox.flush()
    assert Inbox(reading, "order.reading").receive() == [(1,), (2,)]
    os.close(reading)
    os.close(writing)


def test_an_outbox_whose_reader_is_gone_is_closed():
    reading, writing = os.pipe()
    os.close(reading)
    outbox = Outbox(writing)
    outbox.post((1,))
    outbox.flush()
    assert outbox.closed
    os.close(writing)
