"""How people save weights: the names and shapes of public kinds of checkpoints, made by rule from networks that ship.

Each layout is a function from layers to what a file holds. Half of them were not run while the reading was written: they
are marked HELD_OUT, and say how it does on files that it was not written for.
"""

from __future__ import annotations

import json
import random
from collections import OrderedDict
from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise
from math import prod
from pathlib import Path
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn

from tests.networks import report_of
from vggstat.measure.module import build_module

STATISTICS = ("running_mean", "running_var", "num_batches_tracked")


class Layer(NamedTuple):
    """A layer of a network with its tensors' shapes by role, as torch has them."""

    kind: str
    """``conv``, ``bn``, ``fc`` or ``upconv``."""
    name: str
    shapes: dict[str, tuple[int, ...]]

    @property
    def learned(self) -> int:
        return sum(prod(shape) for role, shape in self.shapes.items() if role not in STATISTICS)


class Layout(NamedTuple):
    """One kind of checkpoint, and what has to be said of it."""

    make: Callable[[list[Layer]], Any]
    network: str
    """The network that its tensors are made from."""
    suffix: str
    spec: str | None
    """The network that it is found to be, or nearest to; None where nothing is near."""
    agrees: bool
    beyond: int
    """Parameters that it has beyond the network's."""
    part: str
    held_out: bool

    @property
    def parameters(self) -> int:
        return sum(layer.learned for layer in layers_of(self.network)) + self.beyond


LAYOUTS: dict[str, Layout] = {}


def layout(
    network: str,
    suffix: str = ".pth",
    *,
    spec: str | None = "",
    agrees: bool = True,
    beyond: int = 0,
    part: str = "",
    held_out: bool = False,
) -> Callable[[Callable[[list[Layer]], Any]], Callable[[list[Layer]], Any]]:
    """A kind of checkpoint under the name of its function; ``spec`` is the network itself unless told."""

    def add(make: Callable[[list[Layer]], Any]) -> Callable[[list[Layer]], Any]:
        found = network.partition("@")[0] if spec == "" else spec
        LAYOUTS[make.__name__] = Layout(make, network, suffix, found, agrees, beyond, part, held_out)
        return make

    return add


def layers_of(argument: str) -> list[Layer]:
    """The layers of a network that hold tensors, by torchvision's names; none for no network."""
    if not argument:
        return []
    kinds = {4: "conv", 2: "fc", 1: "bn"}
    return [
        Layer(
            "upconv" if node.layer.stem == "upconv" else kinds[len(node.params[0].shape)],
            node.torch_name or node.name,
            {param.name: param.shape for param in node.params},
        )
        for node in report_of(argument).graph.nodes
        if node.params
    ]


def tensor(shape: Sequence[int], dtype: torch.dtype = torch.float32) -> Tensor:
    """A tensor of that shape in the memory of one value, so that a file of it is small."""
    return torch.zeros(1, dtype=dtype).expand(tuple(shape)) if shape else torch.zeros((), dtype=dtype)


def named(
    layers: Sequence[Layer],
    rename: Callable[[Layer], str] = lambda layer: layer.name,
    roles: dict[str, str] | None = None,
    joint: str = ".",
) -> dict[str, Tensor]:
    """The tensors of the layers under new names for layers and roles."""
    made = OrderedDict()
    for layer in layers:
        for role, shape in layer.shapes.items():
            dtype = torch.int64 if role == "num_batches_tracked" else torch.float32
            made[f"{rename(layer)}{joint}{(roles or {}).get(role, role)}"] = tensor(shape, dtype)
    return made


def prefixed(prefix: str, tensors: dict[str, Tensor]) -> dict[str, Tensor]:
    return OrderedDict((f"{prefix}{name}", item) for name, item in tensors.items())


def moments(tensors: dict[str, Tensor]) -> dict[str, Any]:
    """What Adam keeps for tensors of these shapes."""
    state = {
        number: {"step": torch.tensor(1.0), "exp_avg": item, "exp_avg_sq": item}
        for number, item in enumerate(tensors.values())
    }
    return {"state": state, "param_groups": [{"lr": 0.1, "params": list(state)}]}


