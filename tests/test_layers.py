"""The architecture, checked: who imports whom, what functions/ may not call, what main.py defines.

import-linter's contracts (pyproject.toml) see whole packages; what they cannot see is read here
from the source text.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner
from importlinter.cli import lint_imports_command

ROOT = Path(__file__).parent.parent
ENTRY_POINTS = {"receive", "renew", "sync", "handle"}

# Parts of packages that functions/ may otherwise use (email.utils, http.HTTPStatus, urllib.parse).
IMPURE_MODULES = {
    "email.mime",
    "http.client",
    "http.cookiejar",
    "http.server",
    "importlib.resources",
    "urllib.request",
    "xmlrpc",
}
CLOCK_CALLS = {
    ("datetime", "now"),
    ("datetime", "today"),
    ("datetime", "utcnow"),
    ("date", "today"),
    ("utils", "localtime"),
}
BUILTIN_IO = {"open", "print", "input", "breakpoint", "__import__", "eval", "exec"}


def sources(*folders: str) -> list[Path]:
    """List the Python files of these folders of the repository."""
    return sorted(path for folder in folders for path in (ROOT / folder).rglob("*.py"))


def imports(tree: ast.AST) -> Iterator[str]:
    """Name everything that is imported; `from a import b` as `a.b`, which may be a module, too."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield from (f"{node.module or ''}.{alias.name}" for alias in node.names)


def within(name: str, package: str) -> bool:
    """Tell whether `name` is `package` or lies in it."""
    return name == package or name.startswith(f"{package}.")


def impurities(tree: ast.AST) -> set[str]:
    """Find what code of functions/ may not do: I/O and reading a clock."""
    found = {name for name in imports(tree) for bad in IMPURE_MODULES if within(name, bad)}
    for node in ast.walk(tree):
        match node:
            case ast.Call(func=ast.Name(id=name)) if name in BUILTIN_IO:
                found.add(name)
            # Not only calls: `clock = datetime.now` reads the clock later.
            case ast.Attribute(
                value=ast.Name(id=owner) | ast.Attribute(attr=owner), attr=attribute
            ) if (owner, attribute) in CLOCK_CALLS:
                found.add(f"{owner}.{attribute}")
    return found


def entry_points(tree: ast.Module) -> dict[str, str]:
    """Tell how the entry points come into a module: `def`, or how not (`import`, `=`, ...)."""
    found: dict[str, str] = {}
    for node in tree.body:
        match node:
            case ast.FunctionDef(name=name):
                found[name] = "def" if not node.decorator_list else "decorated"
            case ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
                found[name] = type(node).__name__
            case ast.Import(names=names) | ast.ImportFrom(names=names):
                found |= {alias.asname or alias.name: "import" for alias in names}
            case ast.Assign(targets=targets):
                found |= {target.id: "=" for target in targets if isinstance(target, ast.Name)}
            case ast.AnnAssign(target=ast.Name(id=name)):
                found[name] = "="
    return {name: how for name, how in found.items() if name in ENTRY_POINTS}


def test_import_contracts_are_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    """The layers of pyproject.toml hold: infra on functions, flows on ports, cloud beside local."""
    monkeypatch.chdir(ROOT)
    outcome = CliRunner().invoke(lint_imports_command, ["--no-cache"])
    assert outcome.exit_code == 0, outcome.output


@pytest.mark.parametrize("path", sources("functions"), ids=lambda path: path.stem)
def test_functions_neither_read_a_clock_nor_do_io(path: Path) -> None:
    """Code in functions/ takes the time as an argument and leaves I/O to its ports."""
    assert impurities(ast.parse(path.read_text())) == set()


@pytest.mark.parametrize(
    ("code", "finding"),
    [
        ("from datetime import datetime\nnow = datetime.now(UTC)", "datetime.now"),
        ("import datetime\nclock = datetime.datetime.now", "datetime.now"),
        ("import datetime as dt\ndt.date.today()", "date.today"),
        ("import urllib.request", "urllib.request"),
        ("from http import client", "http.client"),
        ("def f() -> None:\n    open('x')", "open"),
    ],
)
def test_impurity_is_found(code: str, finding: str) -> None:
    """The check above sees each way to be impure that import-linter cannot see."""
    assert impurities(ast.parse(code)) == {finding}


def test_purity_is_left_alone() -> None:
    """Parsing dates and addresses, naming statuses and shifting a given time are pure."""
    code = """
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from urllib.parse import quote
def later(now: datetime) -> datetime:
    return now.replace(microsecond=0) + timedelta(hours=1)
"""
    assert impurities(ast.parse(code)) == set()


@pytest.mark.parametrize("path", sources("infra/local/google"), ids=lambda path: path.stem)
def test_simulated_google_knows_nothing_of_us(path: Path) -> None:
    """The simulated Google could be anybody's: it imports nothing of Watchkeeper but itself."""
    ours = {
        name
        for name in imports(ast.parse(path.read_text()))
        if any(within(name, package) for package in ("functions", "infra", "main", "tests"))
        and not within(name, "infra.local.google")
    }
    assert ours == set()


@pytest.mark.parametrize("path", sources("functions", "infra"), ids=lambda path: path.stem)
def test_tests_are_not_needed_to_run(path: Path) -> None:
    """The product imports neither its tests nor main.py, which only wires and starts."""
    bad = {
        name
        for name in imports(ast.parse(path.read_text()))
        if within(name, "tests") or within(name, "main") or within(name, "pytest")
    }
    assert bad == set()


@pytest.mark.parametrize(
    "path",
    [*ROOT.glob("*.py"), *sources("functions", "infra", "tests")],
    ids=lambda path: path.stem,
)
def test_every_module_says_its_job(path: Path) -> None:
    """The first line of each module is a sentence about what it is for."""
    docstring = ast.get_docstring(ast.parse(path.read_text())) or ""
    assert docstring.split("\n")[0].endswith((".", "?", "!"))


def test_main_defines_its_entry_points() -> None:
    """functions-framework finds a function by its own name: each is a plain `def` in main.py."""
    main = ROOT / "main.py"
    if not main.exists():
        pytest.skip("main.py is not written yet")
    found = entry_points(ast.parse(main.read_text()))
    assert {"receive", "renew", "sync"} <= set(found)
    assert set(found.values()) == {"def"}


@pytest.mark.parametrize(
    ("code", "how"),
    [
        ("from functions.sync import sync", "import"),
        ("from functions import sync as handle", "import"),
        ("sync = make()", "="),
        ("async def sync(): ...", "AsyncFunctionDef"),
        ("@cloud_event\ndef sync(event): ...", "decorated"),
        ("def sync(request): ...", "def"),
    ],
)
def test_ways_to_name_an_entry_point_are_told_apart(code: str, how: str) -> None:
    """An imported, assigned or decorated entry point does not pass for a plain one."""
    assert list(entry_points(ast.parse(code)).values()) == [how]
