"""The driver of kaskade: its own command line makes its application, Textual's Pilot presses its keys, and what its widgets
then show is the answer. One session of the admin screens lasts until `close` or the end; each topic whose records are read has
a session of its own.

| Operation | Arguments → answer |
|---|---|
| `topics` | filter → rows of the table of topics, after a refresh |
| `describe` | topic → the tables behind a topic: partitions, configurations, groups, group-offsets, group-members |
| `create`, `edit`, `remove` | topic and what is typed into the form → what kaskade says of it |
| `records` | topic, count → rows of the table of records, earliest first, and the headers of the last one |
| `close` | the next operation opens the admin screens anew |
"""

import asyncio
import os
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))

from kaskade.admin import ListTopics  # noqa: E402
from kaskade.main import cli  # noqa: E402
from textual.app import App  # noqa: E402
from textual.coordinate import Coordinate  # noqa: E402
from textual.widgets import DataTable, TabbedContent  # noqa: E402

from driver import BOOTSTRAP, serve  # noqa: E402

PATIENCE_S = 60
DETAILS = ("partitions", "configurations", "groups", "group-offsets", "group-members")


def application(*arguments):
    """The application that `kaskade ARGUMENTS` would run in this terminal."""
    made = []
    run, App.run = App.run, lambda app: made.append(app)
    try:
        cli.main([arguments[0], "-b", BOOTSTRAP, *arguments[1:]], standalone_mode=False)
    finally:
        App.run = run
    return made[0]


async def until(pilot, what, shown):
    """Waits until `shown()` answers something, and answers that."""
    end = time.monotonic() + PATIENCE_S
    while True:
        await pilot.pause()
        answer = shown()
        if answer:
            return answer
        if time.monotonic() > end:
            raise TimeoutError(f"waited {PATIENCE_S} s for {what}; kaskade says: {list(said(pilot).values())}")
        await asyncio.sleep(0.02)


def said(pilot):
    """What kaskade has said and still shows, by identity."""
    return {each.identity: f"{each.title}: {each.message}" for each in pilot.app._notifications}


def rows(table):
    return [[str(table.get_cell_at(Coordinate(row, column))) for column in range(len(table.columns))] for row in range(table.row_count)]


async def type_over(pilot, *texts):
    """Types into one input after the other; an input selects what it holds when it gets the focus."""
    for index, text in enumerate(texts):
        if index > 0:
            await pilot.press("tab")
        await pilot.press(*text)


async def focus(pilot):
    # A table that shows that it is loading loses the focus.
    if pilot.app.focused is None:
        await pilot.press("tab")


async def main_screen(pilot):
    while len(pilot.app.screen_stack) > 1:
        await pilot.press("escape")
        await pilot.pause()
    await focus(pilot)


class Session:
    """Runs operations one by one in the task where the application runs, as Textual asks."""

    def __init__(self, app):
        self._requests = asyncio.Queue()
        self._task = asyncio.create_task(self._run(app))

    async def _run(self, app):
        async with app.run_test(size=(160, 48)) as pilot:
            while (request := await self._requests.get()) is not None:
                operation, answer = request
                try:
                    answer.set_result(await operation(pilot))
                except Exception as error:
                    answer.set_exception(error)

    async def do(self, operation):
        answer = asyncio.get_running_loop().create_future()
        await self._requests.put((operation, answer))
        await asyncio.wait({answer, self._task}, return_when=asyncio.FIRST_COMPLETED)
        if not answer.done():
            raise RuntimeError("the application has ended") from self._task.exception()
        return answer.result()

    async def end(self):
        await self._requests.put(None)
        await self._task


admin_session = None


async def admin(operation):
    global admin_session
    if admin_session is None:
        admin_session = Session(application("admin", "--refresh-interval", "0"))
    return await admin_session.do(operation)


def topics_table(pilot):
    return pilot.app.screen_stack[0].query_one("#topics-table", DataTable)


async def refreshed(pilot):
    await main_screen(pilot)
    listing = pilot.app.screen.query_one(ListTopics)
    busy = listing.refresh_coordinator

    def idle():
        return not busy.active and not busy.mutation_active

    await until(pilot, "the refresh before to end", idle)
    await focus(pilot)
    before = listing.last_updated_at
    await pilot.press("ctrl+r")
    await until(pilot, "the topics", lambda: idle() and listing.last_updated_at != before)
    await focus(pilot)


