#!/usr/bin/python3
"""Change the configuration at random while messages flow, kill -9 now and then, count.

    change.py [--rounds 50] [--seed N] [--connections 2]

Every round applies another configuration over the API: channels change their destination's URL,
their timeouts or their description, go away with what they have queued and come back, are paused
and go on; the receiver says 503 for a while. At the end everything is there again and delivered:
  - what was acknowledged is stored once and arrived (G1, G2), in the order it was taken (G3);
  - it arrived more than once only where its trace says that an attempt repeated one whose outcome
    was not known (G4), which only a kill may cause.
The seed (printed) makes the same changes again.
"""
import argparse
import json
import os
import random
import sys
import tempfile
import threading
import time
from pathlib import Path
from urllib.parse import urlsplit

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "scen"))
from crash import check, control_id_of  # noqa: E402
from engine import Engine, Mllp, Receiver, message, wait_for  # noqa: E402

CHANNELS = ["one", "two"]


class Sender:
    """A channel's peer: one message after the other to wherever the channel listens now."""

    def __init__(self, channel, where, acked):
        self.channel, self.where, self.acked = channel, where, acked
        self.n = 0
        self.refused = []
        self.stopping = False
        self.thread = threading.Thread(target=self.run, daemon=True)
        self.thread.start()

    def run(self):
        while not self.stopping:
            address = self.where.get(self.channel)
            try:
                with Mllp(address, 10) as peer:
                    while not self.stopping and self.call(peer):
                        pass
            except (OSError, TypeError):
                time.sleep(0.01)  # it does not listen: look again where it is

    def call(self, peer):
        self.n += 1
        control_id = f"{self.channel}-{self.n:07d}"
        code, answered, answer = peer.call(message(control_id))
        if answer is None:
            return False
        if code == "AA" and answered == control_id:
            self.acked.add(control_id)
        elif code != "AE":  # stopping or full: nothing was promised
            self.refused.append((control_id, answer))
        return True

    def stop(self):
        self.stopping = True
        self.thread.join(20)


def document(rng, port, present):
    """A configuration text: what is drawn is what changes."""
    parts = []
    for channel in CHANNELS:
        path = rng.choice("abc")
        timeout = rng.choice([2000, 3000])
        parts.append(f"integration: to-{channel}\ntype: rest_api\nendpoints: [ {{ name: in, "
                     f"method: POST, url: \"http://127.0.0.1:{port}/{path}\", "
                     f"timeout: {timeout}, retries: 1000 }} ]\n")
        if channel in present:
            parts.append(f"channel: {channel}\ndescription: \"{rng.randrange(3)}\"\n"
                         "source: { type: hl7_v2, listen: \"mllp://127.0.0.1:0\" }\n"
                         f"destinations: [ {{ to: to-{channel}/in, uncertain: resend, "
                         "backoff: { first: 5ms, max: 20ms } } ]\n")
    return "---\n".join(parts)


def apply(engine, text):
    status, _, body = engine.request("POST", "/api/v1/apply?prune=true", body=text,
                                     headers={"Content-Type": "application/yaml"})
    assert status == 200, (status, body[:500], text)
    return json.loads(body)


def look(engine, where):
    """Where the channels listen now."""
    items = engine.get("/api/v1/channels")["items"]
    for channel in CHANNELS:
        listens = [c.get("listens") for c in items if c["name"] == channel]
        url = urlsplit(listens[0]) if listens and listens[0] else None
        where[channel] = (url.hostname, url.port) if url else None


def one_round(engine, rng, receiver, where):
    present = [c for c in CHANNELS if rng.random() < 0.8]
    receiver.behave = (lambda body: 503) if rng.random() < 0.2 else (lambda body: 200)
    if rng.random() < 0.08:
        engine.kill()
        engine.start()
    apply(engine, document(rng, receiver.port, present))
    if present and rng.random() < 0.2:
        engine.request("POST", f"/api/v1/channels/{present[0]}/pause", body=b"")
    look(engine, where)
    time.sleep(rng.random() * 0.15)  # messages flow


def settle(engine, rng, receiver, where):
    receiver.behave = lambda body: 200
    apply(engine, document(rng, receiver.port, CHANNELS))
    for channel in CHANNELS:
        engine.request("POST", f"/api/v1/channels/{channel}/resume", body=b"")
    look(engine, where)

    def idle():
        return not any(engine.get(f"/api/v1/messages?state={state}&limit=1")["items"]
                       for state in ("queued", "retrying", "uncertain"))
    wait_for("everything is delivered", idle, 120)


def check_order(receiver):
    """What arrived first of each channel came in the order of its numbers."""
    wrong, newest, seen = [], {}, set()
    for body in receiver.bodies:
        control_id = control_id_of(body)
        channel = control_id.split("-")[0]
        if control_id in seen:
            continue
        seen.add(control_id)
        if control_id < newest.get(channel, ""):
            wrong.append(f"{control_id} arrived behind {newest[channel]}")
        newest[channel] = control_id
    return wrong


class Promised:
    """What crash.check wants of a load."""

    def __init__(self):
        self.acked = set()


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--rounds", type=int,
                        default=int(os.environ.get("ZS_TORTURE_ROUNDS") or 50))
    parser.add_argument("--seed", type=int, default=int(os.environ.get("SEED") or 0) or None)
    args = parser.parse_args()
    seed = args.seed if args.seed is not None else random.SystemRandom().randrange(1 << 32)
    rng = random.Random(seed)
    print(f"change: {args.rounds} rounds, seed {seed}", flush=True)
    promised, where = Promised(), {}
    with tempfile.TemporaryDirectory(prefix="zarish-change-") as work, Receiver() as receiver, \
            Engine(work, "engine: torture\n") as engine:
        engine.start()
        apply(engine, document(rng, receiver.port, CHANNELS))
        look(engine, where)
        senders = [Sender(channel, where, promised.acked) for channel in CHANNELS]
        for _ in range(args.rounds):
            one_round(engine, rng, receiver, where)
        for sender in senders:
            sender.stop()
        settle(engine, rng, receiver, where)
        wrong, doubled = check(engine, promised, receiver)
        wrong += check_order(receiver)
        wrong += [f"refused without reason: {r}" for s in senders for r in s.refused[:3]]
        status = engine.stop()
        if status != 0:
            wrong.append(f"the engine ended with {status}\n{engine.log_text()[-3000:]}")
    print(f"change: {len(promised.acked)} acknowledged, {len(receiver.bodies)} arrived, "
          f"{doubled} repeated")
    for line in wrong[:20]:
        print(f"change: {line}")
    if not promised.acked:
        print("change: nothing was acknowledged")
    return 1 if wrong or not promised.acked else 0


if __name__ == "__main__":
    sys.exit(main())
