"""Every figure the project claims, measured: ``python -m benchmarks NAME [--data DIR] [--json]``."""
