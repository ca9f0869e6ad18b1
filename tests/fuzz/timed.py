#!/usr/bin/python3
"""Builds the libFuzzer programs with clang and the sanitizers and runs each for a while: 60 s in the long form, 10 s in CI.

Skipped otherwise. A crash's input is kept in the build directory and named; it becomes a file of the corpus with the fix.
usage: timed.py BUILD
"""
import os
import subprocess
import sys

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
NAMES = ("capture", "conf", "edit", "engine", "ipc", "op")
SECONDS = 60 if os.environ.get("SALLYPORT_TEST_LONG") else 10 if os.environ.get("SALLYPORT_TEST_CI") else 0


def run(command, environment=None):
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace",
                          env=environment)
    return done.returncode, done.stdout


def main():
    if SECONDS == 0:
        print("only in the long form and in CI")
        return 77
    build = os.path.join(os.path.abspath(sys.argv[1]), "fuzz")
    if not os.path.exists(os.path.join(build, "build.ninja")):
        status, output = run(["meson", "setup", build, TOP, "-Db_sanitize=address,undefined", "-Db_lundef=false",
                              "-Dbuildtype=debugoptimized", "-Dc_args=-fsanitize=fuzzer-no-link"],
                             dict(os.environ, CC="clang"))
        if status != 0:
            print(output[-3000:])
            return 1
    status, output = run(["ninja", "-C", build, *(f"tests/fuzz/libfuzzer-{name}" for name in NAMES)])
    if status != 0:
        print(output[-3000:])
        return 1
    failed = 0
    for name in NAMES:
        grown = os.path.join(build, "corpus-" + name)
        os.makedirs(grown, exist_ok=True)
        status, output = run([os.path.join(build, "tests", "fuzz", "libfuzzer-" + name), grown,
                              os.path.join(TOP, "tests", "fuzz", "corpus", name), f"-max_total_time={SECONDS}", "-timeout=20",
                              "-rss_limit_mb=4096", f"-artifact_prefix={build}/crash-{name}-", "-print_final_stats=1"])
        figures = [line for line in output.splitlines() if "number_of_executed_units" in line or "cov:" in line]
        print(f"{name}: " + " ".join(figures[-2:]))
        if status != 0:
            print(output[-4000:])
            failed += 1
    return 1 if failed else 0


sys.exit(main())
