"""What well-known models cost, as their makers' price lists said on `DATED`. Data only; a manifest's `models` stand before it.

Prices change: what matters belongs into the manifest. Only loaded where something was spent or a budget asks.
"""

from __future__ import annotations

DATED = "2025-08-31"

# model -> USD for 1,000 tokens of input, of cached input, of output; decimal texts
PRICES: dict[str, tuple[str, str, str]] = {
    "claude-3-5-haiku": ("0.0008", "0.00008", "0.004"),
    "claude-3-7-sonnet": ("0.003", "0.0003", "0.015"),
    "claude-opus-4": ("0.015", "0.0015", "0.075"),
    "claude-opus-4-1": ("0.015", "0.0015", "0.075"),
    "claude-sonnet-4": ("0.003", "0.0003", "0.015"),
    "gemini-2.5-flash": ("0.0003", "0.000075", "0.0025"),
    "gemini-2.5-pro": ("0.00125", "0.00031", "0.01"),
    "gpt-4.1": ("0.002", "0.0005", "0.008"),
    "gpt-4.1-mini": ("0.0004", "0.0001", "0.0016"),
    "gpt-4o": ("0.0025", "0.00125", "0.01"),
    "gpt-4o-mini": ("0.00015", "0.000075", "0.0006"),
    "gpt-5": ("0.00125", "0.000125", "0.01"),
    "gpt-5-mini": ("0.00025", "0.000025", "0.002"),
    "o3": ("0.002", "0.0005", "0.008"),
    "o4-mini": ("0.0011", "0.000275", "0.0044"),
}