def in_order(layers: Sequence[Layer], *names: Callable[[int, int], str]) -> Callable[[Layer], str]:
    """A name by block and place for convolutions, and one by number for FC layers; norms carry their convolution's number."""
    conv, fc, *rest = names
    blocks: dict[str, str] = {}
    block = place = dense = 1
    channels = 0
    last = ""
    for layer in layers:
        width = layer.shapes["weight"][0]
        if layer.kind == "conv":
            if channels and (width != channels or (width == 512 and place > per_block(layers))):
                block, place = block + 1, 1
            channels = width
            last = blocks[layer.name] = conv(block, place)
            place += 1
        elif layer.kind == "fc":
            blocks[layer.name] = fc(dense, 0)
            dense += 1
        else:
            blocks[layer.name] = rest[0](block, place - 1) if rest else last
    return lambda layer: blocks[layer.name]


def per_block(layers: Sequence[Layer]) -> int:
    """Convolutions in each of the last blocks of a VGG."""
    return sum(layer.kind == "conv" and layer.shapes["weight"][0] == 512 for layer in layers) // 2


def caffe(layers: Sequence[Layer]) -> Callable[[Layer], str]:
    return in_order(layers, lambda b, p: f"conv{b}_{p}", lambda n, _: f"fc{n + 5}", lambda b, p: f"bn{b}_{p}")


def sequence(layers: Sequence[Layer]) -> Callable[[Layer], str]:
    """Numbers in the order of the layers."""
    numbers = {layer.name: number for number, layer in enumerate(layers)}
    return lambda layer: str(numbers[layer.name])


def trunk(layers: Sequence[Layer]) -> list[Layer]:
    return [layer for layer in layers if layer.kind != "fc"]


def save(made: Any, suffix: str, folder: Path) -> str:
    """The file of that kind."""
    path = folder / f"a{suffix}"
    if suffix == ".safetensors":
        _safetensors(path, made)
    elif suffix == ".h5":
        _keras(path, made)
    else:
        torch.save(made, path)
    return str(path)


def _safetensors(path: Path, tensors: dict[str, Tensor]) -> None:
    """Sorted by name; its values are a hole in the file."""
    header, at = {}, 0
    for name in sorted(tensors):
        end = at + 4 * tensors[name].numel()
        header[name] = {"dtype": "F32", "shape": list(tensors[name].shape), "data_offsets": [at, end]}
        at = end
    text = json.dumps(header).encode()
    with path.open("wb") as file:
        file.write(len(text).to_bytes(8, "little") + text)
        file.truncate(8 + len(text) + at)


def _keras(path: Path, tensors: dict[str, Tensor]) -> None:
    """Keras 3: a group for each layer, tensors in it by number, nothing written into them."""
    import h5py

    with h5py.File(path, "w") as file:
        for name, item in tensors.items():
            file.create_dataset(name, shape=tuple(item.shape), dtype="f4")


# VGG by itself


@layout("D")
def torchvision(layers: list[Layer]) -> Any:
    return named(layers)


@layout("D-BN", ".safetensors")
def torchvision_sorted(layers: list[Layer]) -> Any:
    return named([layer._replace(shapes={r: s for r, s in layer.shapes.items() if s}) for layer in layers])


@layout("D", held_out=True)
def jcjohnson(layers: list[Layer]) -> Any:
    """The last FC layer first, and other numbers in the classifier."""
    moved = {"classifier.0": "classifier.1", "classifier.3": "classifier.4"}
    tensors = named(layers, lambda layer: moved.get(layer.name, layer.name))
    last = [name for name in tensors if name.startswith("classifier.6")]
    rest = [name for name in tensors if name.startswith("classifier") and name not in last]
    order = [*(name for name in tensors if name.startswith("features")), *last, *rest]
    return OrderedDict((name, tensors[name]) for name in order)


@layout("D")
def caffe_names(layers: list[Layer]) -> Any:
    return named(layers, caffe(layers))


@layout("D", held_out=True)
def vgg_face(layers: list[Layer]) -> Any:
    return named(layers, in_order(layers, lambda b, p: f"conv_{b}_{p}", lambda n, _: f"fc{n + 5}"))


@layout("E", held_out=True)
def matconvnet(layers: list[Layer]) -> Any:
    """FC layers are convolutions over the whole map."""
    made = named(trunk(layers), caffe(layers))
    for name, shape in (("fc6", (4096, 512, 7, 7)), ("fc7", (4096, 4096, 1, 1)), ("fc8", (1000, 4096, 1, 1))):
        made |= {f"{name}.weight": tensor(shape), f"{name}.bias": tensor(shape[:1])}
    return made


