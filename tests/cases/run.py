#!/usr/bin/python3
"""Data cases: one folder, one case of the command line.

    NNN-name/cmd      shell lines; `zarish` is the program under test, the working directory is a
                      copy of the case's folder
            /out      standard output, byte for byte
            /err      standard error; no file means that nothing is written there
            /status   exit status; no file means 0

    run.py [--bless] [PATTERN]

--bless writes what came out as what is expected: read the diff before committing it. The program is
$ZARISH, by default build/zarish. A name with R in front of its number is a regression.
"""
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]


def run(case, program):
    with tempfile.TemporaryDirectory(prefix="zarish-case-") as tmp:
        work = Path(tmp) / "case"
        shutil.copytree(case, work)
        path = Path(tmp) / "bin"
        path.mkdir()
        (path / "zarish").symlink_to(program)
        env = {"PATH": f"{path}:/usr/bin:/bin", "HOME": tmp, "LC_ALL": "C.UTF-8", "TZ": "UTC"}
        env |= {k: v for k, v in os.environ.items() if k.startswith(("ASAN_", "UBSAN_", "LSAN_"))}
        try:
            done = subprocess.run(["bash", "cmd"], cwd=work, env=env, stdin=subprocess.DEVNULL,
                                  capture_output=True, timeout=60, check=False)
        except subprocess.TimeoutExpired:
            return {"out": b"", "err": b"took over 60 s\n", "status": b"timeout\n"}
        return {"out": done.stdout, "err": done.stderr, "status": b"%d\n" % done.returncode}


def expected(case):
    def read(name, default):
        file = case / name
        return file.read_bytes() if file.exists() else default
    return {"out": read("out", b""), "err": read("err", b""), "status": read("status", b"0\n")}


def bless(case, got):
    (case / "out").write_bytes(got["out"])
    for name, default in (("err", b""), ("status", b"0\n")):
        if got[name] != default:
            (case / name).write_bytes(got[name])
        else:
            (case / name).unlink(missing_ok=True)


def differ(case, want, got):
    for name in ("status", "out", "err"):
        if want[name] == got[name]:
            continue
        print(f"FAILED {case.name}: {name} differs")
        with tempfile.TemporaryDirectory() as tmp:
            for side, value in (("want", want[name]), ("got", got[name])):
                (Path(tmp) / side).write_bytes(value.replace(b"\r", b"<CR>\n"))
            shown = subprocess.run(["diff", "-u", "want", "got"], cwd=tmp, capture_output=True,
                                   text=True, errors="replace", check=False).stdout
        print("".join(f"  {line}\n" for line in shown.splitlines()[2:40]))


def main(args):
    blessing = "--bless" in args
    pattern = next((a for a in args if not a.startswith("-")), "")
    program = os.environ.get("ZARISH") or ROOT / "build/zarish"
    if not Path(program).exists():
        print(f"no program: {program}")
        return 77
    cases = sorted(d for d in HERE.iterdir() if (d / "cmd").exists() and pattern in d.name)
    failed = 0
    for case in cases:
        want, got = expected(case), run(case, Path(program).resolve())
        if want == got:
            continue
        if blessing:
            bless(case, got)
            print(f"blessed {case.name}")
        else:
            failed += 1
            differ(case, want, got)
    print(f"{len(cases) - failed} passed, {failed} failed")
    return 1 if failed else 0


sys.exit(main(sys.argv[1:]))
