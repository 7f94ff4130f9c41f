"""What well-known models cost. Data only; a manifest's `models` stand before it.

Only models whose price was found stated, one that holds for prompts of any length: a price that is too low would break a limit. What
matters belongs into the manifest, since prices change. `docs/reference/prices.md` shows the table; a test holds the two together. Only
loaded where something was spent or a budget asks.
"""

from __future__ import annotations

READ = "2026-11-21"  # when the sources were read

# Names in words, and where they say it. Anthropic: the maker's own page. OpenAI: its page as several others quote it.
SOURCES = {
    "Anthropic": "https://platform.claude.com/docs/en/about-claude/pricing",
    "OpenAI": "https://developers.openai.com/api/docs/pricing",
}

# model -> USD for 1,000 tokens of input, of cached input, of output; decimal texts
PRICES: dict[str, tuple[str, str, str]] = {
    "claude-3-5-haiku": ("0.0008", "0.00008", "0.004"),
    "claude-3-7-sonnet": ("0.003", "0.0003", "0.015"),
    "claude-haiku-4-5": ("0.001", "0.0001", "0.005"),
    "claude-opus-4": ("0.015", "0.0015", "0.075"),
    "claude-opus-4-1": ("0.015", "0.0015", "0.075"),
    "claude-opus-4-5": ("0.005", "0.0005", "0.025"),
    "claude-opus-4-6": ("0.005", "0.0005", "0.025"),
    "claude-sonnet-4-6": ("0.003", "0.0003", "0.015"),
    "gpt-4.1": ("0.002", "0.0005", "0.008"),
    "gpt-4o": ("0.0025", "0.00125", "0.01"),
    "gpt-4o-mini": ("0.00015", "0.000075", "0.0006"),
}
