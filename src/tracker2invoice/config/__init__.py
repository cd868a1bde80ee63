"""How the configuration file is read and judged; `tracker2invoice.configfile` is the way in."""