@layout("D", ".safetensors", held_out=True)
def slim(layers: list[Layer]) -> Any:
    """TensorFlow's axes and names, FC layers as convolutions."""
    names = in_order(layers, lambda b, p: f"vgg_16/conv{b}/conv{b}_{p}", lambda n, _: f"vgg_16/fc{n + 5}")
    made: dict[str, Tensor] = {}
    for layer in layers:
        weight, bias = layer.shapes["weight"], layer.shapes["bias"]
        if layer.name == "classifier.0":
            axes: tuple[int, ...] = (7, 7, 512, 4096)
        else:
            out, into, *kernel = weight
            axes = (*(kernel or (1, 1)), into, out)
        made |= {f"{names(layer)}/weights": tensor(axes), f"{names(layer)}/biases": tensor(bias)}
    return made


@layout("D", ".h5")
def keras_applications(layers: list[Layer]) -> Any:
    names = in_order(
        layers, lambda b, p: f"block{b}_conv{p}", lambda n, _: ("fc1", "fc2", "predictions")[n - 1]
    )
    return of_keras(layers, names)


@layout("D-BN", ".h5", held_out=True)
def keras_numbers(layers: list[Layer]) -> Any:
    """``conv2d``, ``conv2d_1``, ``conv2d_10``: h5py goes through them by the letter."""
    counts = {"conv": 0, "bn": 0, "fc": 0}
    words = {"conv": "conv2d", "bn": "batch_normalization", "fc": "dense"}
    names = {}
    for layer in layers:
        number = counts[layer.kind]
        names[layer.name] = f"layers/{words[layer.kind]}{f'_{number}' if number else ''}"
        counts[layer.kind] += 1
    return of_keras(layers, lambda layer: names[layer.name])


def of_keras(layers: Sequence[Layer], rename: Callable[[Layer], str]) -> dict[str, Tensor]:
    made: dict[str, Tensor] = {}
    for layer in layers:
        shapes = [shape for role, shape in layer.shapes.items() if role != "num_batches_tracked"]
        if layer.kind == "conv":
            out, into, *kernel = shapes[0]
            # A depthwise kernel of Keras has one filter a channel as its last axis.
            depthwise = into == 1 and out > 3 and layer.name != layers[0].name
            shapes[0] = (*kernel, out, 1) if depthwise else (*kernel, into, out)
        elif layer.kind == "fc":
            shapes[0] = shapes[0][::-1]
        made |= {f"{rename(layer)}/vars/{number}": tensor(shape) for number, shape in enumerate(shapes)}
    return made


@layout("D")
def timm(layers: list[Layer]) -> Any:
    """The FC layers before the last are convolutions."""
    made = named(trunk(layers))
    for name, shape in (
        ("pre_logits.fc1", (4096, 512, 7, 7)),
        ("pre_logits.fc2", (4096, 4096, 1, 1)),
        ("head.fc", (1000, 4096)),
    ):
        made |= {f"{name}.weight": tensor(shape), f"{name}.bias": tensor(shape[:1])}
    return made


@layout("D-BN", part="state_dict", held_out=True)
def mmpretrain_vgg(layers: list[Layer]) -> Any:
    """Convolution and norm are in one module; what is of the classifier is in the backbone too."""
    numbers: dict[str, str] = {}
    last = ""
    for layer in layers:
        if layer.kind == "conv":
            last = layer.name
        numbers[layer.name] = last if layer.kind == "bn" else layer.name
    words = {"conv": ".conv", "bn": ".bn", "fc": ""}
    state = named(layers, lambda layer: f"backbone.{numbers[layer.name]}{words[layer.kind]}")
    return {"meta": {"epoch": 100, "mmcls_version": "0.15"}, "state_dict": state}


@layout("D-BN", ".safetensors", held_out=True)
def paddle(layers: list[Layer]) -> Any:
    """Statistics have other names, and FC weights are (in, out)."""
    roles = {"running_mean": "_mean", "running_var": "_variance"}
    made = named(layers, roles=roles)
    return {
        name: tensor(item.shape[::-1]) if item.ndim == 2 else item
        for name, item in made.items()
        if not name.endswith("num_batches_tracked")
    }


@layout("E-BN", ".safetensors")
def gluon(layers: list[Layer]) -> Any:
    roles = {"weight": "gamma", "bias": "beta"}
    made: dict[str, Tensor] = {}
    for layer in layers:
        kept = {r: s for r, s in layer.shapes.items() if r != "num_batches_tracked"}
        made |= named([layer._replace(shapes=kept)], roles=roles if layer.kind == "bn" else None)
    return made


