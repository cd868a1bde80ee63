"""The conformance report says of every rule what became of it, shortly where connectors do not differ."""

from __future__ import annotations

from tracker2invoice.testing.output_suite import REFUSED
from tracker2invoice.testing.report import FAILS, HOLDS, Case, page

EXACT, HOSTILE = "test_amounts_are_exact", "test_hostile_titles_stay_text"


def case(kind: str, rule: str, parameter: str = "") -> Case:
    return Case("outputs", kind, rule, parameter)


def test_a_rule_is_one_row_with_a_cell_for_each_connector() -> None:
    report = page({case("folder", EXACT): {FAILS}, case("books", EXACT): {HOLDS}})
    assert "| rule | `books` | `folder` |\n" in report
    assert "| Amounts are exact | yes | fails |\n" in report


def test_parameters_have_rows_of_their_own_only_where_they_matter() -> None:
    report = page(
        {
            case("books", EXACT, "EUR"): {HOLDS},
            case("books", EXACT, "KWD"): {REFUSED},
            case("books", HOSTILE, "<b>"): {HOLDS},
            case("books", HOSTILE, "%s"): {HOLDS},
        }
    )
    assert "| Amounts are exact: EUR | yes |\n| Amounts are exact: KWD | refused |\n" in report
    assert "| Hostile titles stay text | yes |\n" in report


def test_a_parameter_is_no_markup() -> None:
    report = page({case("books", HOSTILE, "<b>a|b"): {FAILS}, case("books", HOSTILE, "x"): {HOLDS}})
    assert "| Hostile titles stay text: &lt;b&gt;a&#124;b | fails |\n" in report


def test_why_a_rule_does_not_apply_is_a_note_also_if_it_holds_with_other_settings() -> None:
    report = page({case("books", EXACT): {"it has no cents", HOLDS}, case("folder", EXACT): {"it has no cents"}})
    assert "| Amounts are exact | yes (1) | (1) |\n" in report
    assert report.endswith("1. it has no cents\n")


def test_a_rule_that_was_not_tried_has_an_empty_cell() -> None:
    report = page({case("books", EXACT): {HOLDS}, case("folder", HOSTILE): {HOLDS}})
    assert "| Amounts are exact | yes |  |\n" in report
