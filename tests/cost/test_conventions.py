"""Every rule against the number that its tool really gave, to the last digit."""

from __future__ import annotations

import pytest

from tests.networks import report_of
from vggstat.cost.accounting import find_accounting
from vggstat.cost.counting import COUNTING_RULES, CountingRule, find_counting_rule
from vggstat.net.work import MEASURES, Work, kind_of

MODELS = (
    "A",
    "A-LRN",
    "B",
    "C",
    "D",
    "E",
    "A-BN",
    "B-BN",
    "D-BN",
    "E-BN",
    "AlexNet",
    "D@256",
    "D-BN@256",
    "A-LRN@256",
)

# Printed by each tool for a torch model of the network (batch 1, eval mode, torch 2.13.0, the versions that the
# rules name), in the order of MODELS. None: the tool cannot run there.
TOOLS: dict[str, tuple[int | None, ...]] = {
    "fvcore": (
        7_609_115_136, 7_609_115_136, 11_308_491_264, 11_770_913_280, 15_470_289_408, 19_632_087_552, 7_623_967_232,
        11_332_977_152, 15_497_384_448, 19_661_791_744, 724_406_816, 20_168_245_248, 20_203_634_688, 9_900_589_056,
    ),
    "torchprofile": (
        7_609_115_136, 7_618_748_928, 11_308_491_264, 11_770_913_280, 15_470_289_408, 19_632_087_552,
        7_616_541_184, 11_320_734_208, 15_483_836_928, 19_646_939_648, 725_837_888, 20_168_237_568,
        20_185_932_288, 9_913_164_288,
    ),
    # At 256 thop truncates a float and prints one less than its rule gives.
    "thop": (
        7_609_140_224, 7_609_140_224, 11_308_516_352, 11_770_938_368, 15_470_314_496, 19_632_112_640,
        7_638_844_416, 11_357_488_128, 15_524_504_576, 19_691_521_024, 724_406_816, 20_168_270_335 + 1,
        20_239_049_215 + 1, 9_900_614_143 + 1,
    ),
    "torchinfo": (
        7_616_525_288, 7_616_525_288, 11_320_718_312, 11_784_444_904, 15_483_821_032, 19_646_923_752,
        7_616_530_792, 11_320_724_200, 15_483_829_480, 19_646_934_760, 725_066_088, 20_185_916_392,
        20_185_924_840, 9_910_264_808,
    ),
    "macs+bias": (
        7_616_525_288, 7_616_525_288, 11_320_718_312, 11_784_444_904, 15_483_821_032, 19_646_923_752,
        7_616_525_288, 11_320_718_312, 15_483_821_032, 19_646_923_752, 725_066_088, 20_185_916_392,
        20_185_916_392, 9_910_264_808,
    ),
    "ptflops-modules": (
        7_630_106_088, 7_630_106_088, 11_339_116_008, 11_804_147_176, 15_503_523_304, 19_667_930_600,
        7_644_958_184, 11_363_601_896, 15_530_618_344, 19_697_634_792, 726_244_648, 20_211_647_464,
        20_247_036_904, 9_928_000_488,
    ),
    "ptflops": (
        7_643_686_888, 7_656_732_648, 11_357_513_704, 11_823_849_448, 15_523_225_576, 19_688_937_448,
        7_658_538_984, 11_381_999_592, 15_550_320_616, 19_718_641_640, 729_346_320, 20_237_378_536,
        20_272_767_976, 9_962_775_528,
    ),
    "flopth": (
        7_630_096_896, 7_630_096_896, 11_339_106_816, 11_804_137_984, 15_503_514_112, 19_667_921_408,
        7_644_948_992, 11_363_592_704, 15_530_609_152, 19_697_625_600, 726_235_456, 20_211_638_272,
        20_247_027_712, 9_927_991_296,
    ),
    "calflops": (
        15_239_186_944, 15_252_232_704, 22_647_572_992, 23_575_026_176, 30_973_778_432, 39_299_983_872,
        15_254_039_040, 22_672_058_880, 31_000_873_472, 39_329_688_064, 1_452_565_384, 40_379_850_752,
        40_415_240_192, 19_845_586_944,
    ),
    # Networks with LRN and inputs of uneven windows cannot be exported to it.
    "onnx-tool": (
        7_630_106_088, 7_764_979_176, 11_339_116_008, 11_804_147_176, 15_503_523_304, 19_667_930_600,
        7_860_313_576, 11_718_647_272, 15_923_496_424, 20_128_345_576, 746_861_544, None, None, None,
    ),
    "flops": (
        15_218_180_096, 15_218_180_096, 22_616_932_352, 23_541_776_384, 30_940_528_640, 39_264_124_928,
        15_218_180_096, 22_616_932_352, 30_940_528_640, 39_264_124_928, 1_448_813_632, 40_336_424_960,
        40_336_424_960, 19_801_112_576,
    ),
}  # fmt: skip

