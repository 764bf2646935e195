"""The benchmark: simulator, bot and driver in processes of their own, on loopback.

`python -m bench` runs it; docs/performance.md says what the figures mean.
"""