@layout("D", part="params", held_out=True)
def flax_nested(layers: list[Layer]) -> Any:
    """Dictionaries in dictionaries, and TensorFlow's axes."""
    made: dict[str, dict[str, Tensor]] = {}
    for number, layer in enumerate(layers):
        out, into, *kernel = layer.shapes["weight"]
        name = f"{'Conv' if kernel else 'Dense'}_{number}"
        made[name] = {"kernel": tensor((*kernel, into, out)), "bias": tensor((out,))}
    return {"params": made}


@layout("D", ".safetensors")
def mlx(layers: list[Layer]) -> Any:
    """Convolutions are out × height × width × in."""
    made = named(layers)
    return {name: item.permute(0, 2, 3, 1) if item.ndim == 4 else item for name, item in made.items()}


@layout("D", ".safetensors")
def dense_names(layers: list[Layer]) -> Any:
    """FC layers are called after what they are: sorted, the last comes first."""
    words = ("dense1", "dense2", "classifier")
    return named(layers, in_order(layers, lambda b, p: f"conv{b}_{p}", lambda n, _: words[n - 1]))


@layout("D-BN", ".safetensors")
def norms_first(layers: list[Layer]) -> Any:
    """Sorted, ``bn1_1`` comes before ``conv1_1``."""
    kept = [layer._replace(shapes={r: s for r, s in layer.shapes.items() if s}) for layer in layers]
    return named(kept, caffe(layers))


@layout("B-BN", ".safetensors")
def random_names(layers: list[Layer]) -> Any:
    rng = random.Random(3)
    names = {layer.name: f"{rng.getrandbits(32):x}" for layer in layers}
    kept = [layer._replace(shapes={r: s for r, s in layer.shapes.items() if s}) for layer in layers]
    return named(kept, lambda layer: names[layer.name])


@layout("D@head=none", held_out=True)
def numbers_alone(layers: list[Layer]) -> Any:
    """The features of a Sequential."""
    return named(layers, lambda layer: layer.name.removeprefix("features."))


@layout("D@head=none", agrees=False, beyond=1024 * 512 * 9 + 1024 + 1024 * 1024 + 1024)
def ssd_base(layers: list[Layer]) -> Any:
    """With the FC layers made convolutions of fewer filters: two more than the network has."""
    made = named(layers, lambda layer: layer.name.removeprefix("features."))
    for name, shape in (("31", (1024, 512, 3, 3)), ("33", (1024, 1024, 1, 1))):
        made |= {f"{name}.weight": tensor(shape), f"{name}.bias": tensor(shape[:1])}
    return made


@layout("D", agrees=False, beyond=(4096 + 1) * (84 + 21 - 1000), held_out=True)
def faster_rcnn(layers: list[Layer]) -> Any:
    """Two FC layers of a VGG, and two for boxes and their classes in place of the last."""
    rename = {"classifier.0": "RCNN_top.0", "classifier.3": "RCNN_top.3"}
    made = named(
        layers[:-1],
        lambda layer: rename.get(layer.name, f"RCNN_base.{layer.name.removeprefix('features.')}"),
    )
    for name, width in (("RCNN_cls_score", 21), ("RCNN_bbox_pred", 84)):
        made |= {f"{name}.weight": tensor((width, 4096)), f"{name}.bias": tensor((width,))}
    return made


@layout("D@head=none", agrees=False, beyond=64 + 128 + 256 + 512 + 512, held_out=True)
def lpips(layers: list[Layer]) -> Any:
    """Slices of the features, a weighting of each slice's channels, and constants that scale an image."""
    slices = (("slice1", 4), ("slice2", 9), ("slice3", 16), ("slice4", 23), ("slice5", 99))

    def rename(layer: Layer) -> str:
        number = int(layer.name.removeprefix("features."))
        return f"net.{next(name for name, end in slices if number < end)}.{number}"

    made = named(layers, rename)
    made |= {"scaling_layer.shift": tensor((1, 3, 1, 1)), "scaling_layer.scale": tensor((1, 3, 1, 1))}
    lins = {f"lin{n}.model.1.weight": tensor((1, c, 1, 1)) for n, c in enumerate((64, 128, 256, 512, 512))}
    return made | lins


