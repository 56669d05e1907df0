# SPDX-FileCopyrightText: 2026 The dataprotection.access authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The checks that need more than one interpreter, and the pins. `make` calls these; CONTRIBUTING.md tells when."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import urllib.error
import urllib.request
from pathlib import Path

import nox
import yaml

HERE = Path(__file__).parent.resolve()
BUILD = HERE / "build"
BIN = HERE / ".venv" / "bin"
REQUIREMENTS = HERE / "requirements"
HEADER = """\
# SPDX-FileCopyrightText: 2026 The dataprotection.access authors
# SPDX-License-Identifier: GPL-3.0-or-later
# Made from the .in file by `make pins`; do not edit.
"""

# The supported releases of ansible-core, oldest first, with the Pythons that each runs on.
CORES: dict[str, list[str]] = yaml.safe_load((REQUIREMENTS / "cores.yml").read_text(encoding="utf-8"))
# A matrix without the oldest, the newest and one between proves too little.
OLDEST, *MIDDLE, NEWEST = CORES
NICKNAMES = {"oldest": OLDEST, "previous": MIDDLE[-1], "newest": NEWEST}
ASKED_FOR = [NICKNAMES.get(name, name) for name in os.environ.get("MATRIX_CORES", "").split()]
CHOSEN = ASKED_FOR or list(CORES)
ALL_PYTHONS = bool(os.environ.get("MATRIX_ALL"))
# The unit tests of the collection; the simulator's own, which know nothing of ansible-core, are not among them. From the Makefile.
UNIT = os.environ.get("UNIT", "tests/unit").split()
# The oldest Python that a module may run on: one that no supported controller runs on any more.
LOWEST_TARGET = "3.9"
MIDDLE_TESTS = ["tests/unit/documentation", "tests/unit/house"]
# The rest of tests/awx is about AWX, whatever the core.
JOBS = "tests/awx/test_jobs.py"
PYTEST = ["python", "-m", "pytest", "-q", "-n", "2", "-m", "not slow"]

nox.needs_version = ">=2025.2.9"
nox.options.default_venv_backend = "venv"
nox.options.envdir = str(BUILD / "nox")
nox.options.reuse_venv = "yes"
nox.options.error_on_missing_interpreters = True
nox.options.sessions = ["matrix_complete", "matrix"]


def find_python(version: str) -> str | None:
    """The path of a Python that starts and is of that version: from pyenv's folder, or on PATH."""
    pyenv = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv")) / "versions"
    candidates = [str(path) for path in sorted(pyenv.glob(f"{version}*/bin/python{version}"))]
    on_path = shutil.which(f"python{version}")
    if on_path:
        candidates.append(on_path)
    for candidate in candidates:
        # A pyenv shim on PATH exists, and fails, for every version pyenv ever installed: so ask.
        asked = subprocess.run(
            [candidate, "-c", "import ensurepip, sys; print('%d.%d' % sys.version_info[:2])"],
            capture_output=True,
            text=True,
            timeout=20,
            check=False,
        )
        if asked.stdout.strip() == version:
            return candidate
    return None


WANTED = sorted({version for versions in CORES.values() for version in versions} | {LOWEST_TARGET})
PYTHONS = {version: path for version, path in zip(WANTED, map(find_python, WANTED), strict=True) if path}


def cells(every_python: bool) -> list[tuple[str, str]]:
    """The (ansible-core, Python) pairs that can run here: the lowest Python of each core, or all.

    MATRIX_CORES keeps to some cores, by number or as oldest, previous (to the newest) and newest.
    """
    pairs = []
    for core, versions in CORES.items():
        if core not in CHOSEN:
            continue
        found = [version for version in versions if version in PYTHONS]
        pairs += [(core, version) for version in (found if every_python else found[:1])]
    return pairs


LOWEST_CELLS = cells(every_python=False)


@nox.session(venv_backend="none")
def matrix_complete(session: nox.Session) -> None:
    """Say which cells of the matrix cannot run here; fail when one was asked for by name, or when too few of all can."""
    unknown = set(CHOSEN) - set(CORES)
    if unknown:
        session.error(f"MATRIX_CORES: {', '.join(sorted(unknown))} is none of {', '.join(CORES)}")
    runnable = {core for core, _version in LOWEST_CELLS}
    for core in CORES:
        if core in CHOSEN and core not in runnable:
            session.warn(f"SKIPPED: ansible-core {core} needs Python {' or '.join(CORES[core])}, and none was found")
    missing = [core for core in (ASKED_FOR or (OLDEST, NEWEST)) if core not in runnable]
    if not ASKED_FOR and not runnable.intersection(MIDDLE):
        missing.append(" or ".join(MIDDLE))
    if missing:
        session.error(f"cannot run ansible-core {', '.join(missing)}: install a Python for it")


