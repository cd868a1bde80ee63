"""What a real Tryton answered to stories, kept in `tryton_answers.json`, and how it is asked.

`python -m tests.connectors.tryton_answers` asks the one in `.tryton` again and writes the file.
"""

from __future__ import annotations

import json
import re
import tempfile
from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import requests
from tests.connectors.tryton_real import DATABASE, RealTryton, passing, serving

from tracker2invoice_tryton.answers import ADDRESS_FIELDS, FIELDS
from tracker2invoice_tryton.client import encoded
from tracker2invoice_tryton.parties import PARTY_FIELDS
from tracker2invoice_tryton.payload import resource_of
from tracker2invoice_tryton.values import bytes_value, date_value, datetime_value, decimal_value

Known = dict[str, Any]
Make = Callable[[Known], dict[str, Any]]
Story = tuple[tuple[str, str, Make | None], ...]
"""Requests one after another: method, path with names in it, and what makes the body."""

FILE = Path(__file__).with_name("tryton_answers.json")

IDS = ("id", "party", "invoice_address", "company", "invoice_account", "credit_note_account", "number")
NUMBER = re.compile(r'"\d+ (?=\[)')
RECORD = re.compile(r'records "\d+"')
CONTEXT = encoded({"company": 1, "_skip_warnings": True})


def body(known: Known, **more: Any) -> dict[str, Any]:
    """Return an invoice of two lines, of which one deducts, for somebody's books; what is None is left out."""
    party, address = map(int, known["client"].split("/"))
    kept = {"company": known["company"], "currency": known["currencies"]["EUR"]}
    line = {**kept, "type": "line", "account": known["revenue"], "taxes": [["add", [known["taxes"]["0.19"]]]]}
    lines = [
        line | {"description": "Support", "quantity": 12.5, "unit_price": decimal_value(Decimal(95))},
        line | {"description": "Deposit", "quantity": -1, "unit_price": decimal_value(Decimal("10.01"))},
    ]
    day = date_value(date(2026, 3, 2))
    fields = {"type": "out", **kept, "party": party, "invoice_address": address, "journal": known["journal"]}
    fields |= {"account": known["receivable"], "reference": "PO-4711", "description": "T2I-AAAAAAAAAAAA"}
    fields |= {"comment": "note", "invoice_date": day, "payment_term_date": day, "lines": [["create", lines]]}
    return {name: value for name, value in (fields | more).items() if value is not None}


def changed_line(known: Known, **change: Any) -> dict[str, Any]:
    """Return the invoice with its first line alone, changed."""
    return body(known, lines=[["create", [body(known)["lines"][0][1][0] | change]]])


def own_tax(known: Known, base: str) -> dict[str, Any]:
    """Return the invoice with a tax of a cent more than Tryton would calculate, on that base."""
    tax = {"tax": known["taxes"]["0.19"], "account": known["tax_account"], "manual": False, "description": "VAT 19 %"}
    tax |= {"base": decimal_value(Decimal(base)), "amount": decimal_value(Decimal("225.63"))}
    return body(known, taxes=[["create", [tax]]])


BODIES: dict[str, Make] = {
    "an invoice": body,
    "a tax of our own": lambda known: own_tax(known, "1187.50"),
    "a tax on another base": lambda known: own_tax(known, "1000.00"),
    "a credit note": lambda known: changed_line(known, quantity=-12.5),
    "half a cent in a line": lambda known: changed_line(known, quantity=0.5, unit_price=decimal_value(Decimal("0.25"))),
    "an inactive party": lambda known: body(
        known, **dict(zip(("party", "invoice_address"), map(int, known["inactive"].split("/")), strict=True))
    ),
    "an address of another party": lambda known: body(known, invoice_address=int(known["inactive"].split("/")[1])),
    "no account": lambda known: body(known, account=None),
    "an account for something else": lambda known: body(known, account=known["tax_account"]),
    "another currency than that of its lines": lambda known: body(known, currency=known["currencies"]["JPY"]),
    "a company of somebody else": lambda known: body(known, company=77),
    "a description of two lines": lambda known: body(known, description="T2I-AAAAAAAAAAAA\nmore"),
    "spaces around texts, and none in one": lambda known: body(known, description=" T2I-AAAAAAAAAAAA ", comment=""),
    "a price of five decimals": lambda known: changed_line(known, unit_price=decimal_value(Decimal("1.00005"))),
    "a tax that is not there": lambda known: changed_line(known, taxes=[["add", [77]]]),
    "a line on an account for something else": lambda known: changed_line(known, account=known["tax_account"]),
}