# VGG for small images


@layout("D-BN@32,head=gap,classes=10", part="net")
def kuangliu_vgg(layers: list[Layer]) -> Any:
    state = named(layers, lambda layer: layer.name if layer.kind != "fc" else "classifier")
    return {"net": prefixed("module.", state), "acc": 92.64, "epoch": 199}


@layout(
    "D@32,head=gap,classes=10", agrees=False, beyond=2 * (512 * 512 + 512), part="state_dict", held_out=True
)
def chengyangfu(layers: list[Layer]) -> Any:
    """Features in DataParallel; three FC layers of 512, 512 and 10: 15,245,130 parameters."""
    state = named(trunk(layers), lambda layer: layer.name.replace("features.", "features.module."))
    for name, width in (("classifier.1", 512), ("classifier.4", 512), ("classifier.6", 10)):
        state |= {f"{name}.weight": tensor((width, 512)), f"{name}.bias": tensor((width,))}
    return {"epoch": 300, "state_dict": state, "best_prec1": 93.6}


@layout("D@32,head=gap,classes=100", ".pth.tar", part="state_dict")
def bearpaw(layers: list[Layer]) -> Any:
    """With the optimizer's state: its tensors are no weights."""
    state = prefixed(
        "module.", named(layers, lambda layer: layer.name if layer.kind != "fc" else "classifier")
    )
    return {"epoch": 164, "state_dict": state, "acc": 71.0, "best_acc": 72.0, "optimizer": moments(state)}


# Around any network


@layout("D", ".ckpt", part="state_dict")
def lightning(layers: list[Layer]) -> Any:
    state = prefixed("model.", named(layers))
    return {
        "epoch": 3, "global_step": 100, "pytorch-lightning_version": "2.1.0", "state_dict": state, "loops": {"fit_loop": {}},
        "callbacks": {"ModelCheckpoint{'monitor': None}": {"best_model_score": torch.tensor(0.5)}},
        "optimizer_states": [moments(state)], "lr_schedulers": [{"_step_count": 1}], "hyper_parameters": {"lr": 0.1},
    }  # fmt: skip


@layout("ResNet-18", ".ckpt", beyond=1000, agrees=False, part="state_dict", held_out=True)
def lightning_with_metrics(layers: list[Layer]) -> Any:
    """A loss with weights of its own, which are counted as what they look like, and a table of a metric, which is not."""
    state = prefixed("net.", named(layers))
    state |= {
        "criterion.weight": tensor((1000,)),
        "val_confusion.confmat": tensor((1000, 1000), torch.int64),
    }
    return {"state_dict": state, "optimizer_states": [moments(state)], "hparams_name": "kwargs"}


@layout("ResNet-50", ".pth.tar", part="state_dict")
def timm_training(layers: list[Layer]) -> Any:
    state = named(layers)
    return {
        "epoch": 5, "arch": "resnet50", "state_dict": state, "optimizer": moments(state), "version": 2,
        "state_dict_ema": named(layers), "metric": 78.0,
    }  # fmt: skip


@layout("ResNet-50", part="model", held_out=True)
def deit(layers: list[Layer]) -> Any:
    """An average beside the model, and before it."""
    state = named(layers)
    return {
        "model_ema": named(layers), "model": state, "optimizer": moments(state), "lr_scheduler": {"last_epoch": 3},
        "epoch": 3, "scaler": {"scale": 65536.0}, "args": {"lr": 0.1},
    }  # fmt: skip


@layout("ResNet-34", ".pt", part="module", held_out=True)
def deepspeed(layers: list[Layer]) -> Any:
    state = named(layers)
    return {
        "module": state, "buffer_names": ["bn1.running_mean"], "optimizer": None, "lr_scheduler": None, "global_steps": 10,
        "param_shapes": [OrderedDict((name, item.shape) for name, item in state.items())], "ds_version": "0.10",
    }  # fmt: skip


@layout("ResNet-18")
def compiled_and_parallel(layers: list[Layer]) -> Any:
    return prefixed("module._orig_mod.", named(layers))


@layout("D", held_out=True)
def fsdp(layers: list[Layer]) -> Any:
    return named(
        layers, lambda layer: f"_fsdp_wrapped_module.{layer.name.replace('.', '._fsdp_wrapped_module.')}"
    )


@layout("ResNet-18")
def averaged_model(layers: list[Layer]) -> Any:
    """torch.optim.swa_utils.AveragedModel counts what it has averaged."""
    return {"n_averaged": torch.tensor(7), **prefixed("module.", named(layers))}


