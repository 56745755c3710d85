"""Pickled data read as data: opcodes are followed on a stack of plain values, and nothing in a file is ever called.

Python's own reader imports what a file names and calls it. Here a name is only looked up in a table of functions of
ours that make plain values; every other name ends the reading. There is no import, no attribute and no call besides.
"""

import pickletools
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import IO, Any, Protocol, cast

from explorer.contract.errors import short
from trainers.foreign.errors import CannotImport, UnsafeFile

OPCODES = 2_000_000  # of one file; the published networks have about 20,000
KEYS = (str, bytes, int, float, bool, type(None))  # hashing a tuple goes as deep as it is nested, and ends the process

Make = Callable[..., Any]


@dataclass(frozen=True)
class Named:
    """A class or function that a file names, such as ``collections.OrderedDict``; what it makes, if it may."""

    name: str
    make: Make | None


class Readable(Protocol):
    """What is needed of a file."""

    def read(self, size: int, /) -> bytes: ...
    def readline(self) -> bytes: ...
    def tell(self) -> int: ...


class Unfinished:
    """A value whose content comes after it, in an opcode of its own."""

    def build(self, state: Any) -> None:
        """Take the content in."""
        raise NotImplementedError


class Torn(Exception):
    """The opcodes do not hang together; never shown, see ``read_opcodes``."""


def read_opcodes(
    file: Readable, name: str, allowed: Mapping[str, Make | None], persistent: Callable[[Any], Any] | None = None
) -> Any:
    """The next value in ``file``, which then stands behind it.

    Args:
        file: Where the opcodes begin.
        name: Of the file, for sentences.
        allowed: What each name that may occur makes of its arguments; None: it may only be mentioned.
        persistent: From what stands for a value that lies elsewhere to that value.

    Raises:
        UnsafeFile: it names something else. CannotImport: it is truncated or damaged.
    """
    stack = _Stack(name, allowed, persistent)
    try:
        for count, (opcode, argument, _) in enumerate(pickletools.genops(cast(IO[bytes], file))):
            if count > OPCODES:
                raise UnsafeFile(f"{name} holds more than {OPCODES:,} parts, which no network does; do not use it.")
            if opcode.name == "STOP":
                return stack.pop()
            stack.follow(opcode.name, argument)
    except CannotImport:
        raise
    except BROKEN as error:
        raise damaged(name) from error
    raise damaged(name)


def damaged(name: str) -> CannotImport:
    """What is said of a file that ends too early or does not hang together."""
    return CannotImport(f"{name} is damaged or was not downloaded completely; get it again.")


# what opcodes that do not hang together, and the functions that are given the wrong arguments by them, end in
BROKEN = (Torn, ValueError, TypeError, LookupError, AttributeError, ArithmeticError, EOFError, RuntimeError)


class _Stack:
    """The values at hand while opcodes are followed."""

    def __init__(self, name: str, allowed: Mapping[str, Make | None], persistent: Callable[[Any], Any] | None) -> None:
        self._name, self._allowed, self._persistent = name, allowed, persistent
        self._values: list[Any] = []
        self._marks: list[int] = []
        self._memo: dict[int, Any] = {}

    def pop(self) -> Any:
        """The last value."""
        if not self._values or (self._marks and self._marks[-1] >= len(self._values)):
            raise Torn
        return self._values.pop()

    def follow(self, opcode: str, argument: Any) -> None:
        """Do what one opcode says."""
        if opcode in _CONSTANTS:
            self._values.append(_CONSTANTS[opcode]())
        elif opcode in _GIVEN:
            self._values.append(argument)
        elif opcode in _FIXED_TUPLES:
            self._values.append(tuple([self.pop() for _ in range(_FIXED_TUPLES[opcode])][::-1]))
        elif opcode in _IGNORED:
            return
        elif opcode in _PLAIN:
            _PLAIN[opcode](self, argument)
        else:
            raise UnsafeFile(f"{self._name} uses {opcode}, which no file of weights needs; do not use it.")

    # --- one for each kind of opcode, argument given or None ---

    def mark(self, _: Any) -> None:
        self._marks.append(len(self._values))

    def since_mark(self) -> list[Any]:
        if not self._marks:
            raise Torn
        at = self._marks.pop()
        found = self._values[at:]
        del self._values[at:]
        return found

    def forget(self, _: Any) -> None:
        self.since_mark()

    def drop(self, _: Any) -> None:
        if self._marks and self._marks[-1] == len(self._values):
            self._marks.pop()
        else:
            self.pop()

    def double(self, _: Any) -> None:
        self._values.append(self._values[-1])

    def keep(self, at: Any) -> None:
        self._memo[len(self._memo) if at is None else at] = self._values[-1]

    def recall(self, at: Any) -> None:
        self._values.append(self._memo[at])

    def append(self, _: Any) -> None:
        value = self.pop()
        self._top(list).append(value)

    def extend(self, _: Any) -> None:
        values = self.since_mark()
        self._top(list).extend(values)

    def set_item(self, _: Any) -> None:
        value, key = self.pop(), self.pop()
        put(self._top(dict), [(key, value)])

    def set_items(self, _: Any) -> None:
        values = self.since_mark()
        put(self._top(dict), list(zip(values[::2], values[1::2], strict=True)))

    def add_items(self, _: Any) -> None:
        values = self.since_mark()
        self._top(set).update([_checked(value) for value in values])

    def frozen(self, _: Any) -> None:
        self._values.append(frozenset(_checked(value) for value in self.since_mark()))

    def as_tuple(self, _: Any) -> None:
        self._values.append(tuple(self.since_mark()))

    def as_list(self, _: Any) -> None:
        self._values.append(self.since_mark())

    def as_dict(self, _: Any) -> None:
        values = self.since_mark()
        self._values.append(put({}, list(zip(values[::2], values[1::2], strict=True))))

    def name(self, argument: Any) -> None:
        self._mention(*str(argument).split(" ", 1))

    def name_on_stack(self, _: Any) -> None:
        last, module = self.pop(), self.pop()
        self._mention(module, last)

    def make(self, _: Any) -> None:
        """What a call, or the making of an object, comes to."""
        arguments, called = self.pop(), self.pop()
        if not isinstance(called, Named) or not isinstance(arguments, tuple):
            raise Torn
        if called.make is None:
            raise forbidden(self._name, called.name)
        self._values.append(called.make(*arguments))

    def build(self, _: Any) -> None:
        state = self.pop()
        found = self._values[-1]
        if isinstance(found, Unfinished):
            found.build(state)
        elif not isinstance(found, dict):  # notes that hang at a dictionary are of no use here
            raise Torn

    def elsewhere(self, argument: Any) -> None:
        if self._persistent is None:
            raise Torn
        self._values.append(self._persistent(self.pop() if argument is None else argument))

    def _mention(self, module: Any, last: Any) -> None:
        if not isinstance(module, str) or not isinstance(last, str):
            raise Torn
        name = f"{module}.{last}"
        if name not in self._allowed:
            raise forbidden(self._name, name)
        self._values.append(Named(name, self._allowed[name]))

    def _top(self, kind: type) -> Any:
        if type(self._values[-1]) is not kind:
            raise Torn
        return self._values[-1]


