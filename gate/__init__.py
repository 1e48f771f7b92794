"""Findings to a verdict: applies VEX statements and a policy, decides, and renders reports."""
