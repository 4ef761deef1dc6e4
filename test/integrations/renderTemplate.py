"""Renders Home Assistant's value templates with Jinja, its own template language. Reads [[template, json], ...], writes [text, ...]."""
import json
import sys

from jinja2.sandbox import ImmutableSandboxedEnvironment

environment = ImmutableSandboxedEnvironment()
pairs = json.load(sys.stdin)
json.dump([environment.from_string(template).render(value_json=json.loads(value)) for template, value in pairs], sys.stdout)
