"""A progress statement as one HTML page for people: nothing is loaded, nothing runs, all text is escaped.

The page around it is `statement.html`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from html import escape
from pathlib import Path
from string import Template
from typing import Any

from tracker2invoice.documents.statement import StatementView
from tracker2invoice.model.contract import Contract
from tracker2invoice.model.statement import Application

_PAGE = Path(__file__).parent / "statement.html"
_EMPHASISED: Mapping[str, str] = {"3": "strong", "6": "strong", "8": "strong current"}
_WORDS = 2
"""So many columns of the continuation sheet hold words; the others hold figures."""


def render_statement_html(contract: Contract, applications: Sequence[Application]) -> bytes:
    """Return one application or more as a page in UTF-8."""
    data: Any = StatementView(contract, applications).data()
    page = Template(_PAGE.read_text(encoding="utf-8"))
    html = page.substitute(
        language=escape(data["languages"][0]),
        direction="rtl" if data["languages"][0] == "ar" else "ltr",
        title=escape(f"{data['labels']['statement'][0]} {data['contract']}"),
        applications="\n".join(_application(data, one) for one in data["applications"]),
    )
    return html.encode()


def _application(data: Mapping[str, Any], one: Mapping[str, Any]) -> str:
    labels = {name: _in_row(words) for name, words in data["labels"].items()}
    return f"""<section>
<header>
<div class="supplier">{escape(data["supplier"])}</div>
<h1>{escape(labels["statement"])}<small>{escape(_in_row(one["heading"]))}</small></h1>
</header>
{_facts(labels, one)}
<div class="columns">
<div>
<h2>{escape(labels["summary"])}</h2>
{_table(map(_line, one["lines"]))}
</div>
<div>
<h2>{escape(labels["advances"])}</h2>
{_table(_row([_cell(_in_row(words)), _figure(value)]) for words, value in one["advances"])}
<div class="asked">
<div><b>{escape(labels["asked"])}</b><small>{escape(labels["asked_how"])}</small></div>
<strong>{_value(one["asked"])}</strong>
</div>
</div>
</div>
{_orders(labels, one) if one["orders"] else ""}
<h2>{escape(labels["sheet"])}</h2>
{_sheet(data["columns"], one)}
</section>"""


def _facts(labels: Mapping[str, str], one: Mapping[str, Any]) -> str:
    facts = [f"<div><dt>{escape(_in_row(title))}</dt><dd>{escape(value)}</dd></div>" for title, value in one["facts"]]
    due = f'<div class="due"><dt>{escape(labels["current_due"])}</dt><dd>{_value(one["due"])}</dd></div>'
    return f'<dl class="facts">{"".join(facts)}{due}</dl>'


def _line(line: Sequence[Any]) -> str:
    number, words, value = line
    return _row([_cell(number, "line"), _cell(_in_row(words)), _figure(value)], _EMPHASISED.get(number, ""))


def _orders(labels: Mapping[str, str], one: Mapping[str, Any]) -> str:
    names = [labels[name] for name in ("order_number", "order_date", "description")]
    heads = [*map(_head, names), _head(labels["additions"], "number"), _head(labels["deductions"], "number")]
    rows = [_row([*map(_cell, order[:3]), *map(_figure, order[3:])]) for order in one["orders"]]
    total = _row([f'<td colspan="3">{escape(labels["total"])}</td>', *map(_figure, one["order_totals"])])
    net = _row([f'<td colspan="4">{escape(labels["net_change"])}</td>', _figure(one["net_change"])])
    return f"<h2>{escape(labels['orders'])}</h2>\n{_table(rows, heads=heads, foot=total + net)}"


def _sheet(columns: Sequence[Any], one: Mapping[str, Any]) -> str:
    heads = [
        f'<th scope="col"{_class("number" if index >= _WORDS else "")}><b>{escape(letter)}</b>{escape(title)}</th>'
        for index, (letter, title) in enumerate((letter, _in_row(words)) for letter, words in columns)
    ]
    rows = [_row(_item(item)) for item in one["items"]]
    total: Sequence[str] = one["total"]
    foot = _row([f'<td colspan="2">{escape(total[1])}</td>', *map(_figure, total[_WORDS:])])
    return _table(rows, kind="sheet", heads=heads, foot=foot)


def _item(item: Sequence[str]) -> list[str]:
    return [*map(_cell, item[:_WORDS]), *map(_figure, item[_WORDS:])]


def _table(rows: Iterable[str], *, kind: str = "", heads: Sequence[str] = (), foot: str = "") -> str:
    head = f"<thead>{_row(heads)}</thead>" if heads else ""
    tail = f"<tfoot>{foot}</tfoot>" if foot else ""
    body = "\n".join(rows)
    return f'<div class="scroll"><table{_class(kind)}>{head}<tbody>\n{body}\n</tbody>{tail}</table></div>'


def _row(cells: Iterable[str], kind: str = "") -> str:
    return f"<tr{_class(kind)}>{''.join(cells)}</tr>"


def _head(text: str, kind: str = "") -> str:
    return f'<th scope="col"{_class(kind)}>{escape(text)}</th>'


def _cell(text: str, kind: str = "") -> str:
    return f"<td{_class(kind)}>{escape(text)}</td>"


def _figure(value: str) -> str:
    kind = "number negative" if value.startswith("-") else "number"
    return f"<td{_class(kind)}>{_value(value)}</td>"


def _in_row(words: Sequence[str]) -> str:
    return " / ".join(words)


def _value(value: str) -> str:
    # a minus as wide as a digit is seen where a hyphen is overlooked
    return escape(f"\N{MINUS SIGN}{value[1:]}" if value.startswith("-") else value)


def _class(kind: str) -> str:
    return f' class="{kind}"' if kind else ""
