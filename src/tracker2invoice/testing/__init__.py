"""For connector authors and rehearsals: conformance suites, memory twins, sandbox servers."""
