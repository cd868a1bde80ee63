"""The settings of payment terms and of the conditions beside them: change orders, deposit, retainage, escalation.

A model checks one table by itself; what terms have to do with each other is judged in `agreements`.
"""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from itertools import pairwise
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field, ValidationInfo, WithJsonSchema, field_validator, model_validator

from tracker2invoice.config.plain import is_list
from tracker2invoice.config.section import Section
from tracker2invoice.config.types import (
    Amount,
    Change,
    Day,
    Name,
    Percent,
    Price,
    Rate,
    Regex,
    Share,
    Text,
    UnitCode,
)
from tracker2invoice.model.tax import VAT_LATER, TaxCategory

DayInFile = Annotated[Day, WithJsonSchema({"type": "string", "format": "date"})]


class TaxSettings(Section):
    """A VAT category with its rate (EN 16931 BT-151, BT-152; code list UNCL5305).

    Rates: BR-S-05 wants more than zero for S; BR-Z-05, BR-E-05, BR-AE-05, BR-IC-05 and BR-G-05 want zero.
    Reasons: BR-E-10, BR-AE-10, BR-IC-10, BR-G-10, BR-O-10 want one, BR-S-10 and BR-Z-10 forbid it.
    """

    category: TaxCategory = Field(examples=["S"])
    rate: Rate | None = Field(default=None, validate_default=True, examples=["19"])
    exemption_reason: Text | None = Field(default=None, validate_default=True, examples=["Reverse charge"])

    @field_validator("rate")
    @classmethod
    def _rate_fits(cls, rate: Decimal | None, info: ValidationInfo) -> Decimal | None:
        category = info.data.get("category")
        if category == "S" and not rate:
            raise ValueError('category S needs a rate above zero: write rate = "19"')
        if category not in {"S", None} and rate:
            raise ValueError(f'category {category} has no tax: write rate = "0", or category = "S"')
        return rate

    @field_validator("exemption_reason")
    @classmethod
    def _reason_fits(cls, reason: str | None, info: ValidationInfo) -> str | None:
        category = info.data.get("category")
        if category in {"E", "AE", "K", "G", "O"} and reason is None:
            raise ValueError(f'category {category} needs a reason: write exemption_reason = "Reverse charge" or such')
        if category in {"S", "Z"} and reason is not None:
            raise ValueError(f"category {category} takes no exemption_reason; remove it")
        return reason


class PatternSettings(Section):
    """Which milestones are meant; exactly one of the four."""

    title: Text | None = None
    glob: Text | None = None
    regex: Regex | None = None
    number: int | None = Field(default=None, ge=1)

    @model_validator(mode="after")
    def _one_way(self) -> PatternSettings:
        if len(self.model_fields_set) != 1:
            raise ValueError('write "Design*", { title = "…" }, { regex = "…" } or { number = 3 }')
        return self


def _pattern(value: object) -> object:
    if isinstance(value, str):
        return {"glob" if any(char in value for char in "*?[") else "title": value}
    return value


Pattern = Annotated[PatternSettings, BeforeValidator(_pattern, json_schema_input_type=str | PatternSettings)]


class MilestoneSettings(PatternSettings):
    """Which milestones trigger a term: those of a pattern, the first or the last of several, or each that fits."""

    any: tuple[Pattern, ...] | None = None
    all: tuple[Pattern, ...] | None = None
    each: Pattern | None = None

    @model_validator(mode="after")
    def _one_way(self) -> MilestoneSettings:
        if len(self.model_fields_set) != 1:
            raise ValueError('write "Design*", { all = ["A", "B"] }, { any = ["A", "B"] } or { each = "Sprint *" }')
        if any(several is not None and len(several) < 2 for several in (self.any, self.all)):
            raise ValueError('write two milestones or more: { all = ["Design", "Beta"] }')
        return self


Milestone = Annotated[MilestoneSettings, BeforeValidator(_pattern, json_schema_input_type=str | MilestoneSettings)]


class QuantitySettings(Section):
    """What a unit price is multiplied with: a number, closed issues with a label, points of closed issues."""

    number: Price | None = None
    label: Text | None = None
    points: Literal[True] | None = None

    @model_validator(mode="after")
    def _one_way(self) -> QuantitySettings:
        if len(self.model_fields_set) != 1:
            raise ValueError('write "12", { label = "billable" } or { points = true }')
        return self


def _quantity(value: object) -> object:
    return {"number": value} if isinstance(value, str | int | float) else value


Quantity = Annotated[QuantitySettings, BeforeValidator(_quantity, json_schema_input_type=str | QuantitySettings)]


