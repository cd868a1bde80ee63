"""The configuration file as pydantic models: names, types and defaults of every setting of the core.

A model checks one section by itself; what sections have to do with each other is judged in `config`. The
settings of trackers and outputs are models of their connectors. No model reads files or the environment.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, ClassVar, Literal

from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
    ValidationInfo,
    field_validator,
    model_validator,
)

from tracker2invoice.config.acceptance import AcceptSettings
from tracker2invoice.config.due import Calendar, Discount, DueWords, LateFee, PaymentDays, due_rule
from tracker2invoice.config.parties import ClientSettings, SupplierSettings
from tracker2invoice.config.plain import is_table
from tracker2invoice.config.rates import RatesSettings
from tracker2invoice.config.section import Section
from tracker2invoice.config.terms import (
    ChangeOrderSettings,
    DayInFile,
    DepositSettings,
    EscalationSettings,
    RetainageSettings,
    TaxSettings,
    TermSettings,
)
from tracker2invoice.config.types import (
    Amount,
    Amounts,
    ClientName,
    Cron,
    Currency,
    Interval,
    Name,
    OutputName,
    ProjectName,
    Share,
    Text,
    Timezone,
    surroundings,
)
from tracker2invoice.model.contract import InvoicePer, InvoiceType, Reopened
from tracker2invoice.model.due import LONGEST_CUT_OFF, BusinessDays, DueRule
from tracker2invoice.model.money import Money

DEFAULT_LEDGER = "sqlite:///tracker2invoice.db"


def _ledger_url(value: str, info: ValidationInfo) -> str:
    from sqlalchemy.engine import make_url
    from sqlalchemy.exc import ArgumentError

    hint = f'write "{DEFAULT_LEDGER}" or "postgresql://user@host/database"'
    try:
        url = make_url(value)
    except (ArgumentError, ValueError):
        raise ValueError(f"not the address of a database; {hint}") from None
    if url.get_backend_name() not in {"sqlite", "postgresql"}:
        raise ValueError(f"the ledger lives in SQLite or PostgreSQL; {hint}")
    if url.get_backend_name() == "postgresql":
        return value
    if url.database in {None, "", ":memory:"} or str(url.database).startswith("file:"):
        raise ValueError(f'the ledger must outlive a run, so it needs a file; write "{DEFAULT_LEDGER}"')
    path = surroundings(info).directory.absolute() / Path(str(url.database)).expanduser()
    return url.set(database=str(path)).render_as_string(hide_password=False)


class LedgerSettings(Section):
    """Where the ledger is kept. A relative SQLite path counts from the folder of the configuration file."""

    url: Annotated[str, AfterValidator(_ledger_url)] = Field(
        default=DEFAULT_LEDGER, validate_default=True, repr=False, examples=[DEFAULT_LEDGER]
    )


class HealthSettings(Section):
    """Where the daemon answers `/healthz` and `/metrics`; port 0 takes any free one."""

    host: Text = "127.0.0.1"
    port: int = Field(default=8780, ge=0, le=65535)


class DaemonSettings(Section):
    """When the daemon runs: every so often, or by a cron line in the time zone of the configuration.

    `reconcile` is how often it reads back what became of documents.
    """

    poll: Interval | None = Field(default=None, examples=["5 minutes"])
    cron: Cron | None = Field(default=None, examples=["*/5 * * * *"])
    reconcile: Interval | None = Field(default=None, examples=["1 hour"])
    health: HealthSettings = HealthSettings()

    @model_validator(mode="after")
    def _one_schedule(self) -> DaemonSettings:
        if self.poll is not None and self.cron is not None:
            raise ValueError("write poll or cron, not both")
        return self


class RunLimitSettings(Section):
    """How many documents one run may bill, and how much net by currency."""

    count: int = Field(default=50, ge=1)
    amount: Amounts = Field(default_factory=dict[str, Money])


class ContractLimitSettings(Section):
    """How many documents one run may bill for one contract, and how much net by currency."""

    count: int = Field(default=20, ge=1)
    amount: Amounts = Field(default_factory=dict[str, Money])


class BrakeSettings(Section):
    """What one run may bill before a person has to release it: in all, and for each contract."""

    run: RunLimitSettings = RunLimitSettings()
    contract: ContractLimitSettings = ContractLimitSettings()


class ContractBrakeSettings(Section):
    """The brake of one contract; the amount is in the contract's currency."""

    count: int | None = Field(default=None, ge=1, examples=[5])
    amount: Amount | None = None


class DueSettings(Section):
    """When an invoice is due; the steps are taken in this order, see `DueRule`."""

    rule: DueWords = Field(examples=["30 days then EOM"])
    payment_days: PaymentDays = Field(default=(), examples=[[10, 25]])
    cut_off: int | None = Field(default=None, ge=0, le=LONGEST_CUT_OFF, examples=[5])
    business_days: BusinessDays = "none"
    calendar: Calendar | None = Field(default=None, validate_default=True, examples=["DE-BE"])

    @field_validator("payment_days")
    @classmethod
    def _days_fit(cls, days: tuple[int, ...], info: ValidationInfo) -> tuple[int, ...]:
        rule: DueRule | None = info.data.get("rule")
        if days and rule is not None and rule.names_a_day:
            raise ValueError("the rule ends on a day of the month already; remove payment_days")
        return days

    @field_validator("calendar")
    @classmethod
    def _calendar_fits(cls, calendar: str | None, info: ValidationInfo) -> str | None:
        convention = info.data.get("business_days")
        if convention == "none" and calendar is not None:
            raise ValueError('a calendar without a convention moves nothing; write business_days = "following" too')
        if convention not in {"none", None} and calendar is None:
            raise ValueError('business days need a calendar; write calendar = "DE-BE"')
        return calendar


