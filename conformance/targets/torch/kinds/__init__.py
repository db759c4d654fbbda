"""The kinds of target, one module each, discovered.

A module here takes the torch module as an argument and imports its interpreter only when a target is opened:
that is why the targets can be listed, with the reason, where torch is not installed.
"""
