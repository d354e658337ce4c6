"""Small texts as people write them: the right ones are let be, of the wrong ones exactly the wrong number is found."""

from __future__ import annotations

import pytest

from tests.check.support import check

TABLE = "| Model | GFLOPs | Params (M) |\n|---|---|---|\n"
RIGHT = (
    # another subject, a change, a limit, a difference, several images
    "Unlike VGG-16, our net needs 0.2 GMACs.",
    "We replace VGG-16 by a network with 1.3M parameters and 0.2 GMACs.",
    "The successor of VGG-16 needs 4.8 GMACs.",
    "ResNet-50 has 25.6M parameters. Our own model has 3.2M parameters. It needs 0.5 GMACs.",
    "With Winograd, VGG-16 needs only 6.9 GMACs.",
    "VGG-16 with 2:4 sparsity needs 7.7 GMACs.",
    "VGG-16 exceeds our limit of 100M parameters.",
    "VGG-19 has 5.3M parameters more than VGG-16.",
    "VGG-16 at batch 4: 61.9 GMACs.",
    "For a video of 30 frames VGG-16 needs 464 GMACs.",
    "U-Net with a VGG-16 encoder has 23 conv layers.",
    "A transformer with comparable size to ResNet50 (21.5M parameters) is better.",
    "Does VGG-16 have 100M parameters?",
    "# Replacing VGG-16\n\nMACs: 0.5G",
    "与 VGG-16 不同，我们的网络仅需 0.5 GMACs。",
    "Anders als VGG-16 braucht unser Netz nur 0,5 GMACs.",
    "ResNet-18, -34 and -50 have 11.7M, 21.8M and 25.6M parameters.",
    "[VGG-16](https://example.org/138375544/vgg16-183M-params)",
    # another network by what stands beside its name
    TABLE + "| ResNet18 | 1.82 | 11.69 |\n| ResNet18_vd | 2.07 | 11.72 |\n| ResNet-50 (2x) | 16.1 | 94.0 |\n",
    TABLE + "| MobileNetV2 | 0.33 | 3.50 |\n| MobileNetV2_<br>x1_5 | 0.70 | 6.90 |\n| MobileNetV2 (1.4) | 0.58 | 6.9 |\n",
    "model,gmacs,param_count\nresnet18,1.82,11.69\nresnet50,4.11,25.56\nefficientnet_b0_g16_evos,1.01,8.11\n",
    "| Model | Method | GMACs |\n|---|---|---|\n| ResNet34 | - | 3.66 |\n| ResNet34 | uniform -50% | 1.83 |\n",
    "| Method | Backbone | Params (M) |\n|---|---|---|\n| A | ResNet50 | 29.5 |\n| B | ResNet50 | 30.2 |\n| C | ResNet101 | 50.1 |\n",
    "# ResNet-50\n\n| Metric | Value |\n|---|---|\n| Prune Ratio | 40% |\n| FLOPs | 4.9G |\n",
    # the same network, counted or printed otherwise
    TABLE + "| ResNet50 | 8.190 | 25.560 |\n| ResNet101 | 15.520 | 44.550 |\n| ResNet152 | 23.050 | 60.190 |\n",
    "| Model | Params |\n|---|---|\n| resnet101 | 44549200 |\n| resnet152 | 60192800 |\n",
    "| Model | Params (M) |\n|---|---|\n| alexnet | 61.10 |\n| googlenet | 13.00 |\n| ResNet152 (Keras) | 60.4 |\n",
    "# resnet-34\n\n| Metric | Value |\n|---|---|\n| GFLOPs | 7.3409 |\n| MParams | 21.7892 |\n",  # batch norms folded
    "| Model | Size (MB) |\n|---|---|\n| SqueezeNet1_1 | 4.8 |\n| ResNet101 | 173 |\n| VGG-16 | 515 |\n",
    "model,top1,param_count\nsome_giant,89.790,\"1,014.45\"\nvgg19_bn.tv_in1k,74.230,143.68\nvgg16_bn.tv_in1k,73.354,138.37\n",
    "| | params | MACs | | params | MACs |\n|---|---|---|---|---|---|\n| vgg11 | 132.86M | 7.61G | densenet121 | 7.98M | 2.90G |\n",
    "# VGG16\n\n| Metric             | Value  |\n| :----------------- | :----- |\n| Prune Ratio        | 43%    |\n"
    "| FLOPs              | 17.67G |\n",
    "# OFA depthwise resnet50\n\n| Metric | Value |\n|---|---|\n| Prune Ratio | 0% |\n| FLOPs | 1.29G |\n",
    "Our AutoSlim-ResNet-50 at 570M FLOPs achieves 1.3% better accuracy.",
    "| Model | Params | MACs |\n|---|---|---|\n| ResNet-50(baseline) | 25.55M(0.0%) | 4.11G(0.0%) |\n"
    "| ResNet-50 | 15.09M(40.8%) | 2.26G(44.8%) |\n| ResNet-50 | 8.02M(68.6%) | 0.95G(76.7%) |\n",
    "| CNN | Parameters | MACs |\n|---|---|---|\n| AlexNet | 58.32M | 1.13G |\n| VGGNet | 128.81M | 7.63G |\n",
    "| No | params in my model | params in Paper |\n|---|---|---|\n| 44 | 658,586 | 0.66M |\n| 56 | 853,018 | 0.85M |\n"
    "| 1001 | 10,327,706 | 10.2M |\n| 28-10 | 36,479,194 | 36.5M |\n| 22-8 | 17,158,106 | 17.2M |\n",
    "| Model | MACs (G) | Params (M) |\n|---|---|---|\n| DenseNet161 | 8.42 | 28.86 |\n| DenseNet201 | 4.91 | 20.21 |\n"
    "| ResNet101 | 7.85 | 44.50 |\n",
    # layers
    "| 层 | 输出尺寸 | 参数量 |\n|---|---|---|\n| 输入 | 32×32×3 | 0 |\n| 卷积层1（5×5，6个） | 28×28×6 | 456 |\n"
    "| 卷积层2（5×5，16个） | 24×24×16 | 2,416 |\n| 合计 | | 2,872 |\n",
    "| layer | output | params |\n|---|---|---|\n| input | 28×28×1 | 0 |\n| conv 3×3 | 26×26×8 | 80 |\n| fc | 64 | 346,176 |\n"
    "| softmax | 10 | 650 |\n",
    "| layer | groups | out | params |\n|---|---|---|---|\n| input | | 56×56×64 | |\n| conv1x1, 128 | 1 | 56×56×128 | 8,192 |\n"
    "| conv3x3, 128 | 32 | 56×56×128 | 4,608 |\n| conv1x1, 256 | 1 | 56×56×256 | 32,768 |\n",
    # products
    "It needs `28 * 28 * 32 * 5 * 5 * 192 = 120 Mil` multiplications.",
    "输出占用`200 × 150 × 100 × 32 = 96`百万比特。",
    "expected min_samples/(world_size*batch_size)=80/(4*4=5)",
    "It is hexadecimal 0x93 = 147.",
    "so 38x38x4+19x19x6+10x10x6+5x5x6+\n3x3x4+1x1x4=8732 boxes",
    "2 + 2 = 5",
    "Output: 8×64×100×0.2e-12 × 2 = 20.4 nJ",
    "### conv2d_1:156=(1×5×5+1)×6, +1(bias)",
    "big = n > 6 * 7 // 4",
)  # fmt: skip
WRONG = (
    ("VGG-16 has 183 Million Parameters.", "183 Million"),
    ("**VGG-16** | Params: 183.4M | MACs: 15.5G", "183.4M"),
    ("ResNet-18 has 11.7M parameters, ResNet-34 has 28.1M, ResNet-50 25.6M.", "28.1M"),
    ("GoogLeNet has about 66 million parameters.", "66 million"),
    ("VGG-16 benötigt 535 MB für die Gewichte.", "535 MB"),
    ("VGG-16 with Adam at batch 32 needs 2 GB.", "2 GB"),
    ("The first two blocks of VGG-16 contain 5 conv layers.", "5"),
    ("params = (5*5*3+1)*32  # 2,423", "2,423"),
    ("(5 x 5 x 3 + 1) x 32 => 2,423 parameters", "2,423"),
    ("Conv layer: 5×5×3×32 weights + 32 biases = 2,423 parameters", "2,423"),
    ("The weights of VGG-16: 138,357,544 × 4 B = 535.43 MB.", "535.43 MB"),
    ("For C = 256 these are 3·9·256² = 1,796,472.", "1,796,472"),
    ("224·224·64·3·3·64 = 1,849,688,064 ≈ 1.58 G.", "1.58 G"),
    ("Total: 7.5K + 80K + 20K + 40K + 0.5K = 157.2K", "157.2K"),
    ("| Model | Parameters |\n|---|---|\n| VGG-16 | 13,8357,544 |\n| ResNet-50 | 25,557,032 |\n", "13,8357,544"),
    ("| Model | Params |\n|---|---|\n| AlexNet | 99.9M |\n| ResNet-50 | 25.6M |\n| VGG-16 | 138.4M |\n", "99.9M"),
    ("| Model | Params (M) |\n|---|---|\n| DenseNet-201 | 20.01 |\n| Xception | 29.21 |\n| VGG-16 | 138.36 |\n", "29.21"),
    ("| | Complexity | |\n|---|---|---|\n| Model | Params (M) | MACs (G) |\n| VGG-16 | 138.36 | 15.74 |\n"
     "| ResNet-50 | 25.56 | 4.09 |\n", "15.74"),
    ("# VGG-16\n\n- conv3-64\n- conv3-64\n- maxpool\n- conv3-128\n- conv3-128\n- maxpool\n- conv3-521\n- conv3-256\n", "521"),
    ("VGG-16\nlayer\toutput\tparams\nconv1_1\t224x224x64\t1,792\nconv1_2\t224x224x64\t36,982\npool1\t112x112x64\t0\n", "36,982"),
    ("## vgg16\n- Params (M): 138.4\n- GMACs: 15.5\n- Activations (M): 13.7\n", "13.7"),
)  # fmt: skip


@pytest.mark.parametrize("text", RIGHT)
def test_what_is_right_is_let_be(text: str) -> None:
    """No error, and no warning but that MACs are called FLOPs."""
    name = "notes.csv" if text.startswith("model,") else "notes.md"

    assert [finding.message for finding in check(text, name).findings if finding.code != "V602"] == []


@pytest.mark.parametrize(("text", "wrong"), WRONG)
def test_what_is_wrong_is_found(text: str, wrong: str) -> None:
    """One finding, about that number."""
    assert [finding.text.strip() for finding in check(text, "notes.md").findings] == [wrong]