@layout("MobileNetV2", ".pt", part="model", held_out=True)
def ignite(layers: list[Layer]) -> Any:
    state = named(layers)
    return {
        "trainer": {"iteration": 5, "rng_states": [tensor((5056,), torch.uint8)]},
        "model": state,
        "optimizer": moments(state),
    }


@layout("ResNet-34@head=none", agrees=False, beyond=2 * 1024 + 1024 * 512 + 2 * 512 + 512 * 37, part="model")
def fastai(layers: list[Layer]) -> Any:
    """A body and a head of two norms and two FC layers without biases, by number."""
    state = named(layers, lambda layer: f"0.{sequence(layers)(layer)}")
    for name, width in (("1.2", 1024), ("1.6", 512)):
        state |= {
            f"{name}.{role}": tensor((width,)) for role in ("weight", "bias", "running_mean", "running_var")
        }
    state |= {"1.4.weight": tensor((512, 1024)), "1.8.weight": tensor((37, 512))}
    opt = {"state": [{"grad_avg": item, "sqr_avg": item} for item in state.values()], "hypers": [{"lr": 0.1}]}
    return {"model": state, "opt": opt}


@layout("ResNet-50", part="model_state_dict", held_out=True)
def catalyst(layers: list[Layer]) -> Any:
    state = named(layers)
    return {
        "model_state_dict": state, "criterion_state_dict": {}, "optimizer_state_dict": moments(state), "stage": "train",
        "valid_metrics": {"loss": 0.3}, "checkpoint_data": {},
    }  # fmt: skip


@layout("ResNet-50", ".pt", part="model", held_out=True)
def madry(layers: list[Layer]) -> Any:
    """The network twice, the second time within an attacker and in the same memory; constants for images."""
    state = named(layers)
    constants = {"new_mean": tensor((3, 1, 1)), "new_std": tensor((3, 1, 1))}
    return {
        "model": {
            **prefixed("module.normalizer.", constants), **prefixed("module.model.", state),
            **prefixed("module.attacker.normalize.", constants), **prefixed("module.attacker.model.", state),
        },
        "optimizer": moments(state), "epoch": 90,
    }  # fmt: skip


@layout("ResNet-50@classes=128", ".pth.tar", part="state_dict")
def moco(layers: list[Layer]) -> Any:
    """Two encoders, the second one an average of the first, and a queue of what they made."""
    state = named(layers)
    both = {**prefixed("module.encoder_q.", state), **prefixed("module.encoder_k.", named(layers))}
    both |= {"module.queue": tensor((128, 65536)), "module.queue_ptr": tensor((1,), torch.int64)}
    return {"epoch": 200, "arch": "resnet50", "state_dict": both, "optimizer": moments(state)}


@layout("ResNet-18", part="online_network_state_dict", held_out=True)
def byol(layers: list[Layer]) -> Any:
    return {
        "target_network_state_dict": named(layers),
        "online_network_state_dict": named(layers),
        "optimizer_state_dict": moments(named(layers)),
    }


@layout("ResNet-50@head=none", agrees=False, beyond=2 * (2048 * 2048 + 2048), part="student")
def dino(layers: list[Layer]) -> Any:
    """A head of two FC layers, and a teacher that averages the student."""
    state = prefixed("module.backbone.", named(layers))
    for name in ("module.head.mlp.0", "module.head.mlp.2"):
        state |= {f"{name}.weight": tensor((2048, 2048)), f"{name}.bias": tensor((2048,))}
    teacher = {name.removeprefix("module."): item.clone() for name, item in state.items()}
    return {"teacher": teacher, "student": state, "optimizer": moments(state), "epoch": 100}


@layout("E@classes=1024", part="model.0", held_out=True)
def two_networks_in_a_list(layers: list[Layer]) -> Any:
    """An encoder of images and one of words."""
    first = named(layers[:-1], lambda layer: f"cnn.{layer.name.replace('features.', 'features.module.')}")
    first |= named(layers[-1:], lambda _: "fc")
    words = {"embed.weight": tensor((11755, 300)), "rnn.weight_ih_l0": tensor((3072, 300))}
    return {"epoch": 20, "model": [first, words], "opt": {"lr": 0.1}}


# What is done to weights


