"""What is taken down, against the same computed by hand from the layer's own parts."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor

from datar_edge.explain.capture import capture, deformable_places
from datar_edge.explain.captured import AttentionLayer
from datar_edge.models import Checkpoint, Datar, WaveformModel, build
from datar_edge.models.deformable_attention import DeformableAttention, set_sampler
from datar_edge.models.session import TorchSession

MakeCheckpoint = Callable[..., Checkpoint]
Samples = NDArray[np.float32]


def inputs_of(checkpoint: Checkpoint, window: Samples) -> dict[str, Tensor]:
    """What goes into each deformable attention, `[1, H, W, C]` by path."""
    model = WaveformModel(checkpoint.model).eval()
    seen: dict[str, Tensor] = {}
    for place in deformable_places(checkpoint.model):
        place.attention.register_forward_pre_hook(
            lambda _module, given, path=place.path: seen.update({path: given[0]})
        )
    with torch.inference_mode():
        model(torch.from_numpy(window)[None])
    return seen


def bilinear(image: NDArray[np.float64], y: float, x: float) -> NDArray[np.float64]:
    """Eq. (3) of one point, literally: `[H, W, …]` gives `[…]`, zero outside."""
    total = np.zeros(image.shape[2:])
    for row in (int(np.floor(y)), int(np.floor(y)) + 1):
        for column in (int(np.floor(x)), int(np.floor(x)) + 1):
            if 0 <= row < image.shape[0] and 0 <= column < image.shape[1]:
                total += (1 - abs(y - row)) * (1 - abs(x - column)) * image[row, column]
    return total


def offsets_by_hand(attention: DeformableAttention, queries: Tensor) -> NDArray[np.float64]:
    """s·tanh of the layer's own offset generator, group by group: `[G, N, 2]`."""
    generator = attention.offsets
    groups = []
    for group in queries[0].chunk(generator.groups, dim=-1):
        conv = generator.depthwise.conv
        given = F.conv2d(
            group.permute(2, 0, 1)[None],
            conv.weight,
            conv.bias,
            conv.stride,
            conv.padding,
            groups=conv.groups,
        )[0].permute(1, 2, 0)
        groups.append(F.gelu(given).flatten(0, 1) @ generator.to_offset.weight.T)
    return (generator.range_px * torch.tanh(torch.stack(groups))).double().numpy()


