"""Manifests of the contract that several tests read."""

CONTRACT = """\
# yaml-language-server: $schema=…/uetfile.schema.json
version: 1
project: shop
default: [all]
include: [ci/gates.yaml, "packages/*/Uetfile.yaml", {path: libs/api/Uetfile.yaml, as: api}]
vars:
  py: python3
  cflags: [-O2, -g]
  rev: {sh: git rev-parse --short HEAD}         # lazy: run at most once, never to list or plan
  params: {load: params.yaml}                   # yaml, json or toml; only the values that a recipe uses count
  stage: {one_of: [staging, prod], default: staging}
dotenv: [.env]
env: {LC_ALL: C.UTF-8}
scopes:
  core: ["core/**/*.py", "!core/**/generated_*.py"]        # later patterns win
pools: {llm: 2, gpu: 1}
workstreams:
  all: {depends_on: [ws-*, lint]}               # no recipe: a group
  ws-00:
    title: Generate the parser
    inputs: {src: "grammar/*.g", tool: tools/gen.py}
    outputs: [core/generated_parser.py]
    run: "{{ vars.py }} {{ inputs.tool }} {{ inputs.src }} > {{ outputs }}"
  obj:
    foreach: "src/**/*.c"                       # make's pattern rule
    outputs: ["build/{{ item.rel }}.o"]
    depfile: "build/{{ item.rel }}.d"
    run: "cc {{ vars.cflags }} -MD -MF {{ depfile }} -c {{ item }} -o {{ outputs }}"
  app:
    inputs: ["outputs:obj"]
    outputs: [build/app]
    run: "cc {{ inputs }} -o {{ outputs }}"
  test:
    matrix: {py: [3.11, 3.12]}
    inputs: [scope:core, "tests/**"]
    run: "uv run -p {{ matrix.py }} pytest -q {{ args }}"
  fmt: {edits: [scope:core], run: [ruff check --fix core, ruff format core]}
  publish: {confirm: Upload to PyPI?, inputs: ["dist/*.whl"], run: "twine upload {{ inputs }}", secrets: [TWINE_PASSWORD]}
#now
  ws-07:                                        # (agents)
    phase: refactor
    edits: [scope:core]
    agent: {tool: aider, prompt: "Move the parser to core/state/", context: {include: ["docs/adr/*.md"], max_tokens: 60k}}
    isolation: worktree
    gates: [lint, test]
    budget: {usd: 2.50, tokens: 50k}
    retry: {attempts: 3, backoff: 1s, max: 60s, on: [exit, timeout, rate_limit]}
    resources: {llm: 1}
gates:                                          # (policies) workstreams with a guard's keys
  lint: {type: lint, run: "ruff check {{ files }}", blocking: false}
  smoke: {type: integration, run: ./smoke.sh, at: run}
tools:                                          # (agents; `adapter: command` with policies)
  aider: {adapter: aider, model: gpt-4o, capabilities: [edit, python], timeout: 30m, rate: 10/min, breaker: {failures: 5, cooldown: 60s}}
#money
models: {gpt-4o: {input_per_1k: 0.0025, output_per_1k: 0.01}}
budgets: {run: {usd: 100, tokens: 5M, time: 2h, warn_at: 0.8, on_exceeded: halt, shrink_jobs: true}}
phases: {refactor: {title: Refactoring, budget: {usd: 20}}}
#end
defaults: {timeout: 10m, retry: 0, env_mode: inherit}
profiles: {ci: {defaults: {env_mode: strict}}}  # --profile ci: maps merge, lists and scalars replace, null deletes
settings: {jobs: auto, keep_runs: 50, output_limit: 1Gi}         # output_limit bounds the log of one node
"""
"""The example of the contract, whole."""

CONTRACT_NOW = CONTRACT.split("#now\n", 1)[0] + CONTRACT.split("#money\n", 1)[1].replace("#end\n", "")
"""The same without what is not yet there."""
