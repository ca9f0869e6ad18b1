#!/usr/bin/python3
"""Builds the libFuzzer programs with clang and the sanitizers and runs each: 60 s from a random seed in the long form; in CI
a fixed count of inputs from a fixed seed, about 10 s, so that the same tree gives the same verdict.

Skipped otherwise. A crash's input is kept in the build directory and named; it becomes a file of the corpus with the fix.
usage: timed.py BUILD
"""
import os
import shutil
import subprocess
import sys
import tempfile

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
RUNS = {"capture": 200000, "conf": 1500, "edit": 20000, "engine": 1500, "fragments": 1500, "icmp": 5000, "icmp6": 20000,
        "ipc": 1000000, "nd": 500, "op": 60000, "screens": 250, "syn": 4000, "tcp": 40000}
LONG = bool(os.environ.get("SALLYPORT_TEST_LONG"))


def run(command, environment=None):
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace",
                          env=environment)
    return done.returncode, done.stdout


def main():
    if not LONG and not os.environ.get("SALLYPORT_TEST_CI"):
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
    status, output = run(["ninja", "-C", build, *(f"tests/fuzz/libfuzzer-{name}" for name in RUNS)])
    if status != 0:
        print(output[-3000:])
        return 1
    failed = 0
    for name, runs in RUNS.items():
        grown = tempfile.mkdtemp(prefix=f"corpus-{name}-", dir=build)
        how = ["-max_total_time=60"] if LONG else [f"-runs={runs}", "-seed=1"]
        status, output = run([os.path.join(build, "tests", "fuzz", "libfuzzer-" + name), grown,
                              os.path.join(TOP, "tests", "fuzz", "corpus", name), *how, "-timeout=20",
                              "-rss_limit_mb=4096", f"-artifact_prefix={build}/crash-{name}-", "-print_final_stats=1"])
        shutil.rmtree(grown)
        figures = [line for line in output.splitlines() if "number_of_executed_units" in line or "cov:" in line]
        print(f"{name}: " + " ".join(figures[-2:]))
        if status != 0:
            print(output[-4000:])
            failed += 1
    return 1 if failed else 0


sys.exit(main())