def party(known: Known, **more: Any) -> dict[str, Any]:
    """Return a party with an address, a VAT id and an e-mail address."""
    address = {"street": "Ring 2\nHof", "postal_code": "20095", "city": "Hamburg", "country": known["country"]}
    fields = {"name": "New GmbH", "addresses": [["create", [address]]]}
    fields["identifiers"] = identified("ATU57194903")
    fields["contact_mechanisms"] = [["create", [{"type": "email", "value": "ap@new.example"}]]]
    return fields | more


def identified(vat_id: str) -> list[Any]:
    """Return what gives a party a VAT id."""
    return [["create", [{"type": "eu_vat", "code": vat_id}]]]


def file(known: Known) -> dict[str, Any]:
    """Return a file to be attached to the invoice of the story."""
    content = {"name": "T2I-AAAAAAAAAAAA.pdf", "type": "data", "data": bytes_value(b"%PDF-1.7")}
    return content | {"resource": resource_of(known["invoice"])}


def nothing(_: Known) -> dict[str, Any]:
    """Return the body of a request that has none."""
    return {}


CREATE = ("POST", "account.invoice?{fields}", body)
READ = ("GET", "account.invoice/{invoice}?{fields}", None)
DELETE = ("DELETE", "account.invoice/{invoice}", None)
VALIDATE, POST, CANCEL, DRAFT = (
    ("POST", f"account.invoice/{{invoice}}/{button}?f=state&f=number", nothing)
    for button in ("validate_invoice", "post", "cancel", "draft")
)

STORIES: dict[str, Story] = {
    **{
        name: (("POST", "account.invoice?{fields}&f=taxes.amount&f=taxes.base", make),) for name, make in BODIES.items()
    },
    "a draft is deleted": (CREATE, READ, DELETE, DELETE, READ),
    "one that is validated is not": (CREATE, VALIDATE, DELETE, DRAFT, READ, DELETE),
    "one that is posted is not": (CREATE, POST, READ, DELETE, CANCEL, DRAFT),
    "one that is cancelled is": (CREATE, CANCEL, READ, POST, CANCEL, DELETE),
    "what is read besides": (
        ("GET", "party.address/{address}?{address_fields}", None),
        ("GET", "party.address/77?f=active", None),
        ("GET", "account.account/{revenue}?f=company&f=closed&f=type.revenue&f=type.receivable", None),
        ("GET", "account.configuration/1?f=tax_rounding", None),
        ("GET", "account.journal/{journal}?f=type&f=active", None),
        ("GET", "account.tax/{vat}?f=rate&f=type&f=parent&f=company&f=invoice_account&f=credit_note_account", None),
        ("GET", "currency.currency?d={code}&f=code&f=digits", None),
        ("GET", "account.period?d={period}&f=state", None),
        ("GET", "no.such.model/1?f=id", None),
    ),
    "a party that is new": (
        ("POST", "party.party?{party_fields}", party),
        ("GET", "party.party?d={by_vat_id}&{party_fields}", None),
        ("GET", "party.party?d={by_email}&f=name", None),
        ("GET", "party.party?d={by_pattern}&f=name", None),
        ("GET", "party.party?d={inactive}&f=name", None),
        ("GET", "country.country?d={country}&f=code", None),
    ),
    "a party with a wrong VAT id": (
        (
            "POST",
            "party.party?f=name",
            lambda known: party(known, name="Odd GmbH", identifiers=identified("DE136695977")),
        ),
        ("GET", "party.party?d={odd}&f=name", None),
    ),
    "a party with a country that is not there": (
        ("POST", "party.party?f=name", lambda known: party(known | {"country": 777}, name="Odd GmbH")),
        ("GET", "party.party?d={odd}&f=name", None),
    ),
    "a party without an address": (
        (
            "POST",
            "party.party?{party_fields}",
            lambda known: party(known, name="Nowhere GmbH", addresses=[], identifiers=[]),
        ),
    ),
    "what is attached": (
        CREATE,
        ("GET", "ir.attachment?d={attached}&f=name", None),
        ("POST", "ir.attachment?f=name", file),
        ("POST", "ir.attachment?f=name", file),
        ("GET", "ir.attachment?d={attached}&f=name", None),
        DELETE,
        ("GET", "ir.attachment?d={attached}&f=name", None),
        ("GET", "ir.attachment?d={attached_to_anything}&f=name", None),
        ("POST", "ir.attachment?f=name", file),
    ),
    "what is searched": (
        CREATE,
        ("GET", "account.invoice?d={by_reference}&f=state", None),
        ("GET", "account.invoice?d={by_another}&f=state", None),
        ("GET", "account.invoice?d={written}&f=state", None),
        ("GET", "account.invoice?d={not_written}&f=state", None),
        ("GET", "account.invoice?d={strange}&f=state", None),
        ("GET", "account.invoice/{invoice}?f=nothing", None),
    ),
}


