"""What ``model.summary()`` of Keras prints, also where its columns are too narrow."""

from __future__ import annotations

import pytest

from tests.check.readers.reading import cells, kinds, read
from tests.check.support import codes

HEADER = " Layer (type)                   Output Shape         Param #     Connected to\n"


def test_a_shape_that_is_cut_is_no_part_of_the_count() -> None:
    """Wide summaries cut ``[(None, 224, 224, 3)]`` at the column's edge; the count after it is 0."""
    (table,) = read(
        HEADER + " input_1 (InputLayer)           [(None, 224, 224, 3  0           []\n"
        "                                )]\n"
        " block1_conv1 (Conv2D)          (None, 224, 224, 64  1792        ['input_1[0][0]']\n"
        "                                )\n"
        "Total params: 1,792\n",
        "keras",
        "text",
    )

    assert cells(table, 0) == [("params", "0")]
    assert cells(table, 1) == [("params", "1792")]


@pytest.mark.parametrize(
    ("printed", "kind"),
    [
        ("batch_normalization_1 (Batch", "bn"),
        ("batch_normalization (BatchNo", "bn"),
        ("global_average_pooling2d (Glob", "gap"),
        ("bn_conv1 (Batch", "other"),
        ("dense_features (Glob", "other"),
    ],
)
def test_a_class_that_is_cut_is_told_by_the_name(printed: str, kind: str) -> None:
    """The names that Keras gives by itself hold the class; a name of somebody's own tells nothing."""
    (table,) = read(
        "Layer (type)                 Output Shape              Param #\n"
        f"{printed} (None, 32, 32, 32)        128\n"
        "Total params: 128\nTrainable params: 64\nNon-trainable params: 64\n",
        "keras",
        "text",
    )

    assert kinds(table) == [kind]


def test_a_row_of_an_unknown_class_is_in_the_sum() -> None:
    """``(1st layer)`` is no class; the row's shape and count are read, and 16,896 + 129 are the total."""
    (table,) = read(
        "Layer (type)                 Output Shape              Param #\n"
        "LSTM (1st layer)             (None, 60, 64)            16,896\n"
        "Dense (output)               (None, 1)                 129\n"
        "Total params: 17,025\n",
        "keras",
        "text",
    )

    assert kinds(table) == ["other", "other"]
    assert cells(table, 0) == [("shape", "(None, 60, 64)"), ("params", "16,896")]


def test_a_dense_layer_on_a_map_takes_its_last_axis() -> None:
    """Keras applies ``Dense`` at each position: (256 + 1) * 64 = 16,448 parameters, whatever the map's size."""
    text = (
        "Layer (type)                 Output Shape              Param #\n"
        "max_pooling2d (MaxPooling2D) (None, 6, 6, 256)         0\n"
        "dense (Dense)                (None, 6, 6, 64)          16448\n"
        "flatten (Flatten)            (None, 2304)              0\n"
        "dense_1 (Dense)              (None, 10)                23050\n"
        "dense_2 (Dense)              (None, 10)                110\n"
        "Total params: 39,608\n"
    )

    assert codes(text, "a.txt") == []
    assert codes(text.replace("16448", "16484"), "a.txt") != []


@pytest.mark.parametrize(
    ("printed", "count"),
    [
        ("lambda_1 (Lambda)            [(None, 32, 32), (None, 5 12", "12"),
        ("multi_head (MultiHeadAttenti ((None, 32, 32, 64), (Non 16640       ['conv[0][0]']", "16640"),
        ("tf.math.add (TFOpLambda)     multiple                  7", "7"),
    ],
)
def test_a_layer_with_several_outputs_is_in_the_sum(printed: str, count: str) -> None:
    """Its shapes are cut anywhere; the count after them is read, and no part of a shape."""
    (table,) = read(
        HEADER + f"conv (Conv2D) (None, 32, 32, 64) 1792\n{printed}\nTotal params: 2\n", "keras", "text"
    )

    assert kinds(table) == ["conv", "other"]
    assert cells(table, 1) == [("params", count)]
