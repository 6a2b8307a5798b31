"""What the documentation says exists, resolves and runs."""

import re
import shlex
from importlib import import_module
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

import primacy
from primacy.cli.app import app
from primacy.results.record import RunResult
from primacy.results.spec import AuditSpec

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
PAGES = sorted([*DOCS.rglob("*.md"), *ROOT.glob("*.md"), *(ROOT / "paper").glob("*.md")])
USER_PAGES = [*DOCS.glob("*.md"), ROOT / "README.md"]
VERBS = dict(typer.main.get_command(app).commands)
LEAVES = {
    f"{name} {under}" if under else name: command
    for name, verb in VERBS.items()
    for under, command in (dict(verb.commands) if hasattr(verb, "commands") else {"": verb}).items()
}
"""Verbs, and those of groups by both their words."""


def fences(language: str) -> list:
    """Fenced blocks of docs/*.md, each with the page and line it starts on."""
    found = []
    for page in sorted(DOCS.glob("*.md")):
        text = page.read_text("utf-8")
        for match in re.finditer(rf"^```{language}\n(.*?)^```", text, re.DOTALL | re.MULTILINE):
            line = text[: match.start()].count("\n") + 1
            found.append(pytest.param(match[1], id=f"{page.name}:{line}"))
    return found


def commands() -> list:
    lines = [(block.id, line) for block in fences("sh") for line in block.values[0].splitlines()]
    return [pytest.param(shlex.split(line)[1:], id=f"{where} {line}") for where, line in lines]


def slug(heading: str) -> str:
    kept = re.sub(r"[^\w\- ]", "", heading.strip().lower())
    return kept.replace(" ", "-")


@pytest.mark.parametrize("verb", LEAVES)
def test_each_verb_helps_and_is_documented(verb):
    result = CliRunner().invoke(app, [*verb.split(), "--help"])
    assert result.exit_code == 0
    assert any(f"primacy {verb}" in page.read_text("utf-8") for page in USER_PAGES)


@pytest.mark.parametrize("verb", LEAVES)
def test_each_option_is_documented(verb):
    said = "\n".join(page.read_text("utf-8") for page in USER_PAGES)
    options = [name for p in LEAVES[verb].params for name in (*p.opts, *p.secondary_opts) if name.startswith("-")]
    missing = [name for name in options if name != "--help" and f"`{name}`" not in said]
    assert missing == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_relative_links_resolve(page):
    text = re.sub(r"^```.*?^```", "", page.read_text("utf-8"), flags=re.DOTALL | re.MULTILINE)
    for target in re.findall(r"\]\(([^)\s]+)\)", text):
        path, _, anchor = target.partition("#")
        if re.match(r"[a-z]+:", target):
            continue
        linked = page if not path else page.parent / path
        assert linked.exists(), target
        if anchor:
            headings = re.findall(r"^#+ (.*)$", linked.read_text("utf-8"), re.MULTILINE)
            assert anchor in map(slug, headings), target


@pytest.mark.parametrize("block", fences("python"))
def test_python_blocks_run(block, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    exec(compile(block, "docs", "exec"), {"__name__": "docs"})  # noqa: S102


@pytest.mark.parametrize("words", commands())
def test_shell_examples_are_accepted(words, monkeypatch):
    """Every example of docs/*.md parses, and its audit is one that can be asked for; nothing is run."""
    asked = []

    def note(spec: AuditSpec, *_: object, **__: object) -> None:
        asked.append(spec)
        raise typer.Exit

    verb, *rest = words
    monkeypatch.setattr(import_module("primacy.run.audit"), "audit", note)
    monkeypatch.setattr(import_module("primacy.run.export"), "export_texts", note)
    if verb in ("audit", "export", "reproduce"):
        result = CliRunner().invoke(app, words)
        assert result.exit_code == 0, result.output or result.exception
        assert len(asked) == 1
    elif verb in LEAVES:
        LEAVES[verb].make_context(verb, rest)
    else:
        LEAVES[f"{verb} {rest[0]}"].make_context(verb, rest[1:])


@pytest.mark.parametrize("name", primacy.__all__)
def test_public_names_have_a_docstring(name):
    value = getattr(primacy, name)
    own = import_module("primacy").__doc__ if isinstance(value, str) else value.__doc__
    assert own
    assert len(own) > 20


def test_the_trial_tables_columns_are_documented():
    from primacy.results.trials import TOC_SCHEMA, TOR_SCHEMA

    for page, schema in (("tor.md", TOR_SCHEMA), ("toc.md", TOC_SCHEMA)):
        rows = re.findall(r"^\| `(\w+)` \| ([\w ]+) \|", (DOCS / page).read_text("utf-8"), re.MULTILINE)
        types = [
            (field.name, str(field.type).replace("list<item: ", "list of ").replace("element: ", "").rstrip(">"))
            for field in schema
        ]
        assert rows == types


def test_every_metric_is_defined():
    from primacy.report.words import METRICS

    page = (DOCS / "definitions.md").read_text("utf-8")
    assert [metric for metric in METRICS if f"`{metric}`" not in page] == []
    kinds = RunResult.model_json_schema()["$defs"]["VerdictRecord"]["properties"]["kind"]["enum"]
    assert [kind for kind in kinds if f"**{kind}**" not in page] == []


def test_flaws_and_sections_cited_in_the_code_exist():
    paper = (DOCS / "paper.md").read_text("utf-8")
    known = set(re.findall(r"^\*\*(F\d+)\.", paper, re.MULTILINE)) | set(
        re.findall(r"^## (\d+)\.", paper, re.MULTILINE)
    )
    files = [p for folder in ("src", "tests", "bench", "paper") for p in sorted((ROOT / folder).rglob("*"))]
    for file in files:
        if file.suffix in (".py", ".toml", ".md"):
            for cited in re.findall(r"docs/paper\.md ((?:F?\d+(?:, | and )?)+)", file.read_text("utf-8")):
                assert set(re.findall(r"F?\d+", cited)) <= known, file
