"""A family's configuration as facts that a form can be made of: name, type, default, range, unit, one sentence."""

import ast
import inspect
import textwrap
from dataclasses import Field, fields, is_dataclass
from itertools import pairwise
from pathlib import Path
from typing import Annotated, Any, Literal, get_args, get_origin, get_type_hints

from annotated_types import Interval

from trainers.families import Family
from trainers.kit.knobs import Unit

KINDS = {int: "integer", float: "number", str: "text", bool: "switch", Path: "path"}


def schema(family: Family) -> dict[str, Any]:
    """The family and its fields in order; nested ones follow with the ``group`` they belong to, names are unique."""
    return {"family": family.name, "sentence": family.sentence, "fields": _fields(family.config(), "")}


def _fields(config: Any, group: str) -> list[dict[str, Any]]:
    hints = get_type_hints(type(config), include_extras=True)
    helps = field_helps(type(config))
    found = []
    for field in fields(config):
        value = getattr(config, field.name)
        if is_dataclass(value):
            found += _fields(value, field.name)
        else:
            found.append(_fact(field, hints[field.name], value, helps[field.name], group))
    return found


def _fact(field: Field, hint: Any, value: Any, help_text: str, group: str) -> dict[str, Any]:
    plain, notes = (get_args(hint)[0], get_args(hint)[1:]) if get_origin(hint) is Annotated else (hint, ())
    ranges = [note for note in notes if isinstance(note, Interval)]
    choices = list(get_args(plain)) if get_origin(plain) is Literal else None
    return {
        "name": field.name,
        "group": group,
        "type": "choice" if choices else KINDS[plain],
        "default": value,
        "choices": choices,
        "low": _last(bound for r in ranges for bound in (r.ge, r.gt)),
        "low_is_allowed": not any(r.gt is not None for r in ranges),
        "high": _last(bound for r in ranges for bound in (r.le, r.lt)),
        "unit": next((note.name for note in notes if isinstance(note, Unit)), ""),
        "help": help_text,
    }


def _last(bounds: Any) -> Any:
    """The last bound that is given: the innermost, and so the tightest, annotation comes last."""
    return next(iter([bound for bound in bounds if bound is not None][::-1]), None)


def field_helps(config: type) -> dict[str, str]:
    """The sentence under each field of a dataclass, its bases' included."""
    helps: dict[str, str] = {}
    for cls in reversed(config.__mro__):
        if not is_dataclass(cls):
            continue
        (tree,) = ast.parse(textwrap.dedent(inspect.getsource(cls))).body
        body = tree.body if isinstance(tree, ast.ClassDef) else []
        for statement, after in pairwise(body):
            if isinstance(statement, ast.AnnAssign) and isinstance(statement.target, ast.Name):
                text = (
                    after.value.value if isinstance(after, ast.Expr) and isinstance(after.value, ast.Constant) else ""
                )
                if text or statement.target.id not in helps:
                    helps[statement.target.id] = " ".join(str(text).split())
    return helps
