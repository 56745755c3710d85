"""Codes as text and tables: every number comes back exactly, and what is no code says so."""

import csv
import io

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from explorer.media.codes import TEXT, NoCode, directions_csv, directions_npz, from_text, to_csv, to_npz, to_text

FLOATS = st.floats(width=32, allow_nan=False, allow_infinity=False)


@given(st.lists(FLOATS, min_size=1, max_size=40))
def test_a_copied_code_comes_back_exactly(values: list[float]) -> None:
    code = np.array(values, np.float32)
    np.testing.assert_array_equal(from_text(to_text("faces-vae", code), len(code), "faces-vae"), code)


def test_it_is_one_line_that_people_read() -> None:
    assert to_text("faces-vae", np.array([0.1, -1.25, 3], np.float32)) == "faces-vae: [0.1, -1.25, 3.0]"


@pytest.mark.parametrize(
    "text",
    [
        "[0.5, -1, 2e-1]",
        "0.5 -1 0.2",
        " 0.5,-1,0.2\n",
        "0.5\n-1\n0.2\n",
        "0.5;-1;0.2",
        "model: with: colons = [0.5, -1, 0.2]",
        "array([ 0.5, -1. ,  0.2], dtype=float32)",
        "[0.5, -1, 0.2",
    ],
)
def test_many_ways_to_write_three_numbers(text: str) -> None:
    np.testing.assert_array_equal(from_text(text, 3, "m"), np.array([0.5, -1, 0.2], np.float32))


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "The clipboard holds no code; copy numbers such as [0.5, -1.2], 3 of them."),
        ("a picture of a cat", "The clipboard holds no code; copy numbers such as [0.5, -1.2], 3 of them."),
        ("[1, 2, [3]]", "The clipboard holds no code; copy numbers such as [0.5, -1.2], 3 of them."),
        ("1" * (TEXT + 1), "The clipboard holds no code; copy numbers such as [0.5, -1.2], 3 of them."),
        ("[1, 2]", "The clipboard holds 2 numbers, and m has 3; open the model they belong to."),
        ("v: [1, 2]", "The clipboard holds 2 numbers (of v), and m has 3; open the model they belong to."),
        ("[1, NaN, 2]", "The code on the clipboard holds a number that is not finite; copy it again."),
        ("[1, -inf, 2]", "The code on the clipboard holds a number that is not finite; copy it again."),
        ("[1, 1e39, 2]", "The code on the clipboard holds a number that is not finite; copy it again."),
    ],
)
def test_what_is_no_code_says_what_to_do(text: str, sentence: str) -> None:
    with pytest.raises(NoCode) as caught:
        from_text(text, 3, "m")
    assert str(caught.value) == sentence


def test_a_table_has_a_line_for_each_keyframe() -> None:
    codes = np.array([[0.1, -1.25], [3e-7, 2]], np.float32)
    rows = list(csv.reader(io.StringIO(to_csv(codes).decode())))
    assert rows[0] == ["keyframe", "z0", "z1"]
    assert [row[0] for row in rows[1:]] == ["1", "2"]
    np.testing.assert_array_equal(np.array([row[1:] for row in rows[1:]], np.float32), codes)


def test_numpy_reads_the_arrays_without_pickles() -> None:
    codes = np.array([[0.1, -1.25]], np.float32)
    with np.load(io.BytesIO(to_npz(codes, "faces-vae", "ab" * 32)), allow_pickle=False) as arrays:
        np.testing.assert_array_equal(arrays["codes"], codes)
        assert str(arrays["model"]) == "faces-vae"
        assert str(arrays["identity"]) == "ab" * 32


def test_directions_come_back_as_arrays_and_as_a_table() -> None:
    vectors, deviations = np.array([[1, 0], [0.6, 0.8]], np.float32), np.array([2.0, 0.5], np.float32)
    facts = ("hat: tall", "own, with a comma"), ("right on 97 %", "")
    with np.load(io.BytesIO(directions_npz(vectors, deviations, *facts, "m", "ab")), allow_pickle=False) as arrays:
        np.testing.assert_array_equal(arrays["vectors"], vectors)
        np.testing.assert_array_equal(arrays["deviations"], deviations)
        assert arrays["names"].tolist() == list(facts[0]) and arrays["quality"].tolist() == list(facts[1])
        assert str(arrays["identity"]) == "ab"
    rows = list(csv.reader(io.StringIO(directions_csv(vectors, deviations, *facts).decode())))
    assert rows[0] == ["name", "quality", "deviation", "z0", "z1"]
    assert [row[0] for row in rows[1:]] == list(facts[0])
    np.testing.assert_array_equal(np.array([row[3:] for row in rows[1:]], np.float32), vectors)