def by_hand(
    attention: DeformableAttention, features: Tensor
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Points `[G, N, 2]` and weights `[M, Q, N]` of a layer, by loops."""
    _, height, width, channels = features.shape
    with torch.inference_mode():
        queries = attention.query.linear(features)
        points = attention.reference.numpy() + offsets_by_hand(attention, queries)
        groups, count, _ = points.shape
        image = features[0].double().numpy().reshape(height, width, groups, -1)
        sampled = np.stack(
            [
                np.concatenate([bilinear(image[:, :, g], *points[g, n]) for g in range(groups)])
                for n in range(count)
            ]
        )
        keys = attention.key.linear(torch.from_numpy(sampled).float()).numpy()
    heads, size = attention.num_heads, channels // attention.num_heads
    flat = queries.flatten(1, 2)[0].numpy()
    table = attention.bias_table.detach().double().numpy()
    weights = np.zeros((heads, height * width, count))
    for head in range(heads):
        share = slice(head * size, (head + 1) * size)
        group = head * groups // heads
        for query in range(height * width):
            logits = keys[:, share] @ flat[query, share] / np.sqrt(size)
            y, x = divmod(query, width)
            for n in range(count):
                down, right = y - points[group, n, 0], x - points[group, n, 1]
                logits[n] += bilinear(table[head], height - 1 + down, width - 1 + right)
            weights[head, query] = np.exp(logits - logits.max())
            weights[head, query] /= weights[head, query].sum()
    return points, weights


@pytest.mark.parametrize(("stem", "stride"), [("conv", 1), ("patch", 2)])
def test_points_and_weights_are_those_computed_by_hand(
    small_checkpoint: MakeCheckpoint, window: Samples, stem: str, stride: int
) -> None:
    checkpoint = small_checkpoint(stem, stride=stride)
    captured = capture(checkpoint, window)
    inputs = inputs_of(checkpoint, window)
    places = deformable_places(checkpoint.model)
    assert [each.path for each in captured.layers] == list(inputs)
    for layer, place in zip(captured.layers, places, strict=True):
        points, weights = by_hand(place.attention, inputs[layer.path])
        assert np.abs(points - layer.reference_px).max() > 0.2  # they are moved
        assert np.abs(layer.points_px - points).max() < 1e-4
        assert np.abs(layer.weights - weights).max() < 1e-4
        assert weights.std() > 1e-3  # and not looked at alike


def test_weights_of_a_query_sum_to_one_and_so_do_the_means(
    small_checkpoint: MakeCheckpoint, window: Samples
) -> None:
    for layer in capture(small_checkpoint(), window).layers:
        assert np.allclose(layer.weights.sum(axis=-1), 1.0, atol=1e-5)
        means = layer.mean_weights()
        assert np.allclose(means.sum(axis=-1), 1.0, atol=1e-5)
        heads = layer.heads_per_group
        for group in range(layer.groups):
            own = layer.weights[group * heads : (group + 1) * heads]
            literal = sum(own[h, q] for h in range(heads) for q in range(own.shape[1]))
            assert np.allclose(means[group], literal / (heads * own.shape[1]), atol=1e-6)


def test_without_offsets_the_points_are_the_regular_grid(
    small_checkpoint: MakeCheckpoint, window: Samples
) -> None:
    checkpoint = small_checkpoint()
    for place in deformable_places(checkpoint.model):
        torch.nn.init.zeros_(place.attention.offsets.to_offset.weight)
    for layer in capture(checkpoint, window).layers:
        height, width = layer.map_size
        regular = [[y, x] for y in range(height) for x in range(width)]
        assert layer.reference_px.tolist() == regular
        assert layer.points_px.tolist() == [regular] * layer.groups
        assert layer.sees().all()
        assert layer.mean_shift_px() == (0.0, 0.0)


def test_the_adaptor_adds_lambda_times_the_convolution(
    small_checkpoint: MakeCheckpoint, window: Samples
) -> None:
    checkpoint = small_checkpoint(adaptor_scale=0.05)
    captured = capture(checkpoint, window)
    assert isinstance(checkpoint.model, Datar)
    conv = checkpoint.model.adaptor.conv
    kernel, bias = conv.weight.detach().double().numpy()[0, 0], float(conv.bias.detach())
    padded = np.pad(captured.network_input.astype(np.float64), 1)
    windows = np.lib.stride_tricks.sliding_window_view(padded, (3, 3))
    wanted = 0.05 * (bias + (windows * kernel).sum(axis=(-2, -1)))
    assert captured.added is not None
    assert np.abs(captured.added - wanted).max() < 1e-5
    assert np.abs(wanted).max() > 0.02
    ratio = np.linalg.norm(wanted) / np.linalg.norm(captured.network_input)
    assert captured.added_share == pytest.approx(ratio, rel=1e-3)


def test_an_adaptor_that_adds_nothing_has_no_picture(
    small_checkpoint: MakeCheckpoint, window: Samples
) -> None:
    captured = capture(small_checkpoint(adaptor_scale=0.0), window)
    assert captured.added is None
    assert captured.added_share == 0.0


@pytest.mark.parametrize("form", ["gather", "dense", "stencil", "banded"])
def test_every_form_of_the_sampler_shows_the_same(
    small_checkpoint: MakeCheckpoint, window: Samples, form: str
) -> None:
    wanted = capture(small_checkpoint(), window)
    checkpoint = small_checkpoint()
    set_sampler(checkpoint.model, form)
    for place in deformable_places(checkpoint.model):
        place.attention.heads_at_once = 1  # and whether heads are attended one after the other
    for one, other in zip(wanted.layers, capture(checkpoint, window).layers, strict=True):
        assert sorted_by_reference(one) == pytest.approx(sorted_by_reference(other), abs=1e-4)


def sorted_by_reference(layer: AttentionLayer) -> NDArray[np.float64]:
    order = np.lexsort(layer.reference_px.T[::-1])
    points = layer.points_px[:, order].reshape(-1)
    return np.concatenate([points, layer.weights[..., order].reshape(-1)])


def test_looking_changes_nothing_and_leaves_nothing_behind(
    small_checkpoint: MakeCheckpoint, window: Samples
) -> None:
    checkpoint = small_checkpoint()
    before = TorchSession(checkpoint).run(window[None])["class"]
    captured = capture(checkpoint, window)
    assert np.array_equal(captured.scores["class"], before)
    assert np.array_equal(TorchSession(checkpoint).run(window[None])["class"], before)
    hooks = [
        hook
        for module in checkpoint.model.modules()
        for hook in (*module._forward_hooks.values(), *module._forward_pre_hooks.values())
    ]
    assert hooks == []


def test_ast_has_a_spectrogram_and_nothing_else() -> None:
    torch.manual_seed(1)
    model = build("ast-micro", heads={"class": 3}).eval()
    samples = np.random.default_rng(1).uniform(-0.3, 0.3, 40_960).astype(np.float32)
    captured = capture(Checkpoint(model=model, heads={"class": ("a", "b", "c")}), samples)
    assert (captured.layers, captured.added) == ((), None)
    assert captured.log_mel.shape == (254, 64)
    assert captured.network_input.shape == (64, 256)
