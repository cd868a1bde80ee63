"""Values without I/O: money, milestones, contracts, invoices. All immutable."""