class RatesSettings(Section):
    """Prices of an hour: by person, else by label of the issue, else the general one."""

    general: Price | None = Field(default=None, alias="default", examples=["95.00"])
    people: dict[str, Price] = Field(default_factory=dict[str, Decimal], examples=[{"anna": "120.00"}])
    labels: dict[str, Price] = Field(default_factory=dict[str, Decimal], examples=[{"architecture": "140.00"}])

    @model_validator(mode="after")
    def _some_rate(self) -> RatesSettings:
        if not self.model_fields_set:
            raise ValueError('write at least one rate: { default = "95.00" }')
        return self


class TermSettings(Section):
    """One payment term: a share of the price, a fixed amount, a unit price, or rates for hours."""

    id: Name = Field(examples=["design"])
    milestone: Milestone | None = Field(default=None, examples=["Design*"])
    percent: Share | None = None
    amount: Amount | None = None
    unit_price: Price | None = Field(default=None, examples=["450.00"])
    quantity: Quantity | None = Field(default=None, examples=[{"label": "billable"}])
    unit: UnitCode = "C62"
    rates: RatesSettings | None = Field(default=None, examples=[{"default": "95.00"}])
    not_to_exceed: Amount | None = Field(default=None, examples=["20000.00"])
    alerts: tuple[Share, ...] = Field(default=(), examples=[["75", "85", "100"]])
    progress: Literal["issues", "points", "estimate", "certified"] | None = None
    every: Literal["month"] | None = None
    since: DayInFile | None = Field(default=None, examples=["2026-04-01"])
    times: int | None = Field(default=None, ge=1, le=1200, examples=[6])
    discount: Share | None = None
    tax: TaxSettings | None = None
    description: str = ""
    shares_milestone: bool = False
    cancelled: bool = False

    @model_validator(mode="after")
    def _one_price(self) -> TermSettings:
        prices = [self.percent, self.amount, self.unit_price, self.rates]
        if sum(price is not None for price in prices) != 1:
            raise ValueError('write exactly one of percent = "30", amount = "5000.00", unit_price and rates')
        return self

    @model_validator(mode="after")
    def _triggered(self) -> TermSettings:
        if self.milestone is None and self.every is None and self.progress != "certified":
            raise ValueError('write what triggers it: milestone = "Design*", or every = "month"')
        if self.since is not None and self.every is None:
            raise ValueError('since is for terms of each month; write every = "month" too, or remove it')
        return self

    @model_validator(mode="after")
    def _bounded(self) -> TermSettings:
        if (self.unit_price is None) != (self.quantity is None):
            raise ValueError('unit_price and quantity go together: quantity = { label = "billable" }')
        counted = self.rates is not None or (self.quantity is not None and self.quantity.number is None)
        if counted and self.not_to_exceed is None:
            raise ValueError('write the most that it bills in all: not_to_exceed = "20000.00"')
        if not counted and self.not_to_exceed is not None:
            raise ValueError("not_to_exceed is for what is counted; remove it")
        if self.alerts and self.rates is None:
            raise ValueError("alerts are for rates with not_to_exceed; remove them")
        return self

    @model_validator(mode="after")
    def _repeated(self) -> TermSettings:
        repeats = self.every is not None or (self.milestone is not None and self.milestone.each is not None)
        each_time = repeats and self.amount is not None and self.progress is None
        if each_time and self.times is None:
            raise ValueError("the amount is billed more than once; write how often at most: times = 6")
        if not each_time and self.times is not None:
            raise ValueError("times is for an amount that is billed more than once; remove it")
        if repeats and self.percent is not None and self.progress is None:
            raise ValueError('a percentage is billed once; write amount = "…" and times, or progress = "issues"')
        if repeats and self.quantity is not None and self.quantity.number is not None:
            raise ValueError('a number is billed once; write amount = "…" and times')
        if self.progress is not None and self.percent is None and self.amount is None:
            raise ValueError('progress is of a percentage or an amount; write percent = "40"')
        if self.progress == "certified" and self.milestone is not None and self.milestone.each is not None:
            raise ValueError('each certification bills by itself; write milestone = "Sprint *", without each')
        return self


def _number(value: object) -> object:
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


class ChangeOrderSettings(Section):
    """An approved change of the price; with `term` of that term alone."""

    number: Annotated[Name, BeforeValidator(_number, json_schema_input_type=str | int)] = Field(examples=["1"])
    effective: DayInFile = Field(examples=["2026-04-01"])
    amount: Change = Field(examples=["5000.00", "-2500.00"])
    description: str = ""
    term: str = ""


