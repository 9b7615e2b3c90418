#!/usr/bin/python3
"""Load, kill -9 at a random moment, restart, count.

    crash.py [--rounds 50] [--seed N] [--connections 4]

After every kill the engine starts again on the same data. At the end, when everything is
delivered, for every message that was acknowledged positively:
  - it is in the store, once (G1, G2);
  - it arrived at the receiver at least once;
  - it arrived more than once only where its trace says that an attempt repeated one whose outcome
    was not known (G4).
A message that was sent and not acknowledged may be there or not: nothing was promised.
The seed (printed) makes the same kills at the same points of the same load again, as far as the
machine's own timing allows.
"""
import argparse
import collections
import os
import random
import sys
import tempfile
import threading
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "scen"))
from engine import CONFIG, Engine, Mllp, Receiver, message, wait_for  # noqa: E402


class Load:
    """Connections that send one message after the other and note what was promised."""

    def __init__(self, connections):
        self.connections = connections
        self.lock = threading.Lock()
        self.acked = set()
        self.refused = []
        self.n_sent = 0
        self.threads = []
        self.stopping = False

    def next_id(self):
        with self.lock:
            self.n_sent += 1
            return f"C{self.n_sent:07d}"

    def run(self, address):
        try:
            with Mllp(address, 10) as peer:
                while not self.stopping:
                    control_id = self.next_id()
                    code, answered, answer = peer.call(message(control_id))
                    if answer is None:
                        return
                    with self.lock:
                        if code == "AA" and answered == control_id:
                            self.acked.add(control_id)
                        else:
                            self.refused.append((control_id, answer))
        except OSError:
            pass

    def start(self, address):
        self.stopping = False
        self.threads = [threading.Thread(target=self.run, args=(address,), daemon=True)
                        for _ in range(self.connections)]
        for thread in self.threads:
            thread.start()

    def join(self):
        self.stopping = True
        for thread in self.threads:
            thread.join(20)


def control_id_of(body):
    return body.split(b"|", 10)[9].decode()


def one_round(engine, load, rng, number):
    before = len(load.acked)
    target = before + rng.randrange(1, 400)
    load.start(engine.address("adt-in"))
    wait_for("some messages are acknowledged",
             lambda: len(load.acked) >= target or not any(t.is_alive() for t in load.threads), 60)
    engine.kill()
    load.join()
    engine.start()
    if load.refused:
        raise AssertionError(f"round {number}: refused without reason: {load.refused[0]}")


def settle(engine):
    def idle():
        channel = engine.get("/api/v1/channels/adt-in")["destinations"][0]
        queued = engine.get("/api/v1/messages?state=queued&limit=1")["items"]
        retrying = engine.get("/api/v1/messages?state=retrying&limit=1")["items"]
        uncertain = engine.get("/api/v1/messages?state=uncertain&limit=1")["items"]
        return not (channel["waiting"] or channel["inFlight"] or queued or retrying or uncertain)
    wait_for("everything is delivered", idle, 120)


def check(engine, load, receiver):
    """The oracle; returns a list of what is wrong."""
    wrong = []
    stored = collections.Counter()
    cursor = 0
    while True:
        page = engine.get(f"/api/v1/messages?limit=1000&before={cursor}")
        for item in page["items"]:
            stored[item["controlId"]] += 1
            if item["delivery"] != "delivered":
                wrong.append(f"{item['controlId']} is {item['delivery']}")
        cursor = page["next"]
        if not cursor:
            break
    arrived = collections.Counter(control_id_of(body) for body in receiver.bodies)
    for control_id in sorted(load.acked):
        if stored[control_id] != 1:
            wrong.append(f"{control_id} was acknowledged and is stored {stored[control_id]} times")
        if arrived[control_id] == 0:
            wrong.append(f"{control_id} was acknowledged and never arrived")
    doubled = [control_id for control_id, n in arrived.items() if n > 1]
    for control_id in doubled:
        attempts = [a for trace in engine.trace(control_id) for d in trace["deliveries"]
                    for a in d["attempts"]]
        if not any(a.get("repeatsUnknown") for a in attempts):
            wrong.append(f"{control_id} arrived {arrived[control_id]} times and nothing says why")
    for control_id in arrived:
        if stored[control_id] == 0:
            wrong.append(f"{control_id} arrived and is not stored")
    return wrong, len(doubled)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--rounds", type=int,
                        default=int(os.environ.get("ZS_TORTURE_ROUNDS") or 50))
    parser.add_argument("--seed", type=int, default=int(os.environ.get("SEED") or 0) or None)
    parser.add_argument("--connections", type=int, default=4)
    args = parser.parse_args()
    seed = args.seed if args.seed is not None else random.SystemRandom().randrange(1 << 32)
    rng = random.Random(seed)
    print(f"crash: {args.rounds} rounds, seed {seed}", flush=True)
    with tempfile.TemporaryDirectory(prefix="zarish-crash-") as work, Receiver() as receiver:
        os.environ["ZARISH_RECEIVER"] = str(receiver.port)
        load = Load(args.connections)
        with Engine(work, CONFIG) as engine:
            engine.start()
            for number in range(1, args.rounds + 1):
                one_round(engine, load, rng, number)
                if number % 50 == 0:
                    print(f"  {number} rounds, {len(load.acked)} acknowledged", flush=True)
            settle(engine)
            wrong, doubled = check(engine, load, receiver)
            status = engine.stop()
            if wrong or status != 0:
                print(engine.log_text()[-4000:])
    for line in wrong[:20]:
        print("WRONG:", line)
    print(f"crash: seed {seed}: {args.rounds} kills, {load.n_sent} sent, {len(load.acked)} "
          f"acknowledged, {doubled} repeated and flagged, {len(wrong)} wrong, "
          f"last stop {status}")
    return 1 if wrong or status != 0 else 0


if __name__ == "__main__":
    sys.exit(main())
