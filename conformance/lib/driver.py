"""The driver's side for clients of Python: what driver-node.mjs is for Node.

serve(operations, close) answers requests on stdin. Operations of a synchronous client run in threads, those of an
asyncio client (coroutine functions) on the loop, so that a member can take "leave" while it consumes.
"""

import asyncio
import base64
import inspect
import json
import os
import sys
import threading
import traceback
from concurrent.futures import ThreadPoolExecutor

BOOTSTRAP = os.environ["BOOTSTRAP"]
_out = threading.Lock()


class Absent(Exception):
    """The client has no such operation."""


def absent(why):
    def operation(**_arguments):
        raise Absent(why)

    return operation


def from64(text):
    return None if text is None else base64.b64decode(text)


def to64(value):
    if value is None:
        return None
    if isinstance(value, str):
        value = value.encode()
    return base64.b64encode(value).decode()


def write(message):
    with _out:
        sys.stdout.write(json.dumps(message) + "\n")
        sys.stdout.flush()


def emit(event, **fields):
    write({"event": event, **fields})


def sentence(error):
    parts = []
    while error is not None and len(parts) < 5:
        parts.append(f"{type(error).__name__} {error}")
        error = error.__cause__ or error.__context__
    return "; ".join(parts)


async def _answer(pool, operations, request):
    arguments = dict(request)
    number, name = arguments.pop("id"), arguments.pop("op")
    try:
        operation = operations.get(name)
        if operation is None:
            raise Absent(f"the driver has no operation {name}")
        if inspect.iscoroutinefunction(operation):
            result = await operation(**arguments)
        else:
            loop = asyncio.get_running_loop()
            result = await loop.run_in_executor(pool, lambda: operation(**arguments))
        write({"id": number, "ok": {} if result is None else result})
    except Absent as error:
        write({"id": number, "absent": str(error)})
    except Exception as error:  # the suite decides what an error means
        traceback.print_exc()
        write({"id": number, "error": sentence(error)})


async def _serve(operations, close):
    loop = asyncio.get_running_loop()
    reader = asyncio.StreamReader(limit=64 * 1024 * 1024)
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    pool = ThreadPoolExecutor(max_workers=16)
    running = set()
    while line := await reader.readline():
        task = loop.create_task(_answer(pool, operations, json.loads(line)))
        running.add(task)
        task.add_done_callback(running.discard)
    if close is not None:
        result = close()
        if inspect.isawaitable(result):
            await result
    sys.stdout.flush()
    os._exit(0)


def serve(operations, close=None):
    asyncio.run(_serve(operations, close))