def replaced(
    layers: Sequence[Layer], make: Callable[[tuple[int, ...]], dict[str, Tensor]]
) -> dict[str, Tensor]:
    """The weights of convolutions and FC layers in another form."""
    made: dict[str, Tensor] = {}
    for layer in layers:
        rest = {role: shape for role, shape in layer.shapes.items() if role != "weight" or layer.kind == "bn"}
        made |= named([layer._replace(shapes=rest)])
        if layer.kind != "bn":
            made |= prefixed(f"{layer.name}.", make(layer.shapes["weight"]))
    return made


@layout("D")
def pruned(layers: list[Layer]) -> Any:
    return replaced(layers, lambda shape: {"weight_orig": tensor(shape), "weight_mask": tensor(shape)})


D_FILTERS = 2 * 64 + 2 * 128 + 3 * 256 + 6 * 512 + 2 * 4096 + 1000
"""Filters and FC outputs of configuration D: weight norm learns a length for each."""


def _lengths(shape: tuple[int, ...]) -> Tensor:
    return tensor((shape[0], *(1 for _ in shape[1:])))


@layout("D", beyond=D_FILTERS, held_out=True)
def weight_norm(layers: list[Layer]) -> Any:
    return replaced(layers, lambda shape: {"weight_g": _lengths(shape), "weight_v": tensor(shape)})


@layout("D", beyond=D_FILTERS)
def weight_norm_as_parametrization(layers: list[Layer]) -> Any:
    start = "parametrizations.weight.original"
    return replaced(layers, lambda shape: {f"{start}0": _lengths(shape), f"{start}1": tensor(shape)})


@layout("D", held_out=True)
def spectral_norm(layers: list[Layer]) -> Any:
    return replaced(
        layers,
        lambda shape: {
            "weight_orig": tensor(shape), "weight_u": tensor(shape[:1]), "weight_v": tensor((prod(shape[1:]),))
        },
    )  # fmt: skip


@layout("ResNet-18")
def spectral_norm_as_parametrization(layers: list[Layer]) -> Any:
    start = "parametrizations.weight."
    return replaced(
        layers,
        lambda shape: {
            f"{start}original": tensor(shape), f"{start}0._u": tensor(shape[:1]), f"{start}0._v": tensor((prod(shape[1:]),))
        },
    )  # fmt: skip


# Other networks


@layout("ResNet-50", part="state_dict")
def mmpretrain_resnet(layers: list[Layer]) -> Any:
    state = named(layers, lambda layer: "head.fc" if layer.kind == "fc" else f"backbone.{layer.name}")
    return {"meta": {"CLASSES": ["tench"], "config": "model = ..."}, "state_dict": state}


@layout("ResNet-50", ".safetensors", held_out=True)
def transformers_resnet(layers: list[Layer]) -> Any:
    """Long names for convolutions and norms, sorted."""
    words = {"conv": "convolution", "bn": "normalization", "fc": "classifier"}
    numbers = {}
    count = 0
    for layer in layers:
        count += layer.kind == "conv"
        numbers[layer.name] = f"resnet.encoder.stages.{count % 4}.layers.{count}.{words[layer.kind]}"
    kept = [layer._replace(shapes={r: s for r, s in layer.shapes.items() if s}) for layer in layers]
    return named(kept, lambda layer: "classifier.1" if layer.kind == "fc" else numbers[layer.name])


@layout("ResNet-50@head=none", part="model", held_out=True)
def detectron(layers: list[Layer]) -> Any:
    """A norm is a module of its convolution, and its counter is not kept."""
    names: dict[str, str] = {}
    last = ""
    for number, layer in enumerate(layers):
        if layer.kind == "conv":
            last = f"res.{number}.conv"
        names[layer.name] = f"{last}.norm" if layer.kind == "bn" else last
    kept = [
        layer._replace(shapes={r: s for r, s in layer.shapes.items() if r != "num_batches_tracked"})
        for layer in layers
    ]
    return {"model": named(kept, lambda layer: names[layer.name]), "__author__": "somebody"}