async def select(pilot, topic):
    await refreshed(pilot)
    table = topics_table(pilot)
    await until(pilot, f"topic {topic} in the table", lambda: topic in [str(key.value) for key in table.rows])
    names = [str(key.value) for key in table.rows]
    await pilot.press("ctrl+home", *["down"] * names.index(topic))
    await pilot.pause()


async def screen(pilot, name):
    await until(pilot, f"the screen {name}", lambda: type(pilot.app.screen).__name__ == name)


async def outcome(pilot, before):
    """What kaskade says next."""
    await until(pilot, "a word about it", lambda: said(pilot).keys() - before)
    return " ".join(text for identity, text in said(pilot).items() if identity not in before)


async def topics(filter=""):  # noqa: A002
    async def work(pilot):
        await refreshed(pilot)
        if filter:
            await pilot.press("/")
            await screen(pilot, "FilterTopicsScreen")
            await pilot.press(*filter, "enter")
            await screen(pilot, "Screen")
        shown = rows(topics_table(pilot))
        if filter:
            await pilot.press("escape")
        return shown

    return await admin(work)


async def describe(topic):
    async def work(pilot):
        await select(pilot, topic)
        await pilot.press("d")
        await screen(pilot, "DescribeTopicScreen")
        shown = {}
        for name in DETAILS:
            tabs = pilot.app.screen.query_one(TabbedContent)
            await until(pilot, f"the tab {name}", lambda: tabs.active == name)
            shown[name] = rows(pilot.app.screen.query_one(f"#{name}-table", DataTable))
            await pilot.press("l")
        await main_screen(pilot)
        return shown

    return await admin(work)


async def create(topic, partitions):
    async def work(pilot):
        await main_screen(pilot)
        before = said(pilot).keys()
        await pilot.press("n")
        await screen(pilot, "CreateTopicScreen")
        await type_over(pilot, topic, str(partitions))
        await pilot.press("ctrl+s")
        return await outcome(pilot, before)

    return await admin(work)


async def edit(topic, partitions, retentionMs):
    async def work(pilot):
        await select(pilot, topic)
        before = said(pilot).keys()
        await pilot.press("e")
        await screen(pilot, "EditTopicScreen")
        await type_over(pilot, str(partitions), str(retentionMs))
        await pilot.press("ctrl+s")
        return await outcome(pilot, before)

    return await admin(work)


async def remove(topic, typed=None):
    async def work(pilot):
        await select(pilot, topic)
        before = said(pilot).keys()
        await pilot.press("ctrl+d")
        await screen(pilot, "DeleteTopicScreen")
        await pilot.press(*(typed or topic), "enter")
        answer = await outcome(pilot, before)
        await main_screen(pilot)
        return answer

    return await admin(work)


async def records(topic, count):
    async def work(pilot):
        table = pilot.app.screen.query_one("#records-table", DataTable)
        await until(pilot, "the first records", lambda: not table.loading)
        await focus(pilot)
        while table.row_count < count:
            before = table.row_count
            await pilot.press("n")
            await until(pilot, "more records", lambda: not table.loading)
            if table.row_count == before:
                break
        shown = rows(table)
        await focus(pilot)
        await pilot.press("ctrl+end", "enter")
        await screen(pilot, "TopicScreen")
        await until(pilot, "the headers", lambda: pilot.app.screen.query("#record-headers-list").first(DataTable))
        headers = [name for _, name in rows(pilot.app.screen.query_one("#record-headers-list", DataTable))]
        await main_screen(pilot)
        return {"rows": shown, "headers": headers}

    session = Session(application("consumer", "-t", topic, "--earliest", "-k", "string", "-v", "string"))
    try:
        return await session.do(work)
    finally:
        await session.end()


async def close():
    global admin_session
    ending, admin_session = admin_session, None
    if ending is not None:
        await ending.end()


serve(
    {
        "topics": topics,
        "describe": describe,
        "create": create,
        "edit": edit,
        "remove": remove,
        "records": records,
        "close": close,
    },
    close,
)
