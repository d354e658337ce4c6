"""Every rule can fire and stay silent, and its page shows both its reason and its example."""

from __future__ import annotations

import json

import pytest

from vggstat.errors import UsageError
from vggstat.lint.config import Settings
from vggstat.lint.rules import RULES, Rule, find_rules

from .support import check


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.code)
def test_a_rule_fires_on_its_example(rule: Rule) -> None:
    """The bad example has a finding of the rule, of its severity."""
    found = check(rule.bad, rule.file, Settings(convention=rule.convention)).findings

    assert {finding.severity for finding in found if finding.code == rule.code} == {rule.severity}


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.code)
def test_a_rule_is_silent_on_the_good_example(rule: Rule) -> None:
    """The good example has no finding at all."""
    assert check(rule.good, rule.file, Settings(convention=rule.convention)).findings == ()


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.code)
def test_a_rule_says_whether_its_findings_are_weighed(rule: Rule) -> None:
    """Those of the bad example have confidence 1 where the page says so, and less elsewhere."""
    found = check(rule.bad, rule.file, Settings(convention=rule.convention)).findings

    assert {finding.confidence < 1 for finding in found if finding.code == rule.code} == {rule.judged}


def test_codes_are_unique_and_in_order() -> None:
    """Codes and names are unique, and codes ascend."""
    listed = [rule.code for rule in RULES]

    assert listed == sorted(set(listed))
    assert len({rule.name for rule in RULES}) == len(RULES)


@pytest.mark.parametrize("word", ["V502", "502", "v502", "known-erratum"])
def test_a_rule_is_found_by_code_and_name(word: str) -> None:
    """With or without the V, in either case, and by its name."""
    assert [rule.code for rule in find_rules(word)] == ["V502"]


def test_a_family_is_found_by_its_digit() -> None:
    """5 means all rules about totals."""
    assert {rule.code[:2] for rule in find_rules("5")} == {"V5"}


def test_an_unknown_rule_is_refused_with_a_hint() -> None:
    """A code that does not exist is wrong use, and near ones are named."""
    with pytest.raises(UsageError, match="V599"):
        find_rules("V599")


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.code)
def test_the_page_of_a_rule(rule: Rule, capsys: pytest.CaptureFixture[str]) -> None:
    """`vggstat rule CODE` says what the rule finds and shows a real finding."""
    from vggstat.cli.rule import command

    command(rule.code, "text")
    page = capsys.readouterr().out

    assert page.startswith(f"{rule.code} {rule.name}: ")
    assert f" {rule.code} {rule.severity}: " in page
    assert ("It is an error" in page) == (rule.severity == "error")
    assert " confidence" in page


def test_rules_as_json(capsys: pytest.CaptureFixture[str]) -> None:
    """`vggstat rule --format json` lists them all for machines."""
    from vggstat.cli.rule import command

    command(None, "json")

    assert [entry["code"] for entry in json.loads(capsys.readouterr().out)] == [rule.code for rule in RULES]