def put(target: dict[Any, Any], pairs: list[tuple[Any, Any]]) -> dict[Any, Any]:
    """``target`` with the pairs, whose keys must be plain."""
    for key, value in pairs:
        target[_checked(key)] = value
    return target


def forbidden(file: str, name: str) -> UnsafeFile:
    """What is said of a file that names ``name``."""
    module = name.rsplit(".", 1)[0]
    said = short(name, 80)
    if module.startswith("dnnlib.tflib"):
        return UnsafeFile(
            f"{file} is a network of the older TensorFlow StyleGAN; convert it with legacy.py of the "
            "stylegan2-ada-pytorch repository, then import what that writes."
        )
    if module == "__main__" or module.startswith(("torch.nn.", "torchvision.", "transformers.", "diffusers.", "timm.")):
        return UnsafeFile(
            f"{file} holds a whole model ({said}), which only its own code can read; save its state_dict() as "
            "safetensors, or export it to ONNX and drop that into the app."
        )
    return UnsafeFile(
        f"{file} asks for {said} to be run, which reading weights never needs; nothing was run, do not use this file."
    )


def _checked(key: Any) -> Any:
    if not isinstance(key, KEYS):
        raise Torn
    return key


_CONSTANTS: dict[str, Callable[[], Any]] = {
    "NONE": lambda: None,
    "NEWTRUE": lambda: True,
    "NEWFALSE": lambda: False,
    "EMPTY_LIST": list,
    "EMPTY_TUPLE": tuple,
    "EMPTY_DICT": dict,
    "EMPTY_SET": set,
}
_GIVEN = {
    "INT", "BININT", "BININT1", "BININT2", "LONG", "LONG1", "LONG4", "FLOAT", "BINFLOAT", "STRING", "BINSTRING",
    "SHORT_BINSTRING", "UNICODE", "BINUNICODE", "SHORT_BINUNICODE", "BINUNICODE8", "BINBYTES", "SHORT_BINBYTES",
    "BINBYTES8", "BYTEARRAY8",
}  # fmt: skip
_FIXED_TUPLES = {"TUPLE1": 1, "TUPLE2": 2, "TUPLE3": 3}
_IGNORED = {"PROTO", "FRAME"}
_PLAIN: dict[str, Callable[[_Stack, Any], None]] = {
    "MARK": _Stack.mark,
    "POP": _Stack.drop,
    "POP_MARK": _Stack.forget,
    "DUP": _Stack.double,
    "PUT": _Stack.keep,
    "BINPUT": _Stack.keep,
    "LONG_BINPUT": _Stack.keep,
    "MEMOIZE": _Stack.keep,
    "GET": _Stack.recall,
    "BINGET": _Stack.recall,
    "LONG_BINGET": _Stack.recall,
    "APPEND": _Stack.append,
    "APPENDS": _Stack.extend,
    "SETITEM": _Stack.set_item,
    "SETITEMS": _Stack.set_items,
    "ADDITEMS": _Stack.add_items,
    "FROZENSET": _Stack.frozen,
    "TUPLE": _Stack.as_tuple,
    "LIST": _Stack.as_list,
    "DICT": _Stack.as_dict,
    "GLOBAL": _Stack.name,
    "STACK_GLOBAL": _Stack.name_on_stack,
    "REDUCE": _Stack.make,
    "NEWOBJ": _Stack.make,
    "BUILD": _Stack.build,
    "PERSID": _Stack.elsewhere,
    "BINPERSID": _Stack.elsewhere,
}