def told(url: str, database: str, known: Known, story: Story) -> list[object]:
    """Ask for each step of a story; return the answers without ids, times and the words of pages."""
    headers = {"Authorization": f"Bearer {known['key']}", "X-Tryton-Context": CONTEXT}
    names, answers = named(known), list[object]()
    for method, path, make in story:
        address = f"{url}/{database}/rest/model/{path.format_map(names)}"
        data = make(known) if make else None
        answer = requests.request(method, address, headers=headers, json=data, timeout=60)
        if "json" not in answer.headers.get("Content-Type", ""):
            answers.append(answer.status_code)
            continue
        if path == CREATE[1] and answer.ok:
            known = known | {"invoice": answer.json()["id"]}
            names = named(known)
        answers.append([answer.status_code, answer.json(object_hook=comparable)])
    return answers


def named(known: Known) -> dict[str, Any]:
    """Return what stands for the names in the paths of stories."""
    party, address = known["client"].split("/")
    text = "T2I-AAAAAAAAAAAA"
    company, day = known["company"], date_value(date(2026, 3, 2))
    domains = {
        "code": [["code", "in", ["EUR", "JPY"]]],
        "period": [["company", "=", company], ["start_date", "<=", day], ["end_date", ">=", day]],
        "by_reference": ["OR", ["description", "like", f"%{text}%"], ["reference", "like", f"%{text}%"]],
        "by_another": [["company", "=", company], ["description", "like", "%T2I-BBBBBBBBBBBB%"]],
        "written": [["description", "like", f"%{text}%"], ["write_date", ">=", instant(2020)]],
        "not_written": [["description", "like", f"%{text}%"], ["write_date", ">=", instant(2100)]],
        "strange": [["nothing", "=", 1]],
        "by_vat_id": [["identifiers.code", "ilike", "atu57194903"], ["active", "in", [True, False]]],
        "by_email": ["OR", ["name", "=", "nobody"], ["contact_mechanisms.value", "ilike", "AP@new.example"]],
        "by_pattern": ["OR", ["name", "ilike", "N_w g%"], ["name", "ilike", "Acme\\_GmbH"]],
        "inactive": [["name", "ilike", "OLD"], ["active", "in", [True, False]]],
        "odd": [["name", "=", "Odd GmbH"]],
        "country": [["code", "=", "DE"]],
        "attached": [["resource", "=", resource_of(known.get("invoice", 0))], ["name", "=", f"{text}.pdf"]],
        "attached_to_anything": [["name", "=", f"{text}.pdf"]],
    }
    return {
        **{name: encoded(domain) for name, domain in domains.items()},
        "fields": "&".join(f"f={field}" for field in FIELDS),
        "address_fields": "&".join(f"f={field}" for field in ADDRESS_FIELDS),
        "party_fields": "&".join(f"f={field}" for field in PARTY_FIELDS),
        "invoice": known.get("invoice"),
        "address": address,
        "party": party,
        "revenue": known["revenue"],
        "journal": known["journal"],
        "vat": known["taxes"]["0.19"],
    }


def instant(year: int) -> object:
    return datetime_value(datetime(year, 1, 1, tzinfo=UTC))


def comparable(fields: dict[str, Any]) -> dict[str, Any]:
    """Return fields with a mark for each id and number, which only mean something in their own books."""
    return {name: _comparable(name, value) for name, value in fields.items()}


def _comparable(name: str, value: Any) -> Any:
    if name == "message":
        return RECORD.sub('records "an id"', NUMBER.sub('"a number ', value))
    # SQLite knows no truth, only 1 and 0
    return "an id" if name in IDS and value else int(value) if isinstance(value, bool) else value


def told_by(tryton: RealTryton, name: str) -> list[object]:
    """Return what a real Tryton answers to a story."""
    return told(tryton.url, DATABASE, tryton.known, STORIES[name])


def record() -> None:
    """Write down what a real Tryton answers to every story."""
    with tempfile.TemporaryDirectory() as folder, serving(Path(folder)) as server:
        answers = {name: _fresh(server, Path(folder), name) for name in STORIES}
    FILE.write_text(json.dumps(answers, indent=1, sort_keys=True, ensure_ascii=False) + "\n")


def _fresh(server: str, folder: Path, name: str) -> list[object]:
    with passing(server, folder) as tryton:
        return told_by(tryton, name)


if __name__ == "__main__":
    record()
