"""Build .venv from uv.lock with nothing but the standard library: no pip, no venv, no uv needed beforehand.

Where no uv is installed, the one that uv.lock names is downloaded for this platform and checked against its
locked SHA-256; then `uv sync` installs the rest. Every machine gets the same versions. Must run on any
Python from 3.11 on, and must not know where packages come from: the lock file says so.
"""

from __future__ import annotations

import hashlib
import http.client
import io
import os
import platform
import re
import shutil
import ssl
import subprocess
import sys
import tempfile
import tomllib
import urllib.error
import urllib.request
import zipfile
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
OLDEST_UV = (0, 5)
TIMEOUT = 60


def main() -> int:
    """Build the environment; return the exit code, after a sentence on what went wrong if it did."""
    if not os.access(ROOT, os.W_OK):
        return failed(f"{ROOT} cannot be written to; change its permissions or copy it somewhere else.")
    try:
        with some_uv() as uv:
            return sync(uv)
    except (urllib.error.URLError, http.client.HTTPException, TimeoutError) as error:
        return failed(f"uv could not be downloaded ({error}); the first setup needs the network.")
    except (OSError, LookupError, ValueError) as error:
        return failed(str(error))


def failed(sentence: str) -> int:
    """Say what went wrong; return the exit code for it."""
    print(f"setup: {sentence}", file=sys.stderr)  # noqa: T201
    return 1


def sync(uv: str) -> int:
    """Install exactly what uv.lock says, for the Python that runs this script."""
    print(f"setup: building .venv for Python {platform.python_version()} from uv.lock", flush=True)  # noqa: T201
    command = [uv, "sync", "--frozen", "--quiet", "--python", sys.executable]
    environment = os.environ | {"UV_PROJECT_ENVIRONMENT": ".venv"}
    if subprocess.run(command, cwd=ROOT, env=environment, check=False).returncode:  # noqa: S603
        return failed("the locked packages could not be installed (see above); the first setup needs the network.")
    return 0


@contextmanager
def some_uv() -> Generator[str]:
    """Yield the path of a uv: the environment's own, one on the PATH, or the locked one, downloaded."""
    for candidate in (str(ROOT / ".venv" / "bin" / "uv"), shutil.which("uv")):
        if candidate and new_enough(candidate):
            yield candidate
            return
    # not in /tmp: that is often mounted so that nothing in it can be executed
    with tempfile.TemporaryDirectory(prefix=".setup-", dir=ROOT) as folder:
        yield str(unpack(download(ROOT / "uv.lock"), Path(folder)))


def new_enough(uv: str) -> bool:
    """Whether that uv starts (a version manager's shim may not) and knows dependency groups."""
    try:
        answer = subprocess.run([uv, "--version"], capture_output=True, text=True, check=False).stdout  # noqa: S603
    except OSError:
        return False
    found = re.match(r"uv (\d+)\.(\d+)", answer)
    return found is not None and tuple(map(int, found.groups())) >= OLDEST_UV


def download(lock: Path) -> bytes:
    """Return the locked uv wheel for this platform, proven by its SHA-256.

    Raises:
        LookupError: there is no wheel for this platform.
        ValueError: the file is not the one that was locked.
        OSError: no network, or the server refuses.
    """
    packages = tomllib.loads(lock.read_text())["package"]
    wheels: list[dict[str, str]] = next(one["wheels"] for one in packages if one["name"] == "uv")
    wheel = next((one for one in wheels if fits(one["url"], platform_tags())), None)
    if wheel is None:
        raise LookupError(f"there is no ready-made uv for {platform.platform()}; install uv yourself, then try again.")
    data = fetch(wheel["url"])
    if "sha256:" + hashlib.sha256(data).hexdigest() != wheel["hash"]:
        raise ValueError("the downloaded uv is not the one in uv.lock; nothing was installed.")
    return data


def fits(url: str, tags: frozenset[str]) -> bool:
    """Whether one of a wheel's platform tags (the last part of its name, PEP 425) is among `tags`."""
    return not tags.isdisjoint(url.removesuffix(".whl").rpartition("-")[2].split("."))


def platform_tags() -> frozenset[str]:
    """Return the wheel tags that this machine accepts (PEP 600 manylinux, PEP 656 musllinux, macOS)."""
    machine = platform.machine().lower()
    if sys.platform == "darwin":
        newest = int(platform.mac_ver()[0].partition(".")[0])
        versions = {f"10_{minor}" for minor in range(9, 16)} | {f"{major}_0" for major in range(11, newest + 1)}
        return frozenset(f"macosx_{version}_{machine}" for version in versions)
    libc, version = platform.libc_ver()
    if libc != "glibc":
        return frozenset({f"musllinux_1_1_{machine}", f"linux_{machine}"})
    newest = int(version.split(".")[1])
    return frozenset({f"manylinux_2_{minor}_{machine}" for minor in range(5, newest + 1)} | {f"linux_{machine}"})


def fetch(url: str) -> bytes:
    """Return what is at `url`.

    A Python without certificates (minimal containers, python.org's on macOS) is no obstacle: the caller
    proves the bytes by their locked hash, wherever they came from.
    """
    try:
        return read(url, ssl.create_default_context())
    except urllib.error.URLError as error:
        if not isinstance(error.reason, ssl.SSLCertVerificationError):
            raise
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        return read(url, context)


def read(url: str, context: ssl.SSLContext) -> bytes:
    """Download `url` with that certificate policy."""
    with urllib.request.urlopen(url, timeout=TIMEOUT, context=context) as answer:  # noqa: S310
        data: bytes = answer.read()
    return data


def unpack(wheel: bytes, folder: Path) -> Path:
    """Write the wheel's uv program into `folder` and return its path."""
    with zipfile.ZipFile(io.BytesIO(wheel)) as archive:
        program = next(name for name in archive.namelist() if name.endswith("/scripts/uv"))
        target = folder / "uv"
        target.write_bytes(archive.read(program))
    target.chmod(0o755)
    return target


if __name__ == "__main__":
    sys.exit(main())