@nox.session(venv_backend="venv")
@nox.parametrize(
    ("python", "core"),
    [nox.param(PYTHONS[version], core, id=f"{core}-py{version}") for core, version in cells(ALL_PYTHONS)],
)
def matrix(session: nox.Session, core: str) -> None:
    """Unit, integration, leak and AWX tests on one ansible-core. Between the oldest and the newest, fewer of them (MATRIX_ALL=1: all)."""
    is_end = core in (OLDEST, NEWEST) or ALL_PYTHONS
    # Most unit tests do not know ansible-core: where time is short, the oldest Python alone runs them.
    unit = [*MIDDLE_TESTS, "tests/unit/controller"] if core == NEWEST and os.environ.get("MATRIX_UNIT") == "oldest" else UNIT
    tests = [*unit, "tests/integration", "tests/leaks", JOBS] if is_end else [*MIDDLE_TESTS, "tests/integration", JOBS]
    session.install("-qq", "-r", str(REQUIREMENTS / "matrix" / f"{core}.txt"))
    session.run(*PYTEST, *(session.posargs or tests), env={"PYTHONPATH": ""})


def lowest_target(session: nox.Session, libraries: str) -> str:
    """Make an environment for modules with the oldest Python and these libraries; return its interpreter."""
    if LOWEST_TARGET not in PYTHONS:
        session.error(f"Python {LOWEST_TARGET} was not found, which the modules must run on")
    folder = BUILD / "nox" / "lowest-target"
    session.run(PYTHONS[LOWEST_TARGET], "-m", "venv", "--clear", str(folder), external=True)
    python = str(folder / "bin" / "python")
    session.run(python, "-m", "pip", "install", "-qq", "--no-deps", "-r", libraries, external=True)
    return python


@nox.session(venv_backend="venv")
@nox.parametrize(
    ("python", "core", "libraries"),
    [
        nox.param(PYTHONS[dict(LOWEST_CELLS)[core]], core, libraries, id=libraries)
        for core, libraries in ((OLDEST, "lowest"), (NEWEST, "newest"))
        if core in dict(LOWEST_CELLS)
    ],
)
def libraries(session: nox.Session, core: str, libraries: str) -> None:
    """Unit and integration tests with the lowest requests, urllib3 and hvac that are supported, or with the newest that there are.

    The lowest are both sides': the controller's, and those of targets with the oldest Python.
    """
    session.install("-qq", "-r", str(REQUIREMENTS / "matrix" / f"{core}.txt"))
    environment = {"PYTHONPATH": ""}
    if libraries == "lowest":
        pinned = str(REQUIREMENTS / "lowest.txt")
        session.install("-qq", "--no-deps", "-r", pinned)
        environment["TARGET_PYTHON"] = lowest_target(session, pinned)
    else:
        session.install("-qq", "--upgrade", "requests", "urllib3", "hvac")
    session.run("python", "-c", "import hvac, requests, urllib3; print(requests.__version__, urllib3.__version__)")
    session.run(*PYTEST, *(session.posargs or [*UNIT, "tests/integration"]), env=environment)


def tracked_files() -> list[str]:
    """What git has or would add: the tree as a clone of the next commit would hold it."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=HERE,
        capture_output=True,
        text=True,
        check=True,
    )
    return [name for name in listed.stdout.split("\0") if name and (HERE / name).exists()]


def reachable(session: nox.Session, address: str) -> bool:
    try:
        urllib.request.urlopen(address, timeout=5)
    except urllib.error.HTTPError:
        pass  # it answered
    except OSError as error:
        session.log(f"{address} cannot be reached ({error})")
        return False
    return True


def do_without_downloads(session: nox.Session) -> None:
    """Let ansible-test make its virtual environments where there is a package index and nothing else.

    Where the hosts that it downloads from answer, nothing is done. Elsewhere its cache gets a pip bootstrap script that makes
    the interpreter's own pip fetch the version that ansible-test asks for, and what it would build from an archive of sources
    becomes the newest release of the same name.
    """
    where = session.run("python", "-c", "import ansible_test; print(ansible_test.__path__[0])", silent=True, log=False)
    package = Path(str(where).strip())
    if not reachable(session, "https://ci-files.testing.ansible.com/"):
        cache = Path.home() / ".ansible/test/cache"
        cache.mkdir(parents=True, exist_ok=True)
        source = (package / "_internal/python_requirements.py").read_text(encoding="utf-8")
        for version in re.findall(r"\bpip='([0-9.]+)'", source):
            target = cache / f"get_pip_{version.replace('.', '_')}.py"
            if not target.exists():
                shutil.copyfile(HERE / "tests/sanity/pip_bootstrap.py", target)
    if not reachable(session, "https://github.com/"):
        for path in (package / "_data/requirements").glob("sanity.*.txt"):
            text = path.read_text(encoding="utf-8")
            path.write_text(re.sub(r"^([\w-]+) ?@ ?https://github\.com/\S+", r"\1", text, flags=re.MULTILINE), encoding="utf-8")


def ansible_test(session: nox.Session, core: str, *arguments: str) -> None:
    """Run ansible-test of one ansible-core on a copy of the tree, where it finds the collection by its folder."""
    session.install("-qq", "ansible-core", "--constraint", str(REQUIREMENTS / "matrix" / f"{core}.txt"))
    root = BUILD / "ansible-test" / core / "ansible_collections" / "dataprotection" / "access"
    shutil.rmtree(root, ignore_errors=True)
    for name in tracked_files():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(HERE / name, root / name)
    # A repository of its own: ansible-test would else ask ours, which ignores the build folder.
    subprocess.run(["git", "init", "--quiet", str(root)], check=True)
    do_without_downloads(session)
    # ansible-test takes pythonX.Y from PATH: put working interpreters before any shims.
    folders = [session.bin, *(str(Path(path).parent) for path in PYTHONS.values())]
    session.chdir(root)
    session.run("ansible-test", *arguments, "--color=no", env={"PATH": os.pathsep.join([*folders, os.environ["PATH"]]), "PYTHONPATH": ""})


@nox.session(venv_backend="venv")
@nox.parametrize(("python", "core"), [nox.param(PYTHONS[version], core, id=core) for core, version in LOWEST_CELLS])
def sanity(session: nox.Session, core: str) -> None:
    """All of ansible-test's sanity tests, without ignores, for every Python of this ansible-core that is found."""
    ansible_test(session, core, "sanity", "--venv", *session.posargs)


