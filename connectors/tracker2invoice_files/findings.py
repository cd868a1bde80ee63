"""What the files output needs: the folder, the fonts, and what the configuration says about the contracts' parties."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from tracker2invoice.documents import swiss
from tracker2invoice.documents.levels import LEVELS
from tracker2invoice.documents.pdf import font_families
from tracker2invoice.documents.preflight import Lack, contract_bases, lacks
from tracker2invoice.documents.profiles import PROFILES, country_of
from tracker2invoice.documents.text import REPLACEMENT, printable
from tracker2invoice.durable import probe
from tracker2invoice.errors import StorageFailed
from tracker2invoice.model.contract import Contract, Party
from tracker2invoice.plugins import Finding
from tracker2invoice.taxcodes import tax_key
from tracker2invoice_files import FilesSettings

_LETTERS = "write name and address in letters that the fonts have, such as Latin ones"


def findings(name: str, directory: Path, settings: FilesSettings, contracts: Sequence[Contract]) -> Iterator[Finding]:
    """Look at everything that the output called `name` needs; nothing expected is raised."""
    yield _folder(name, directory)
    if _has_pages(settings):
        yield _fonts(name)
        for contract in contracts:
            yield _supplier(name, contract)
            yield from _qr_bill(name, contract)
            yield from _unprintable(name, contract)
    if settings.profiles:
        yield from (_electronic(name, settings, contract) for contract in contracts)
    if "facturx" in settings.formats and not LEVELS[settings.facturx_profile].is_invoice:
        yield from (
            _incomplete(name, settings, contract) for contract in contracts if country_of(contract.supplier) == "DE"
        )
    if {"csv-xero", "csv-quickbooks"} & set(settings.formats):
        yield from (_template(name, settings, contract) for contract in contracts)


def lacking(settings: FilesSettings, contract: Contract) -> Iterator[Lack]:
    """Yield what the configuration lacks for electronic invoices of a contract, nothing if none are written."""
    for profile in settings.profiles:
        for basis in contract_bases(contract):
            yield from lacks(basis, PROFILES[profile])


def lacking_qr_bill(settings: FilesSettings, contract: Contract) -> Iterator[str]:
    """Yield the settings that the Swiss QR-bill of a contract needs and that are missing, nothing if it has none."""
    if _has_pages(settings):
        yield from swiss.lacking(contract.supplier, contract.currency)


def unnamed_taxes(settings: FilesSettings, contract: Contract) -> Iterator[str]:
    """Yield the settings that say what a tax of the contract is called in a template, and are missing."""
    for section, template in (("xero", settings.xero), ("quickbooks", settings.quickbooks)):
        if template is not None and f"csv-{section}" in settings.formats:
            keys = (tax_key(tax.category, tax.rate) for tax in contract.taxes)
            yield from (f'{section}.tax."{key}"' for key in dict.fromkeys(keys) if key not in template.tax)


def _has_pages(settings: FilesSettings) -> bool:
    return bool({"pdf", "facturx"} & set(settings.formats))


def _qr_bill(name: str, contract: Contract) -> Iterator[Finding]:
    if swiss.has_qr_bill(contract.supplier, contract.currency):
        missing = list(swiss.lacking(contract.supplier, contract.currency))
        what = f"{name}: QR-bill for contract {contract.id}"
        yield Finding(not missing, what, f"write {'; '.join(missing)}" if missing else "")


def _template(name: str, settings: FilesSettings, contract: Contract) -> Finding:
    missing = list(unnamed_taxes(settings, contract))
    what = f"{name}: taxes of contract {contract.id} in templates"
    return Finding(not missing, what, f"set {', '.join(missing)} in [outputs.{name}]" if missing else "")


def _electronic(name: str, settings: FilesSettings, contract: Contract) -> Finding:
    missing = list(dict.fromkeys(map(str, lacking(settings, contract))))
    what = f"{name}: electronic invoices ({', '.join(settings.profiles)}) for contract {contract.id}"
    return Finding(not missing, what, f"write {'; '.join(missing)}" if missing else "")


def _incomplete(name: str, settings: FilesSettings, contract: Contract) -> Finding:
    what = f"{name}: Factur-X {LEVELS[settings.facturx_profile].conformance} for contract {contract.id}"
    words = 'in German law its XML is no invoice (UStG, section 14): write facturx_profile = "en16931"'
    return Finding(ok=False, what=what, next_step=words)


def _folder(name: str, directory: Path) -> Finding:
    what = f"{name}: folder {directory}"
    try:
        probe(directory)
    except StorageFailed as error:
        return Finding(
            ok=False,
            what=what,
            next_step=f"make it writable for this user, or configure another ({error.detail})",
        )
    return Finding(ok=True, what=what)


def _fonts(name: str) -> Finding:
    loaded = "Inter" in font_families()
    return Finding(loaded, f"{name}: fonts", "" if loaded else "install tracker2invoice again: its fonts are missing")


def _supplier(name: str, contract: Contract) -> Finding:
    missing = list(_missing(contract.supplier, contract.note))
    what = f"{name}: supplier details for contract {contract.id}"
    return Finding(not missing, what, f"add to [supplier]: {', '.join(missing)}" if missing else "")


def _missing(supplier: Party, note: str) -> Iterator[str]:
    if not supplier.name:
        yield "name"
    if supplier.address is None:
        yield "address"
    if not supplier.vat_id and not supplier.tax_id:
        yield "vat_id or tax_id"
    # suppliers outside the IBAN countries say in the note how to pay
    if not supplier.iban and not note:
        yield "iban (or say in the contract's note how to pay)"


def _unprintable(name: str, contract: Contract) -> Iterator[Finding]:
    clients = ((client, f"clients.{client.id}") for client in contract.clients)
    for party, section in ((contract.supplier, "supplier"), *clients):
        if any(REPLACEMENT in printable(text) for text in _printed(party)):
            what = f"{name}: characters in [{section}] that the PDF's fonts do not have"
            yield Finding(ok=False, what=what, next_step=_LETTERS)


def _printed(party: Party) -> tuple[str, ...]:
    address = party.address
    lines = (address.street, address.extra, address.city) if address else ()
    return (party.name, *lines)
