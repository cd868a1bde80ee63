"""`auth`: a person lets a tracker or output in, in a browser; its tokens are kept from then on."""

from __future__ import annotations

import webbrowser
from datetime import timedelta

import click

from tracker2invoice.cli import common, session, shapes
from tracker2invoice.cli.common import plain
from tracker2invoice.engine.consents import consent_of, sections
from tracker2invoice.oauth.consent import Question, question, settle
from tracker2invoice.oauth.declaration import Consent
from tracker2invoice.oauth.expiry import expiry
from tracker2invoice.oauth.loopback import listening
from tracker2invoice.plugins import Context

PATIENCE = timedelta(minutes=10)
"""How long the browser may take to come back."""


@common.command("auth")
@click.argument("name", metavar="NAME")
@click.option("--browser", is_flag=True, help="Open the address in a browser of this machine.")
@click.option("--paste", is_flag=True, help="Paste the address that the browser was sent to; for servers without one.")
def command(console: common.Console, name: str, *, browser: bool, paste: bool) -> int:
    """Ask a person for consent to use the tracker or output NAME, and keep the tokens that come of it.

    Shows an address to open, and waits on this machine for the browser to come back. The tokens replace those from
    before.
    """
    configuration = session.configuration(console)
    found = sections(configuration)
    named = [section for section in found if name in (section, section.partition(".")[2])]
    if len(named) != 1:
        return console.refuse(_which(name, named or list(found)))
    configured_name, configured = found[named[0]]
    consent = consent_of(configured_name, configured)
    if consent is None:
        return console.refuse(_none_needed(named[0], configured.kind, declared=configured.plugin.consent is not None))
    context = Context(configured_name, configuration.directory, session.clock())
    asked, address = _asked(console, consent, configured_name, browser=browser, paste=paste)
    end = expiry(consent, settle(configured.kind, consent, context, asked, address))
    console.say(f"{named[0]} may be used from now on. `t2i check` reaches it.")
    console.answer({"auth": named[0], "ends_at": shapes.instant(end.at) if end else None})
    return common.DONE


def _asked(console: common.Console, consent: Consent, name: str, *, browser: bool, paste: bool) -> tuple[Question, str]:
    """Ask the person; return the question and the address to which the browser was sent."""
    if paste:
        asked = question(consent, consent.redirect_url)
        _show(console, asked, browser=browser)
        return asked, click.prompt("The address that the browser was sent to", err=True)
    with listening(name, consent.redirect_url) as listener:
        asked = question(consent, listener.redirect_url)
        _show(console, asked, browser=browser)
        console.say(f"Waiting at {asked.redirect_url} …")
        return asked, listener.wait(PATIENCE)


def _show(console: common.Console, asked: Question, *, browser: bool) -> None:
    console.say("Open this address, sign in and agree:")
    console.say(asked.url)
    if browser and not webbrowser.open(asked.url):
        console.warn("There is no browser on this machine that can be opened. Open the address yourself.")


def _which(name: str, sections: list[str]) -> str:
    return plain(f"{name} is not one tracker or output of the configuration. Name one of: {', '.join(sections)}.", 1000)


def _none_needed(section: str, kind: str, *, declared: bool) -> str:
    if not declared:
        return f"{section} needs nobody's consent: connectors of the kind {kind} sign in without OAuth 2."
    return (
        f"{section} is configured in a way that needs nobody's consent; docs/connectors/{kind}.md shows the other way."
    )