# 3·16·9 + 6·16²·9 + (16 + 5·32)·32·9 + (32 + 5·64)·64·9, two values a norm channel, and 64·10 + 10: 269,722 as published
@layout("", ".th", spec=None, agrees=False, beyond=269_722, part="state_dict")
def akamaster(_: list[Layer]) -> Any:
    """ResNet-20 for CIFAR-10, which does not ship: 16, 32 and 64 channels."""
    state: dict[str, Tensor] = {}
    channels = [3] + 7 * [16] + 6 * [32] + 6 * [64]
    for number, (into, out) in enumerate(pairwise(channels)):
        state[f"conv{number}.weight"] = tensor((out, into, 3, 3))
        state |= {
            f"bn{number}.{role}": tensor((out,)) for role in ("weight", "bias", "running_mean", "running_var")
        }
    state |= {"linear.weight": tensor((10, 64)), "linear.bias": tensor((10,))}
    return {"best_prec1": 92.6, "state_dict": prefixed("module.", state)}


@layout("ResNet-18@classes=10", agrees=False, beyond=64 * 3 * (9 - 49), part="net", held_out=True)
def kuangliu_resnet(layers: list[Layer]) -> Any:
    """The first convolution is 3×3 on small images."""
    first = layers[0]._replace(shapes={**layers[0].shapes, "weight": (64, 3, 3, 3)})
    return {"net": prefixed("module.", named([first, *layers[1:]])), "acc": 95.0, "epoch": 1}


@layout("MobileNetV1", ".h5", held_out=True)
def keras_mobilenet(layers: list[Layer]) -> Any:
    """Depthwise kernels are height × width × channels × 1."""
    names = sequence(layers)
    return of_keras(layers, lambda layer: f"layers/{layer.kind}_{names(layer)}")


AUXILIARY = 2 * 1000 + 2 * (1024 * 2048 + 1024) + 2 * 1024 * 1000
"""FC layers of GoogLeNet's two auxiliary heads, their 1×1 convolutions left out."""


@layout("GoogLeNet-BN", agrees=False, beyond=AUXILIARY + (512 + 528) * 128 + 2 * 2 * 128, held_out=True)
def torchvision_googlenet(layers: list[Layer]) -> Any:
    """With the auxiliary heads."""
    made = named(layers)
    for name, into in (("aux1", 512), ("aux2", 528)):
        made[f"{name}.conv.conv.weight"] = tensor((128, into, 1, 1))
        made |= {
            f"{name}.conv.bn.{role}": tensor((128,))
            for role in ("weight", "bias", "running_mean", "running_var")
        }
        for fc, out, width in (("fc1", 1024, 2048), ("fc2", 1000, 1024)):
            made |= {f"{name}.{fc}.weight": tensor((out, width)), f"{name}.{fc}.bias": tensor((out,))}
    return made


@layout("SqueezeNet-1.1")
def torchvision_squeezenet(layers: list[Layer]) -> Any:
    return named(layers, sequence(layers))


@layout("DenseNet-121", held_out=True)
def old_densenet(layers: list[Layer]) -> Any:
    """``norm.1`` and ``conv.1``, as before torch 0.4."""
    numbers = sequence(layers)
    return named(layers, lambda layer: f"features.denseblock.denselayer{numbers(layer)}.{layer.kind}.1")


@layout("EfficientNet-B0", ".safetensors")
def timm_efficientnet(layers: list[Layer]) -> Any:
    numbers = sequence(layers)
    kept = [layer._replace(shapes={r: s for r, s in layer.shapes.items() if s}) for layer in layers]
    return named(kept, lambda layer: f"blocks.{numbers(layer)}.{layer.kind}")


@layout("U-Net")
def milesial(layers: list[Layer]) -> Any:
    numbers = sequence(layers)
    return named(
        layers, lambda layer: f"{'up' if layer.kind == 'upconv' else 'double_conv'}{numbers(layer)}.0"
    )


# Models that are pickled whole


@layout("A@classes=10")
def whole_model(_: list[Layer]) -> Any:
    """torch.save(model, path): its modules are read as data, and nothing of it is run."""
    return build_module(report_of("A@classes=10").graph)


@layout("ResNet-18@classes=80", ".pt", part="model", held_out=True)
def whole_models_in_a_run(_: list[Layer]) -> Any:
    """A model and its average, both whole, and a run's numbers."""
    one, two = (build_module(report_of("ResNet-18@classes=80").graph) for _ in range(2))
    return {
        "epoch": -1,
        "best_fitness": 0.5,
        "model": nn.Sequential(one),
        "ema": two,
        "updates": 7,
        "optimizer": None,
    }


def names_of(*, held_out: bool) -> Iterator[str]:
    """The layouts of either half."""
    yield from (name for name, one in LAYOUTS.items() if one.held_out is held_out)