CASES = [
    (tool, model, number)
    for tool, numbers in TOOLS.items()
    for model, number in zip(MODELS, numbers, strict=True)
]


@pytest.mark.parametrize(
    ("tool", "model", "number"), CASES, ids=[f"{tool}-{model}" for tool, model, _ in CASES]
)
def test_a_rule_gives_its_tools_number(tool: str, model: str, number: int | None) -> None:
    """The rule of a tool gives what the tool prints, and None where it cannot count."""
    assert report_of(model).operations(find_counting_rule(tool)) == number


@pytest.mark.parametrize(
    ("rule", "number"),
    [
        ("macs", 15_470_264_320),
        ("thop-old", 15_607_454_696),  # thop's README: 15.61 G
        # 15,607,454,696 + 13,555,712 values that a ReLU looks at: 15.62 G in the README of 2018
        ("thop-older", 15_621_010_408),
        # 30,960,211,824 as the profiler prints it, less 5 for each of the softmax's 1,000 values
        ("tf-profiler", 30_960_206_824),
        ("mmpretrain", 15_503_523_304),  # mmpretrain's README: 15.50 G
        ("convnet-burden", 15_523_175_400),  # convnet-burden: 16 G
    ],
)
def test_rules_of_published_tables(rule: str, number: int) -> None:
    """Rules of tables that are in print, for D."""
    assert report_of("D").operations(find_counting_rule(rule)) == number


def test_no_rule_gives_a_number_for_work_that_it_does_not_know() -> None:
    """What a rule does not name makes its count None, never a number that leaves it out; what is 0 by definition is 0."""
    rule = CountingRule(
        name="x", unit="MACs", definition="", reference="", weights={"relu": 1}, zero=("softmax",)
    )

    assert rule.count(Work(relu=3, lrn_values=1)) is None
    assert rule.unknown_in(Work(relu=3, lrn_values=1, lrn_window=5)) == ("LRN",)
    assert rule.known(Work(relu=3, lrn_values=1)) == 3
    assert rule.count(Work(relu=3, softmax_values=10)) == 3


@pytest.mark.parametrize("rule", COUNTING_RULES, ids=lambda rule: rule.name)
def test_a_kind_of_work_that_nobody_has_listed_is_unknown(rule: CountingRule) -> None:
    """A layer kind may count something new: every rule says that it has no number for it, none takes it for 0."""
    work = Work(conv_macs=5, fft_butterflies=7)

    assert rule.count(work) is None
    assert rule.unknown_in(work) == ("fft_butterflies",)
    assert rule.known(work) == rule.count(Work(conv_macs=5))


def test_one_measure_of_a_kind_settles_it() -> None:
    """A max-pool's windows are no work beside its inputs: a rule that weighs the one has counted the pool."""
    rule = find_counting_rule("mmpretrain")

    assert rule.count(Work(pool_inputs=4, pool_window=4, pool_kernel=9)) == 4


def test_a_total_says_what_it_does_not_hold() -> None:
    """Its known part is the total of a network without those layers, which stand by name with their kinds of work."""
    rule = find_counting_rule("mmpretrain")
    found = report_of("D-BN").counted(rule)

    assert (found.status, found.total) == ("partial", None)
    assert found.known == report_of("D").counted(rule).total  # mmpretrain's count of D, 15.50 G
    assert len(found.not_counted) == 13
    assert found.not_counted[0][:2] == ("block1_bn1", ("batch norm",))
    assert report_of("D").counted(rule).status == "complete"


def test_rules_name_work_that_exists() -> None:
    """Measures and kinds are spelled as in the list; no kind is weighed and 0, and none is said twice."""
    kinds = {measure.kind for measure in MEASURES.values()}
    for rule in COUNTING_RULES:
        weighed = {kind_of(name) for name in rule.weights}
        passed_over = {kind_of(name) for name in rule.uncounted}
        assert set(MEASURES).issuperset((*rule.weights, *rule.uncounted, *rule.unknown)), rule.name
        assert kinds.issuperset(rule.zero), rule.name
        assert not weighed & set(rule.zero), rule.name
        assert not weighed & passed_over, rule.name
        assert not passed_over & set(rule.zero), rule.name
    assert len({rule.name for rule in COUNTING_RULES}) == len(COUNTING_RULES)


