"""OAuth 2 for connectors (RFC 6749): who we are, a person's consent, and the chain of tokens that comes of it.

What differs between vendors is data, `Consent` in `declaration`. Nothing here knows a vendor, and nothing
here logs.
"""
