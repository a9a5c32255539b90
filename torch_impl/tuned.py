"""What a tuned step does by hand: dense layers without autograd, text as bags of words.

Autograd takes half of a step of 16 rows. Here the gradients are written where they belong, neither
added to zeros nor kept in a graph; the parity ladder holds them to the same bounds as autograd's.
The running loss and metric are those of all scores of an epoch, taken once, at its end.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, NamedTuple

import torch
from torch import Tensor, nn
from torch.nn.functional import embedding_bag

from common.problem import Loss
from torch_impl import backend
from torch_impl.rmsprop import RMSpropFlat

if TYPE_CHECKING:
    from scipy import sparse

LARGE = 100_000  # weights
ONEDNN = torch.backends.mkldnn.is_available()
Batch = tuple[Any, Tensor]


class Chain:
    """The layers of one network, or of several side by side, and their optimiser.

    Weights are (out, in) and (out,), or with a leading axis of replicas (s, out, in) and
    (s, 1, out); rows are (n, in) or (s, n, in), or `SparseRows` for one network. Targets have the
    shape of scores, classes as one-hot rows.
    """

    def __init__(self, layers: Iterable[nn.Module], loss: Loss, optimizer: RMSpropFlat) -> None:
        every: list[Any] = [layer for layer in layers if hasattr(layer, "weight")]
        self.kernels = [layer.weight.data.mT for layer in every]
        self.biases = [layer.bias.data for layer in every]
        self.kernel_gradients = [layer.weight.grad.mT for layer in every]
        self.bias_gradients = [layer.bias.grad for layer in every]
        self.large = [large(kernel) for kernel in self.kernels]  # not asked again in each step
        self.loss, self.optimizer = loss, optimizer
        # a sum of bags cannot be written into a place: the optimiser takes it as it comes
        self.first, self.apart = every[0].weight, len(optimizer.values) > 1
        self.product = torch.addmm if self.kernels[0].ndim == 2 else torch.baddbmm

    @torch.no_grad()
    def train(self, batches: Iterable[Batch]) -> tuple[Tensor, Tensor]:
        """One optimiser step on each batch: all scores, each before its step, and all targets."""
        scores, targets = [], []
        with self.optimizer.training():
            for x, y in batches:
                scores.append(self.gradients(x, y))
                targets.append(y)
                self.optimizer.step()
        return torch.cat(scores, -2), torch.cat(targets, -2)

    @torch.no_grad()
    def scores(self, x: Any) -> Tensor:
        """Scores (..., n, outputs) of rows."""
        return self._forward(x)[-1]

    @torch.no_grad()
    def gradients(self, x: Any, y: Tensor) -> Tensor:
        """Leave each weight's gradient in its place; the scores."""
        *inputs, scores = self._forward(x)
        gradient = loss_gradient(self.loss, scores, y)
        for i in reversed(range(len(self.kernels))):
            place = self.kernel_gradients[i]
            if self.apart and not i:
                sparse_x = isinstance(x, SparseRows)
                found = x.columns.sums(gradient) if sparse_x else x.mT @ gradient
                self.first.grad, self.optimizer.gradients[0] = found.mT, found.view(-1)
            elif self.large[i]:
                place.mT.copy_(large_product(gradient.mT, inputs[i].mT))
            else:
                torch.matmul(inputs[i].mT, gradient, out=place)
            bias = self.bias_gradients[i]
            torch.sum(gradient, -2, keepdim=bias.ndim > 1, out=bias)
            if i:
                gradient = (gradient @ self.kernels[i].mT).mul_(inputs[i].sign())  # of the relu
        return scores

    def _forward(self, x: Any) -> list[Any]:
        """What goes into each layer, and the scores."""
        inputs = [x]
        for i, (kernel, bias) in enumerate(zip(self.kernels, self.biases, strict=True)):
            rows = inputs[-1]
            if isinstance(rows, SparseRows):
                out = rows.rows.sums(kernel).add_(bias)
            elif self.large[i]:
                out = large_product(rows, kernel.mT, bias)
            else:
                out = self.product(bias, rows, kernel)
            inputs.append(out.relu_() if i < len(self.kernels) - 1 else out)
        return inputs


def large(kernel: Tensor) -> bool:
    """Whether oneDNN has the faster product: on a CPU that MKL was not made for, of large kernels.

    It asks twice as much of a small one as MKL does.
    """
    on_cpu = kernel.device.type == "cpu" and kernel.ndim == 2
    return on_cpu and kernel.numel() > LARGE and ONEDNN and not backend.mkl_at_home()


def large_product(x: Tensor, weight: Tensor, bias: Tensor | None = None) -> Tensor:
    """x weight' + bias by oneDNN: on processors of other makers MKL leaves AVX-512 unused.

    `addmm` asks oneDNN for lower precision alone; this is what PyTorch's compiler calls.
    """
    return torch.ops.mkldnn._linear_pointwise(x, weight, bias, "none", [], "")


def loss_gradient(loss: Loss, scores: Tensor, y: Tensor) -> Tensor:
    """The gradient of the mean loss over rows by the scores (..., n, outputs), logits or values."""
    rows = scores.shape[-2]
    if loss == "mean_squared_error":
        return (scores - y).mul_(2 / rows)
    link = scores.sigmoid() if loss == "binary_crossentropy" else scores.softmax(-1)
    return link.sub_(y).div_(rows)


class Bags(NamedTuple):
    """Rows of a sparse matrix, each as a bag: where its values are, and the values."""

    places: Tensor  # (values,), int32
    starts: Tensor  # (bags + 1,), int32
    values: Tensor

    def sums(self, table: Tensor) -> Tensor:
        """The product of these rows (bags, n) with a table (n, columns): (bags, columns)."""
        return embedding_bag(
            self.places,
            table,
            self.starts,
            mode="sum",
            per_sample_weights=self.values,
            include_last_offset=True,
        )

    def to(self, device: str) -> Bags:
        """The same on a device."""
        return Bags(*(tensor.to(device) for tensor in self))


class SparseRows(NamedTuple):
    """A batch of text: its rows, and its columns for the way back."""

    rows: Bags
    columns: Any  # Bags; None where there is no way back

    def to(self, device: str) -> SparseRows:
        """The same on a device."""
        return SparseRows(self.rows.to(device), self.columns and self.columns.to(device))

    def __len__(self) -> int:
        return len(self.rows.starts) - 1


def sparse_rows(x: sparse.csr_matrix, back: bool = True) -> SparseRows:
    """The rows of a matrix as a first layer takes them, with the way back or without."""
    return SparseRows(_bags(x), _bags(x.T.tocsr()) if back else None)


def _bags(x: sparse.csr_matrix) -> Bags:
    return Bags(*map(torch.from_numpy, (x.indices, x.indptr, x.data)))