def test_items_add_up_to_the_total() -> None:
    """A total under any rule is the sum of items that can be shown."""
    for model in ("D", "A-LRN", "D-BN", "AlexNet"):
        report = report_of(f"{model}@batch=3")
        for rule in COUNTING_RULES:
            total = report.operations(rule)
            counts = [item.count for item in report.operation_items(rule)]
            if total is None:
                assert None in counts
            else:
                assert sum(count or 0 for count in counts) == total


# torchinfo 1.8.0 and torchsummary 1.5.1 on torch models (torchsummary's own number is printed in MiB, per image);
# saved: torch 2.13.0, saved_tensors_hooks with native_dropout.
MEMORY: dict[str, dict[str, int]] = {
    "torchinfo": {
        "A": 59_481_920, "A-LRN": 59_481_920, "B": 98_017_088, "C": 108_453_696, "D": 108_453_696,
        "E": 118_890_304, "A-BN": 118_890_304, "B-BN": 195_960_640, "D-BN": 216_833_856, "E-BN": 237_707_072,
        "AlexNet": 5_274_176, "D@256": 141_631_296, "D-BN@256": 283_189_056, "D@batch=2": 216_907_392,
    },
    "torchsummary": {
        "A": 131_465_024, "A-LRN": 157_155_136, "B": 208_535_360, "C": 229_408_576, "D": 229_408_576,
        "E": 250_281_792, "A-BN": 190_873_408, "B-BN": 306_478_912, "D-BN": 337_788_736, "E-BN": 369_098_560,
        "AlexNet": 15_401_792, "D@256": 299_511_616, "D-BN@256": 441_069_376,
    },
    "timm": {"A": 4 * 7_435_240, "D": 4 * 13_556_712, "E": 4 * 14_861_288, "AlexNet": 4 * 659_272},
    "netscope": {"D": 4 * 28_802_512},
    "convnet-burden": {"D": 60_950_432},
    "outputs": {"A-LRN": 49_309_600, "D": 60_950_432, "E": 66_168_736},
    "saved": {
        "A": 48_844_800, "A-LRN": 101_027_840, "B": 68_112_384, "C": 73_330_688, "D": 73_330_688,
        "E": 78_548_992, "D@bf16": 42_790_912, "A-LRN@bf16": 56_639_488, "D@batch=8": 586_645_504,
        "AlexNet": 12_454_412, "AlexNet@bf16": 6_721_158, "D-BN": 127_554_560, "D-BN@batch=8": 1_020_199_936,
        "D-BN@bf16": 69_902_848, "D-BN@256": 166_538_240,
    },
}  # fmt: skip

MEMORY_CASES = [(name, model, size) for name, sizes in MEMORY.items() for model, size in sizes.items()]


@pytest.mark.parametrize(
    ("name", "model", "size"), MEMORY_CASES, ids=[f"{name}-{model}" for name, model, _ in MEMORY_CASES]
)
def test_an_accounting_gives_its_tools_bytes(name: str, model: str, size: int) -> None:
    """An accounting gives what its tool prints, and what torch really keeps."""
    assert report_of(model).memory_bytes(find_accounting(name)) == size


@pytest.mark.parametrize(
    ("model", "with_weights"),
    [
        ("D", 579_722_400),
        ("D@batch=8", 763_767_968),
        ("D@batch=32", 1_394_781_344),
        ("D@batch=256", 7_284_239_520),
        ("D@bf16", 291_466_832),
        ("D@bf16,batch=8", 394_729_040),
        ("D@bf16,batch=256", 4_053_161_552),
        ("A-LRN", 583_435_680),
    ],
)
def test_inference_peak(model: str, with_weights: int) -> None:
    """Weights and maps alive at once, as MemTracker finds under FakeTensorMode."""
    report = report_of(model)

    assert report.memory_bytes(find_accounting("inference-peak")) + report.param_bytes == with_weights


def test_where_the_peak_stands() -> None:
    """In float32 the widest convolution sets D's peak; in bfloat16 the first pool with its int64 indices."""
    places = {}
    for model in ("D", "D@bf16"):
        report = report_of(model)
        items = find_accounting("inference-peak").items(report.graph, report.workload)
        places[model] = items[-1].node

    assert places == {"D": "block1_conv2", "D@bf16": "block1_pool"}