@nox.session(venv_backend="venv")
@nox.parametrize(("python", "core"), [nox.param(PYTHONS[version], core, id=core) for core, version in LOWEST_CELLS])
def integration(session: nox.Session, core: str) -> None:
    """The integration targets as users of ansible-test call them: they start a simulator of their own."""
    ansible_test(session, core, "integration", "--venv", *session.posargs)


@nox.session(venv_backend="venv")
def galaxy(session: nox.Session) -> None:
    """What Galaxy does with a tarball on publishing it: session.posargs names one. A warning is an error here."""
    session.install("-qq", "-r", str(REQUIREMENTS / "galaxy.txt"))
    # ansible-lint has to find the collection that it lints; the importer installs it where it unpacks.
    settings = {"GALAXY_IMPORTER_RUN_ANSIBLE_DOC": "yes", "GALAXY_IMPORTER_RUN_ANSIBLE_LINT": "yes", "GALAXY_IMPORTER_CHECK_REQUIRED_TAGS": "yes"}
    tarball = str(Path(session.posargs[0]).resolve())
    session.chdir(session.create_tmp())
    said = str(session.run("python", "-m", "galaxy_importer.main", tarball, env={**settings, "ANSIBLE_COLLECTIONS_PATH": ""}, silent=True, log=False))
    print(said)
    complaints = re.findall(r"^(?:WARNING|ERROR|CRITICAL).*", said, re.MULTILINE)
    # The AWX project imports the collection's playbooks by name, under which the importer's ansible-lint does not find them.
    complaints = [line for line in complaints if not re.search(r"Failed to find dataprotection\.access\.\w+ playbook", line)]
    # A tool that it does not find, it goes without.
    for step in ("Getting doc strings via ansible-doc", "ansible-lint run complete", "Importer processing completed successfully"):
        if step not in said:
            complaints.append(f"galaxy-importer did not say: {step}")
    if complaints:
        session.error("; ".join(complaints))


@nox.session(venv_backend="venv")
def pins(session: nox.Session) -> None:
    """Write the requirement files anew, with the newest versions that fit together."""
    session.install("-qq", "uv")
    session.chdir(REQUIREMENTS)

    def compile_pins(target: str, python: str, *sources: str, add: str = "") -> None:
        session.run(
            *["uv", "pip", "compile", "--quiet", "--upgrade", "--universal", "--no-annotate", "--no-header"],
            *["--python-version", python, "--output-file", target, *sources],
        )
        path = REQUIREMENTS / target
        path.write_text(HEADER + path.read_text(encoding="utf-8") + add, encoding="utf-8")

    compile_pins("run.txt", "3.11", "run.in")
    compile_pins("test.txt", "3.11", "test.in", "-c", "run.txt")
    compile_pins("lint.txt", "3.11", "lint.in", "-c", "run.txt", "-c", "test.txt")
    (hvac,) = re.findall(r"hvac>=([0-9.]+)", (HERE / "meta" / "requirements.txt").read_text(encoding="utf-8"))
    compile_pins("lowest.txt", LOWEST_TARGET, "lowest.in", "--resolution", "lowest-direct", add=f"hvac=={hvac}\n")
    compile_pins("galaxy.txt", "3.11", "galaxy.in")
    compile_pins("leaks.txt", "3.11", "leaks.in", "--no-deps")
    compile_pins("awx.txt", "3.11", "awx.in", "--no-deps")
    (REQUIREMENTS / "matrix").mkdir(exist_ok=True)
    for core, versions in CORES.items():
        core_in = Path(session.create_tmp()) / "core.in"
        core_in.write_text(f"ansible-core=={core}.*\n", encoding="utf-8")
        compile_pins(f"matrix/{core}.txt", versions[0], "collection.in", "test.in", str(core_in))
