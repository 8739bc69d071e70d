"""The audit: what it asks about, and what it makes of the answers."""

from __future__ import annotations

from typing import Any

import pytest

from heap_web.dev.check import audit
from heap_web.dev.check.audit import Finding, Unreachable


def test_asks_about_what_the_extras_need_at_any_distance() -> None:
    """Requirements are followed from the extras to their own; tools for development are none of them."""
    found = audit.requirements("heap-web", ["cloud"])
    assert {"httpx", "sqlalchemy", "rich", "h11"} <= set(found)
    assert not {"pytest", "ruff", "duckdb"} & set(found)


def answering(monkeypatch: pytest.MonkeyPatch, **answers: dict[str, Any]) -> None:
    """The tools answer with this JSON: `pip_audit`, `npm` and `production` (npm without development's packages)."""

    def ask(command: list[str], cwd: object = None) -> dict[str, Any]:
        if "pip_audit" in command:
            return answers["pip_audit"]
        return answers["production" if "--omit=dev" in command else "npm"]

    monkeypatch.setattr(audit, "ask", ask)


def test_a_mirror_without_the_data_is_said_and_is_no_failure(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Answers that tell nothing are reported as such, and fail the audit only where they are required."""
    skipped = {"name": "anyio", "skip_reason": "not found"}
    answering(monkeypatch, pip_audit={"dependencies": [skipped]}, npm={"message": "405 Method Not Allowed"})
    assert audit.main() == 0
    assert audit.main(["--require"]) == 1
    assert capsys.readouterr().out.count("NOT AUDITED") == 4


@pytest.mark.parametrize(("shipped", "status"), [(True, 1), (False, 0)])
def test_a_vulnerability_fails_the_audit_only_in_what_is_shipped(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], shipped: bool, status: int
) -> None:
    """A vulnerable package fails the audit if users get it too, and is only reported if it is a tool of ours."""
    found = {"vulnerabilities": {"left-pad": {"range": "<2", "severity": "high"}}}
    none: dict[str, Any] = {"vulnerabilities": {}}
    clean = {"dependencies": [{"name": "h11", "version": "1", "vulns": []}]}
    answering(monkeypatch, pip_audit=clean, npm=found, production=found if shipped else none)
    assert audit.main() == status
    assert "left-pad <2: high" in capsys.readouterr().out


def test_a_vulnerable_python_package_is_named_with_its_advisory(monkeypatch: pytest.MonkeyPatch) -> None:
    """What pip-audit knows becomes a finding with package, version and advisory."""
    known = {"name": "h11", "version": "0.15.0", "vulns": [{"id": "CVE-2025-43859"}]}
    answering(monkeypatch, pip_audit={"dependencies": [known]})
    assert audit.python_findings({"h11": "0.15.0"}) == [Finding("h11", "0.15.0", "CVE-2025-43859", shipped=True)]


def test_a_tool_that_prints_no_json_is_unreachable_data() -> None:
    """A tool that ends without JSON counts as data that cannot be reached."""
    with pytest.raises(Unreachable, match="broken"):
        audit.ask(["sh", "-c", "echo broken >&2"])
