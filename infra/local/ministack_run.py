"""Runs MiniStack with the two mends that a durable laptop stack needs. Started by `cargo xtask up`.

1. MiniStack writes its state only when it is asked to stop, so a crash or `kill -9` would lose every order since the
   last start. Here tables and executions are written about a second after a change, and everything on SIGUSR1
   (after a deploy); STATE_DIR/checkpoint then holds a counter, so that whoever asked sees it done.
2. It stores how far a stream's readers are, but not the stream. After a restart the new, empty stream would be read
   from the old position: the first so many changes would never reach `dispatch`. Here reading begins at its start.
   (What had not been read when it stopped is lost, as the executions are; reconcile covers both.)

Checked against ministack 1.5.33, which infra/local/requirements.txt pins.
"""

import asyncio
import os
import signal
import time

from ministack import app
from ministack.core import persistence

SECONDS_BETWEEN_CHECKPOINTS = 1.0
# What changes while the system is used. Objects in buckets are on disk at once (S3_PERSIST).
LIVELY = ("dynamodb", "stepfunctions")


def _state_key(module):
    return next(key for key, name in app._state_map.items() if name == module)


def _fingerprint():
    from ministack.services import dynamodb, stepfunctions

    executions = tuple((e.get("status"), len(e.get("events") or ())) for e in stepfunctions._executions.all_values())
    return dynamodb._stream_seq_counter, hash(executions), len(executions)


async def _save(wanted=None):
    # The copies on the event loop on purpose: requests are served there, so no write is half done in them.
    getters = app._build_persistence_save_dict()
    states = {key: get() for key, get in getters.items() if wanted is None or key in wanted}
    for key, state in states.items():
        if state is not None:
            await asyncio.to_thread(persistence.save_state, key, state)


async def _checkpoints():
    asked = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGUSR1, asked.set)
    lively = {_state_key(module) for module in LIVELY}
    mark = os.path.join(persistence.STATE_DIR, "checkpoint")
    seen, count, pause = _fingerprint(), 0, SECONDS_BETWEEN_CHECKPOINTS
    while True:
        try:
            await asyncio.wait_for(asked.wait(), pause)
        except TimeoutError:
            pass
        began = time.monotonic()
        try:
            if asked.is_set():
                asked.clear()
                await _save()
                count += 1
                with open(mark + ".tmp", "w") as file:
                    file.write(f"{os.getpid()} {count}\n")
                os.replace(mark + ".tmp", mark)
            elif (now := _fingerprint()) != seen:
                await _save(lively)
                seen = now
        except Exception:  # a dictionary that a worker thread changed meanwhile; the next round gets it
            app.logger.exception("checkpoint failed, trying again")
        pause = max(SECONDS_BETWEEN_CHECKPOINTS, 10 * (time.monotonic() - began))


def _load_and_mend(load=app._load_persisted_state):
    load()
    from ministack.services import lambda_svc

    positions = lambda_svc._dynamodb_stream_positions._data
    for key in positions:
        positions[key] = 0
    asyncio.get_running_loop().create_task(_checkpoints())


app._load_persisted_state = _load_and_mend
app.logger.info("checkpoints on")
persistence.logger.setLevel("WARNING")

if __name__ == "__main__":
    app.main()
