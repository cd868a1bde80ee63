"""Carries out the steps: observe, plan and claim, deliver. Knows the ports, no vendor, and prints nothing."""