def _due(value: object) -> object:
    return value if is_table(value) else {"rule": due_rule(value)}


Due = Annotated[DueSettings, BeforeValidator(_due, json_schema_input_type=str | DueSettings)]


class EarlyPaymentSettings(Section):
    """A step of the discount for paying early: so many percent off for paying within so many days."""

    days: int = Field(ge=0, le=9999, examples=[10])
    percent: Discount = Field(examples=["2"])


class InstallmentSettings(Section):
    """A part of an invoice, with tax, and when it is due."""

    percent: Share | None = None
    percent_of_rest: Share | None = None
    amount: Amount | None = None
    rest: Literal[True] | None = None
    due: Due = Field(examples=["14 days"])

    @model_validator(mode="after")
    def _one_way(self) -> InstallmentSettings:
        if len(self.model_fields_set - {"due"}) != 1:
            raise ValueError('write one of percent = "50", percent_of_rest = "50", amount = "500.00" and rest = true')
        return self


class PayerSettings(Section):
    """Who pays so many percent of every bill, on a document of their own."""

    client: ClientName = Field(examples=["acme"])
    percent: Share


class ContractSettings(Section):
    """One contract, in the main file or in a file of its own."""

    answers: ClassVar[dict[str, str]] = {
        "contracts": "a file of its own holds one contract: write its keys at the top, without [[contracts]]",
    }

    id: Name = Field(examples=["acme-portal"])
    title: str = ""
    client: ClientName = Field(examples=["acme"])
    payers: tuple[PayerSettings, ...] = Field(
        default=(), examples=[[{"client": "acme", "percent": "60"}, {"client": "bank", "percent": "40"}]]
    )
    projects: tuple[ProjectName, ...] = Field(min_length=1, examples=[["github:acme/portal"]])
    start: DayInFile = Field(examples=["2026-01-01"])
    currency: Currency = Field(examples=["EUR"])
    price: Amount = Field(examples=["60000.00"])
    tax: TaxSettings = Field(examples=[{"category": "S", "rate": "19"}])
    due: Due = Field(examples=["30 days"])
    early_payment: tuple[EarlyPaymentSettings, ...] = Field(default=(), examples=[[{"days": 10, "percent": "2"}]])
    installments: tuple[InstallmentSettings, ...] = Field(
        default=(), examples=[[{"percent": "50", "due": "14 days"}, {"rest": True, "due": "30 days"}]]
    )
    early_payment_tax: Literal["included", "excluded"] = "included"
    late_fee: LateFee = ""
    delivery: Literal["day", "period"] = "day"
    outputs: tuple[OutputName, ...] = Field(min_length=1, examples=[["files"]])
    invoice_per: InvoicePer = "term"
    accept: AcceptSettings = AcceptSettings()
    reopened: Reopened = "hold"
    order_reference: str = ""
    contract_reference: str = ""
    invoice_type: InvoiceType = "commercial"
    note: str = ""
    timezone: Timezone | None = Field(default=None, examples=["Europe/Berlin"])
    cancelled: DayInFile | None = Field(default=None, examples=["2026-05-01"])
    rounding: Literal["largest remainder", "last"] = "largest remainder"
    tax_rounding: Literal["document", "line"] = "document"
    prices_include_tax: bool = False
    brake: ContractBrakeSettings | None = None
    discount: Share | None = None
    minimum: Amount | None = Field(default=None, examples=["500.00"])
    change_orders: tuple[ChangeOrderSettings, ...] = ()
    escalations: tuple[EscalationSettings, ...] = ()
    deposit: DepositSettings | None = None
    retainage: RetainageSettings | None = None
    terms: tuple[TermSettings, ...] = Field(
        min_length=1, examples=[[{"id": "design", "milestone": "Design*", "percent": "30"}]]
    )

    @property
    def clients(self) -> tuple[str, ...]:
        """The names of the client and of all payers, each once."""
        return tuple(dict.fromkeys([self.client, *(payer.client for payer in self.payers)]))

    @field_validator("payers")
    @classmethod
    def _pay_all_of_it(cls, payers: tuple[PayerSettings, ...]) -> tuple[PayerSettings, ...]:
        if len({payer.client for payer in payers}) != len(payers):
            raise ValueError("a client is named twice; make it one share")
        if payers and sum(payer.percent for payer in payers) != 100:
            raise ValueError('the shares do not make 100 percent; a third is written "100/3"')
        return payers


class GeneralSettings(Section):
    """What stands in the file before the first section."""

    timezone: Timezone = Field(examples=["Europe/Berlin"])


class FileSettings(GeneralSettings):
    """The shape of the whole file. Trackers and outputs hold a `kind` and what its connector wants."""

    supplier: SupplierSettings
    ledger: LedgerSettings = LedgerSettings()
    daemon: DaemonSettings = DaemonSettings()
    brake: BrakeSettings = BrakeSettings()
    rates: RatesSettings = RatesSettings()
    trackers: dict[str, dict[str, Any]] = Field(default_factory=dict[str, dict[str, Any]])
    outputs: dict[str, dict[str, Any]] = Field(default_factory=dict[str, dict[str, Any]])
    clients: dict[str, ClientSettings] = Field(default_factory=dict[str, ClientSettings])
    contracts: tuple[ContractSettings, ...] = ()
