"""`python -m tracker2invoice`: the same as the command."""

from tracker2invoice.cli.main import main

main(prog_name="tracker2invoice")