class IndexSettings(Section):
    """An index by which a price rises: its value when the contract was made, and the one that counts now."""

    base: Price
    current: Price


class EscalationSettings(Section):
    """How much more work costs that is triggered from a day on."""

    since: DayInFile = Field(examples=["2027-01-01"])
    percent: Percent | None = Field(default=None, examples=["3.2"])
    index: IndexSettings | None = Field(default=None, examples=[{"base": "110.2", "current": "113.9"}])
    reason: str = ""

    @model_validator(mode="after")
    def _one_way(self) -> EscalationSettings:
        if (self.percent is None) == (self.index is None):
            raise ValueError('write percent = "3.2" or index = { base = "110.2", current = "113.9" }')
        return self


class DrawdownSettings(Section):
    """How later bills deduct a deposit: in a way that has a name, a percentage of each bill, or an amount in each."""

    way: Literal["pro rata", "first", "end", "credit"] | None = None
    percent: Share | None = None
    amount: Amount | None = None

    @model_validator(mode="after")
    def _one_way(self) -> DrawdownSettings:
        if len(self.model_fields_set) != 1:
            raise ValueError('write "pro rata", "first", "end", "credit", { percent = "25" } or { amount = "500.00" }')
        return self


def _drawdown(value: object) -> object:
    return {"way": value} if isinstance(value, str) else value


Drawdown = Annotated[DrawdownSettings, BeforeValidator(_drawdown, json_schema_input_type=str | DrawdownSettings)]


class DepositSettings(Section):
    """An advance, billed when a milestone is closed or else on the first day, and how later bills draw it down."""

    percent: Share | None = Field(default=None, examples=["20"])
    amount: Amount | None = None
    milestone: Pattern | None = None
    drawdown: Drawdown = DrawdownSettings(way="pro rata")
    tax: Literal["now", "later"] = "now"
    category: Literal["O", "E"] = "O"
    exemption_reason: Text = VAT_LATER

    @model_validator(mode="after")
    def _outside_tax(self) -> DepositSettings:
        if self.tax == "now" and self.model_fields_set & {"category", "exemption_reason"}:
            raise ValueError('category and exemption_reason are for a deposit outside VAT; write tax = "later" too')
        return self

    @model_validator(mode="after")
    def _one_price(self) -> DepositSettings:
        if (self.percent is None) == (self.amount is None):
            raise ValueError('write exactly one of percent = "20" and amount = "5000.00"')
        return self


class RetainageStepSettings(Section):
    """Up to so many percent of the contract sum, so many percent are held back; then a part of it is paid out."""

    until: Share
    percent: Rate
    returns: Rate = Decimal(0)


class ReleaseSettings(Section):
    """When retainage, or a part of it, is paid out: a milestone, a day, or when a person says so."""

    milestone: Pattern | None = None
    on: DayInFile | None = None
    by_hand: Literal[True] | None = None
    percent: Share = Fraction(100)

    @model_validator(mode="after")
    def _one_way(self) -> ReleaseSettings:
        if len(self.model_fields_set & {"milestone", "on", "by_hand"}) != 1:
            raise ValueError('write "Acceptance", { on = 2027-01-31 } or { by_hand = true }')
        return self


def _releases(value: object) -> object:
    parts = value if is_list(value) else [value]
    return tuple({"milestone": one} if isinstance(one, str) else one for one in parts)


class RetainageSettings(Section):
    """What is earned but held back, and when it is paid out."""

    percent: Rate = Field(examples=["5"])
    release: Annotated[
        tuple[ReleaseSettings, ...],
        BeforeValidator(_releases, json_schema_input_type=str | ReleaseSettings | list[ReleaseSettings]),
    ] = Field(min_length=1, examples=["Acceptance"])
    steps: tuple[RetainageStepSettings, ...] = ()
    ceiling: Share | None = None
    terms: dict[str, Rate] = Field(default_factory=dict[str, Decimal], examples=[{"design": "0"}])
    tax: Literal["whole", "reduced"] = "whole"

    @field_validator("release")
    @classmethod
    def _at_most_all(cls, releases: tuple[ReleaseSettings, ...]) -> tuple[ReleaseSettings, ...]:
        if sum((one.percent for one in releases), Fraction(0)) > 100:
            raise ValueError("the releases make more than 100 percent; lower one")
        return releases

    @field_validator("steps")
    @classmethod
    def _rising(cls, steps: tuple[RetainageStepSettings, ...]) -> tuple[RetainageStepSettings, ...]:
        if any(one.until >= other.until for one, other in pairwise(steps)):
            raise ValueError("each step must end later than the one before; order them by until")
        return steps
