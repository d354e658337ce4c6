"""What counters and other frameworks print."""

from __future__ import annotations

from tests.check.readers.reading import cells, kinds, read
from tests.check.readers.test_blocks import sums


def test_deeplearning4j() -> None:
    """Inputs and outputs, parameters, and the shapes of weights and biases."""
    (table,) = read(
        "VertexName (VertexType)   nIn,nOut   TotalParams   ParamsShape               Vertex Inputs\n"
        "input_1 (InputVertex)     -,-        -             -                         -\n"
        "block1_conv1 (Frozen ConvolutionLayer)   3,64   1 792   W:{64,3,3,3}, b:{1,64}   [input_1]\n"
        "block1_pool (SubsamplingLayer)   -,-   0   -   [block1_conv1]\n"
        "fc1 (DenseLayer)   25088,4096   102,764,544   W:{25088,4096}, b:{1,4096}   [flatten]\n"
        "--------\n Total Parameters:  102,766,336\n Frozen Parameters:  0\n",
        "dl4j",
        "text",
    )

    assert kinds(table) == ["input", "conv", "pool", "fc"]
    assert cells(table, 1) == [
        ("in_channels", "3"),
        ("channels", "64"),
        ("params", "1 792"),
        ("channels", "64"),
        ("channels", "64"),
        ("in_channels", "3"),
        ("kernel", "3"),
        ("kernel", "3"),
    ]
    assert [cell.flow.text for cell in table.totals] == ["102,766,336", "0"]


def test_caffes_log() -> None:
    """Shapes and numbers of values; a network that is set up again is another table."""
    one = "".join(
        f"I01 net.cpp:150] Setting up {name}\nI01 net.cpp:157] Top shape: {shape}\n"
        for name, shape in (
            ("conv1_1", "10 64 224 224 (32112640)"),
            ("pool1", "10 64 112 112 (8028160)"),
            ("fc6", "10 4096 (40960)"),
        )
    )
    tables = read(one * 2, "caffe_log", "text")

    assert [kinds(table) for table in tables] == [["conv", "pool", "fc"]] * 2
    assert cells(tables[0], 0) == [("shape", "10 64 224 224"), ("values", "32112640")]


def test_paddle_and_mxnet() -> None:
    """Paddle shows inputs before outputs; MXNet shows a dense layer's activation before the layer."""
    (paddle,) = read(
        "   Conv2D-1       [[1, 3, 224, 224]]   [1, 64, 224, 224]        1,792      \n"
        "    ReLU-1       [[1, 64, 224, 224]]   [1, 64, 224, 224]          0        \n",
        "torchsummary",
        "text",
    )
    (mxnet,) = read(
        "Activation-1   (1, 4096)   0\nDense-2   (1, 4096)   102764544\nDense-3   (1, 1000)   4097000\n",
        "torchsummary",
        "text",
    )

    assert cells(paddle, 0) == [
        ("in_shape", "1, 3, 224, 224"),
        ("shape", "[1, 64, 224, 224]"),
        ("params", "1,792"),
    ]
    assert kinds(mxnet) == ["fc", "relu", "fc"]


def test_fvcores_table() -> None:
    """Tensors say what a module is, a module above others is their sum; inputs of a group are not those of a layer."""
    (table,) = read(
        "| module | #parameters or shape | #flops |\n|-|-|-|\n| model | 5K | 1G |\n| features | 2K | 1G |\n"
        "| features.0 | 1.792K | 86.704M |\n| features.0.weight | (64, 3, 3, 3) | |\n| features.0.bias | (64,) | |\n"
        "| features.2 | 3K | 4M |\n| features.2.weight | (64, 32, 3, 3) | |\n"
        "| classifier.0 | 1K | 1M |\n| classifier.0.weight | (10, 64) | |\n",
        "markdown",
    )

    assert kinds(table) == ["conv", "conv", "fc"]
    assert cells(table, 0) == [
        ("params", "1.792K"),
        ("ops", "86.704M"),
        ("channels", "64"),
        ("in_channels", "3"),
        ("kernel", "3"),
        ("kernel", "3"),
        ("channels", "64"),
    ]
    assert ("in_channels", "32") not in cells(table, 1)
    assert sums(table) == [("5K", (0, 1, 2)), ("1G", (0, 1, 2)), ("2K", (0, 1)), ("1G", (0, 1))]


def test_counters_in_a_printed_model() -> None:
    """ptflops writes before the arguments, fvcore below them; both give a module the sum of those inside."""
    ptflops = (
        "VGG(\n  9 k, 100.000% Params, 9 MMac, 100.000% MACs,\n  (features): Sequential(\n"
        "    1.79 k, 1.000% Params, 93.13 MMac, 1.000% MACs,\n"
        "    (0): Conv2d(1.79 k, 0.001% Params, 89.92 MMac, 0.580% MACs, 3, 64, kernel_size=(3, 3), padding=(1, 1))\n"
        "    (1): ReLU(0, 0.000% Params, 3.21 MMac, 0.021% MACs, inplace=True)\n"
        "    (2): MaxPool2d(0, 0.000% Params, 3.21 MMac, 0.021% MACs, kernel_size=2, stride=2)\n  )\n"
        "  (classifier): Linear(7 k, 0.900% Params, 7 KMac, 0.001% MACs, in_features=64, out_features=10)\n)\n"
    )
    fvcore = (
        "VGG(\n  #params: 9K, #flops: 9M\n  (features): Sequential(\n    #params: 1.79K, #flops: 86.7M\n"
        "    (0): Conv2d(\n      3, 64, kernel_size=(3, 3), padding=(1, 1)\n      #params: 1.79K, #flops: 86.7M\n    )\n"
        "    (1): MaxPool2d(kernel_size=2, stride=2)\n  )\n"
        "  (classifier): Linear(\n    in_features=64, out_features=10, bias=True\n    #params: 7K, #flops: 7K\n  )\n)\n"
    )
    (first,), (second,) = read(ptflops, "print_model", "text"), read(fvcore, "print_model", "text")

    wanted = [("in_channels", "3"), ("channels", "64"), ("kernel", "(3, 3)"), ("padding", "(1, 1)")]
    assert [(c.quantity, c.flow.text) for c in first.rows[0].cells] == [
        ("params", "1.79 k"),
        ("ops", "89.92 M"),
        *wanted,
    ]
    assert [(c.quantity, c.flow.text) for c in second.rows[0].cells] == [
        ("params", "1.79K"),
        ("ops", "86.7M"),
        *wanted,
    ]
    assert sums(first)[2:] == [("1.79 k", (0, 1, 2)), ("93.13 M", (0, 1, 2))]
    assert sums(second) == [("9K", (0, 1, 2)), ("9M", (0, 1, 2)), ("1.79K", (0, 1)), ("86.7M", (0, 1))]
